#include "textflag.h"

DATA one<>+0(SB)/8, $1.0
GLOBL one<>(SB), RODATA|NOPTR, $8
DATA inf<>+0(SB)/8, $0x7ff0000000000000
GLOBL inf<>(SB), RODATA|NOPTR, $8

// What follows is said once for both searches. Y0 is the least squared distance
// of each lane so far, Y1 the second, Y2 the number of the block of the least,
// Y3 that of the block at hand, Y4 is 1, SI the block, DI the row, CX its
// columns, DX the blocks left.

#define BEGIN \
	VBROADCASTSD inf<>(SB), Y0 \
	VMOVAPD Y0, Y1 \
	VXORPD Y2, Y2, Y2 \
	VXORPD Y3, Y3, Y3 \
	VBROADCASTSD one<>(SB), Y4

// DISTANCES leaves the squared distances of the block in Y5, and SI behind it.
#define DISTANCES(column) \
	VXORPD Y5, Y5, Y5 \
	MOVQ DI, R9 \
	MOVQ CX, BX \
column: \
	VBROADCASTSD (R9), Y6 \
	VSUBPD (SI), Y6, Y6 \
	VMULPD Y6, Y6, Y6 \
	VADDPD Y6, Y5, Y5 \
	ADDQ $8, R9 \
	ADDQ $32, SI \
	DECQ BX \
	JNZ column

// RANK takes in the distances in Y5. $1 is <.
#define RANK \
	VMAXPD Y5, Y0, Y7 \
	VMINPD Y7, Y1, Y1 \
	VCMPPD $1, Y0, Y5, Y8 \
	VBLENDVPD Y8, Y3, Y2, Y2 \
	VMINPD Y5, Y0, Y0

// func nearestAVX2(v *[4]float64, row *float64, d, blocks int, out *ranking)
TEXT ·nearestAVX2(SB), NOSPLIT, $0-40
	MOVQ v+0(FP), SI
	MOVQ row+8(FP), DI
	MOVQ d+16(FP), CX
	MOVQ blocks+24(FP), DX
	MOVQ out+32(FP), R8
	BEGIN

block:
	DISTANCES(column)
	RANK
	VADDPD Y4, Y3, Y3
	DECQ DX
	JNZ block

	VMOVUPD Y0, (R8)
	VMOVUPD Y1, 32(R8)
	VMOVUPD Y2, 64(R8)
	VZEROUPPER
	RET

// func nearestBoundedAVX2(v *[4]float64, row *float64, d, blocks int, far, drift *float64, limit float64, out *ranking)
//
// Y9 is the limit, Y10 the least bound of the blocks left out.
TEXT ·nearestBoundedAVX2(SB), NOSPLIT, $0-64
	MOVQ v+0(FP), SI
	MOVQ row+8(FP), DI
	MOVQ d+16(FP), CX
	MOVQ blocks+24(FP), DX
	MOVQ far+32(FP), R10
	MOVQ drift+40(FP), R11
	VBROADCASTSD limit+48(FP), Y9
	MOVQ out+56(FP), R8
	MOVQ CX, R12
	SHLQ $5, R12
	BEGIN
	VMOVAPD Y0, Y10

block:
	VMOVUPD (R11), Y12
	VMOVUPD (R10), Y11
	VSUBPD Y12, Y11, Y11
	VCMPPD $2, Y9, Y11, Y8 // bounds ≤ the limit
	VMOVMSKPD Y8, AX
	TESTQ AX, AX
	JZ skip
	DISTANCES(column)
	VSQRTPD Y5, Y11
	VADDPD Y12, Y11, Y11
	VMOVUPD Y11, (R10)
	RANK
	JMP next

skip:
	VMINPD Y11, Y10, Y10
	ADDQ R12, SI

next:
	VADDPD Y4, Y3, Y3
	ADDQ $32, R10
	ADDQ $32, R11
	DECQ DX
	JNZ block

	VMOVUPD Y0, (R8)
	VMOVUPD Y1, 32(R8)
	VMOVUPD Y2, 64(R8)
	VMOVUPD Y10, 96(R8)
	VZEROUPPER
	RET

// func potsAVX2(rows *float64, n, d int, upper, w *float64, label *int32, reach *float64, block, pots *[4]float64) (rest float64)
//
// Numbers that are not negative are in the order of their bits. Y0 is pots, X1
// rest.
TEXT ·potsAVX2(SB), NOSPLIT, $0-80
	MOVQ rows+0(FP), DI
	MOVQ n+8(FP), DX
	MOVQ d+16(FP), CX
	MOVQ upper+24(FP), R8
	MOVQ w+32(FP), R10
	MOVQ label+40(FP), R11
	MOVQ reach+48(FP), R12
	MOVQ block+56(FP), R13
	MOVQ pots+64(FP), R15
	VMOVUPD (R15), Y0
	VXORPD X1, X1, X1

row:
	MOVLQSX (R11), BX
	MOVQ (R8), AX
	CMPQ AX, (R12)(BX*8)
	JGE measure
	VMOVSD (R8), X6
	VMULSD (R10), X6, X6
	VADDSD X6, X1, X1
	LEAQ (DI)(CX*8), DI
	JMP next

measure:
	VXORPD Y5, Y5, Y5
	MOVQ R13, SI
	MOVQ CX, BX

column:
	VBROADCASTSD (DI), Y6
	VSUBPD (SI), Y6, Y6
	VMULPD Y6, Y6, Y6
	VADDPD Y6, Y5, Y5
	ADDQ $8, DI
	ADDQ $32, SI
	DECQ BX
	JNZ column

	VBROADCASTSD (R8), Y6
	VMINPD Y6, Y5, Y5
	VBROADCASTSD (R10), Y6
	VMULPD Y6, Y5, Y5
	VADDPD Y5, Y0, Y0

next:
	ADDQ $8, R8
	ADDQ $8, R10
	ADDQ $4, R11
	DECQ DX
	JNZ row

	VMOVUPD Y0, (R15)
	VMOVSD X1, rest+72(FP)
	VZEROUPPER
	RET
