#include "textflag.h"

// func insideAVX2(columns, q *float64, d, n int, limit float64, d2 *[16]float64) uint32
//
// Y0 to Y3 are the sums of rows 0–3, 4–7, 8–11 and 12–15. After every eighth
// column it ends if all of them are above the limit; the lanes past the n-th
// row hold numbers of the next columns, which can only put that off.
TEXT ·insideAVX2(SB), NOSPLIT, $0-52
	MOVQ columns+0(FP), SI
	MOVQ q+8(FP), DI
	MOVQ d+16(FP), CX
	MOVQ n+24(FP), DX
	SHLQ $3, DX
	VBROADCASTSD limit+32(FP), Y15
	MOVQ d2+40(FP), R8
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3

block:
	MOVQ $8, BX
	CMPQ CX, BX
	CMOVQLT CX, BX
	SUBQ BX, CX

column:
	VBROADCASTSD (DI), Y4
	VMOVUPD (SI), Y5
	VMOVUPD 32(SI), Y6
	VMOVUPD 64(SI), Y7
	VMOVUPD 96(SI), Y8
	VSUBPD Y4, Y5, Y5
	VSUBPD Y4, Y6, Y6
	VSUBPD Y4, Y7, Y7
	VSUBPD Y4, Y8, Y8
	VMULPD Y5, Y5, Y5
	VMULPD Y6, Y6, Y6
	VMULPD Y7, Y7, Y7
	VMULPD Y8, Y8, Y8
	VADDPD Y5, Y0, Y0
	VADDPD Y6, Y1, Y1
	VADDPD Y7, Y2, Y2
	VADDPD Y8, Y3, Y3
	ADDQ $8, DI
	ADDQ DX, SI
	DECQ BX
	JNZ column

	// $2 is ≤, false for what is no number.
	VCMPPD $2, Y15, Y0, Y5
	VCMPPD $2, Y15, Y1, Y6
	VCMPPD $2, Y15, Y2, Y7
	VCMPPD $2, Y15, Y3, Y8
	VMOVMSKPD Y5, AX
	VMOVMSKPD Y6, R9
	VMOVMSKPD Y7, R10
	VMOVMSKPD Y8, R11
	SHLQ $4, R9
	SHLQ $8, R10
	SHLQ $12, R11
	ORQ R9, AX
	ORQ R10, AX
	ORQ R11, AX
	JZ done
	TESTQ CX, CX
	JNZ block
	VMOVUPD Y0, (R8)
	VMOVUPD Y1, 32(R8)
	VMOVUPD Y2, 64(R8)
	VMOVUPD Y3, 96(R8)

done:
	VZEROUPPER
	MOVL AX, ret+48(FP)
	RET

// func boxWithinAVX2(columns, box *float64, d, n int, limit, d2 *[16]float64) uint32
//
// As above; each row has a limit of its own.
TEXT ·boxWithinAVX2(SB), NOSPLIT, $0-52
	MOVQ columns+0(FP), SI
	MOVQ box+8(FP), DI
	MOVQ d+16(FP), CX
	MOVQ n+24(FP), DX
	SHLQ $3, DX
	MOVQ limit+32(FP), R12
	MOVQ d2+40(FP), R8
	LEAQ (DI)(CX*8), R9
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	VXORPD Y14, Y14, Y14

block:
	MOVQ $8, BX
	CMPQ CX, BX
	CMOVQLT CX, BX
	SUBQ BX, CX

