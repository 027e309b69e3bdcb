#include "textflag.h"

// func distancesAVX2(q *[8]float64, rows, weight *float64, n, d int, sum *[8]float64)
//
// Y0 and Y1 are the sums of the lanes, Y2 and Y3 their squared distances of a
// row.
TEXT ·distancesAVX2(SB), NOSPLIT, $0-48
	MOVQ q+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ weight+16(FP), R8
	MOVQ n+24(FP), DX
	MOVQ d+32(FP), CX
	MOVQ sum+40(FP), R9
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	TESTQ DX, DX
	JZ done

row:
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3
	MOVQ DI, R10
	MOVQ CX, BX

column:
	VBROADCASTSD (SI), Y4
	VMOVUPD (R10), Y5
	VMOVUPD 32(R10), Y6
	VSUBPD Y4, Y5, Y5
	VSUBPD Y4, Y6, Y6
	VMULPD Y5, Y5, Y5
	VMULPD Y6, Y6, Y6
	VADDPD Y5, Y2, Y2
	VADDPD Y6, Y3, Y3
	ADDQ $8, SI
	ADDQ $64, R10
	DECQ BX
	JNZ column

	VBROADCASTSD (R8), Y4
	VSQRTPD Y2, Y2
	VSQRTPD Y3, Y3
	VMULPD Y4, Y2, Y2
	VMULPD Y4, Y3, Y3
	VADDPD Y2, Y0, Y0
	VADDPD Y3, Y1, Y1
	ADDQ $8, R8
	DECQ DX
	JNZ row

done:
	VMOVUPD Y0, (R9)
	VMOVUPD Y1, 32(R9)
	VZEROUPPER
	RET