column:
	VBROADCASTSD (DI), Y12
	VBROADCASTSD (R9), Y13
	VMOVUPD (SI), Y4
	VMOVUPD 32(SI), Y5
	VMOVUPD 64(SI), Y6
	VMOVUPD 96(SI), Y7
	VSUBPD Y4, Y12, Y8
	VSUBPD Y5, Y12, Y9
	VSUBPD Y6, Y12, Y10
	VSUBPD Y7, Y12, Y11
	VSUBPD Y13, Y4, Y4
	VSUBPD Y13, Y5, Y5
	VSUBPD Y13, Y6, Y6
	VSUBPD Y13, Y7, Y7
	VMAXPD Y4, Y8, Y4
	VMAXPD Y5, Y9, Y5
	VMAXPD Y6, Y10, Y6
	VMAXPD Y7, Y11, Y7
	VMAXPD Y14, Y4, Y4
	VMAXPD Y14, Y5, Y5
	VMAXPD Y14, Y6, Y6
	VMAXPD Y14, Y7, Y7
	VMULPD Y4, Y4, Y4
	VMULPD Y5, Y5, Y5
	VMULPD Y6, Y6, Y6
	VMULPD Y7, Y7, Y7
	VADDPD Y4, Y0, Y0
	VADDPD Y5, Y1, Y1
	VADDPD Y6, Y2, Y2
	VADDPD Y7, Y3, Y3
	ADDQ $8, DI
	ADDQ $8, R9
	ADDQ DX, SI
	DECQ BX
	JNZ column

	VCMPPD $2, (R12), Y0, Y4
	VCMPPD $2, 32(R12), Y1, Y5
	VCMPPD $2, 64(R12), Y2, Y6
	VCMPPD $2, 96(R12), Y3, Y7
	VMOVMSKPD Y4, AX
	VMOVMSKPD Y5, BX
	VMOVMSKPD Y6, R10
	VMOVMSKPD Y7, R11
	SHLQ $4, BX
	SHLQ $8, R10
	SHLQ $12, R11
	ORQ BX, AX
	ORQ R10, AX
	ORQ R11, AX
	JZ done
	TESTQ CX, CX
	JNZ block
	VMOVUPD Y0, (R8)
	VMOVUPD Y1, 32(R8)
	VMOVUPD Y2, 64(R8)
	VMOVUPD Y3, 96(R8)

done:
	VZEROUPPER
	MOVL AX, ret+48(FP)
	RET

// func takeAVX2(d2 *float64, place *int64, n, k int, rows uint32, apart *[leafRows]float64, first int) (left uint32, now int)
//
// What is at i stays if it is at most the new one; else, if what is before is at
// most the new one, this comes there, and what is before if not.
TEXT ·takeAVX2(SB), NOSPLIT, $0-72
	MOVQ d2+0(FP), SI
	MOVQ place+8(FP), DI
	MOVQ n+16(FP), R8
	MOVQ k+24(FP), R9
	MOVL rows+32(FP), AX
	MOVQ apart+40(FP), R10
	MOVQ first+48(FP), R11
	VXORPD X8, X8, X8
	MOVQ $0x7ff8000000000001, R12

next:
	TESTL AX, AX
	JZ done
	BSFL AX, BX
	VMOVSD (R10)(BX*8), X0
	VUCOMISD X8, X0
	JEQ done
	LEAL -1(AX), DX // without its lowest bit
	ANDL AX, DX
	CMPQ R8, R9
	JLT put
	VUCOMISD -8(SI)(R9*8), X0
	JHI skip
	JEQ done

put:
	MOVL DX, AX
	VBROADCASTSD X0, Y0
	ADDQ R11, BX
	VMOVQ BX, X1
	VBROADCASTSD X1, Y1
	MOVQ R8, CX
	SHRQ $2, CX
	SHLQ $5, CX

rows:
	VMOVUPD (SI)(CX*1), Y2
	VMOVUPD -8(SI)(CX*1), Y3
	VMOVUPD (DI)(CX*1), Y4
	VMOVUPD -8(DI)(CX*1), Y5
	VCMPPD $2, Y0, Y2, Y6
	VCMPPD $2, Y0, Y3, Y7
	VBLENDVPD Y7, Y0, Y3, Y3
	VBLENDVPD Y7, Y1, Y5, Y5
	VBLENDVPD Y6, Y2, Y3, Y3
	VBLENDVPD Y6, Y4, Y5, Y5
	VMOVUPD Y3, (SI)(CX*1)
	VMOVUPD Y5, (DI)(CX*1)
	SUBQ $32, CX
	JGE rows

	INCQ R8
	CMPQ R8, R9
	JLE next
	VMOVSD (SI)(R9*8), X2
	VUCOMISD -8(SI)(R9*8), X2
	JEQ done
	MOVQ R12, (SI)(R9*8)
	DECQ R8
	JMP next

skip:
	MOVL DX, AX
	JMP next

done:
	VZEROUPPER
	MOVL AX, left+56(FP)
	MOVQ R8, now+64(FP)
	RET
