package nfcapd

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"strings"
	"testing"

	"toolkit/flow"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// element makes an element of a record, or a record, with its kind and length.
func element(kind uint16, parts ...any) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		if err := binary.Write(&b, le, p); err != nil {
			panic(err)
		}
	}
	return append(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, kind), uint16(b.Len()+4)), b.Bytes()...)
}

// records2 are records of layout 2, after nfxV3.h, of so many bytes each.
func records2(n int, size uint64) []byte {
	var all []byte
	for i := range n {
		generic := element(genericFlow, uint64(1_700_000_000_000+i), uint64(1_700_000_001_000+i), uint64(0), uint64(3), size, uint16(1000+i), uint16(443), byte(6), byte(2), byte(0), byte(0))
		ip := element(ipv4Flow, uint32(0x0a000001), uint32(0x0a000002))
		all = append(all, element(v3, uint16(2), uint16(0), uint32(0), generic, ip)...)
	}
	return all
}

// records1 are the same of layout 1, after nffile.h.
func records1(n int, size uint64) []byte {
	var all []byte
	for i := range n {
		all = append(all, element(common, uint16(4), uint16(0), uint16(i), uint16(i), uint32(1_700_000_000), uint32(1_700_000_001), byte(0), byte(2), byte(6), byte(0),
			uint16(1000+i), uint16(443), uint32(0), uint32(0x0a000001), uint32(0x0a000002), uint32(3), size)...)
	}
	return all
}

// file makes a file of one block of n records, packed in a way.
func file(layout, packed, n int, block []byte) []byte {
	head := make([]byte, header2)
	le.PutUint16(head, magic)
	le.PutUint16(head[2:], uint16(layout))
	kind := uint16(3)
	if layout == 1 {
		head = append(head, make([]byte, header1-header2)...)
		le.PutUint32(head[4:], map[int]uint32{packedNot: 0, packedLZO: 1, packedBZ2: 8, packedLZ4: 16}[packed])
		kind = 2
	} else {
		head[16] = byte(packed)
		le.PutUint32(head[36:], 1)
	}
	head = le.AppendUint32(le.AppendUint32(head, uint32(n)), uint32(len(block)))
	return append(le.AppendUint16(le.AppendUint16(head, kind), 0), block...)
}

// pack packs a block in one of nfdump's ways. bzip2 is of a file, as no Go
// library writes it: `bzip2 < FILE` of records2(50, 777) and of records1(50, 777).
func pack(t *testing.T, layout, packed int, data []byte) []byte {
	t.Helper()
	switch packed {
	case packedLZO: // as literals: 0 and the length less 18 in a chain of 255s, the data, the end
		out, n := []byte{0}, len(data)-18
		for ; n > 255; n -= 255 {
			out = append(out, 0)
		}
		return append(append(append(out, byte(n)), data...), 0x11, 0, 0)
	case packedBZ2:
		out, err := os.ReadFile([]string{"", "testdata/layout1.bz2", "testdata/layout2.bz2"}[layout])
		if err != nil {
			t.Fatal(err)
		}
		return out
	case packedLZ4:
		out := make([]byte, lz4.CompressBlockBound(len(data)))
		n, err := new(lz4.Compressor).CompressBlock(data, out)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		return out[:n]
	case packedZSTD:
		z, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return z.EncodeAll(data, nil)
	}
	return data
}

func gather(data []byte) (rs []flow.Record, errs []error) {
	for b, err := range Format.Read(bytes.NewReader(data), flow.Input{Name: "x"}) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for i := range b.Len() {
			rs = append(rs, b.Record(i))
		}
	}
	return rs, errs
}

// Blocks of both layouts, packed in each way that nfdump has.
func TestPacked(t *testing.T) {
	const n = 50
	want, errs := gather(file(2, packedNot, n, records2(n, 777)))
	if len(want) != n || errs != nil || want[7].BytesUp != 777 || want[7].Src.String() != "10.0.0.1:1007" || want[7].Time.UnixMilli() != 1_700_000_000_007 || want[7].State != flow.New {
		t.Fatalf("%d records, %v: %+v", len(want), errs, want[:min(len(want), 8)])
	}
	for layout := 1; layout <= 2; layout++ {
		data := [][]byte{nil, records1(n, 777), records2(n, 777)}[layout]
		for _, packed := range []int{packedNot, packedLZO, packedBZ2, packedLZ4, packedZSTD} {
			if layout == 1 && packed == packedZSTD { // which it does not have
				continue
			}
			block := pack(t, layout, packed, data)
			got, errs := gather(file(layout, packed, n, block))
			if d := cmp.Diff(want, got, cmp.Comparer(func(a, b flow.Record) bool {
				return a.Src == b.Src && a.Dst == b.Dst && a.BytesUp == b.BytesUp && a.PacketsUp == b.PacketsUp && a.Time.Equal(b.Time) && a.Duration == b.Duration && a.State == b.State
			})); d != "" || errs != nil {
				t.Errorf("layout %d, packed %d: %v\n%.500s", layout, packed, errs, d)
			}
			if packed == packedNot {
				continue
			}
			for cut := range min(len(block), 40) {
				if _, errs := gather(file(layout, packed, n, block[:cut])); errs == nil && cut > 0 {
					t.Errorf("layout %d, packed %d: nothing is wrong with %d of %d bytes", layout, packed, cut, len(block))
				}
			}
		}
	}
}

// A block that unpacks to more than is allowed is refused, and a count that a
// record can't hold makes it none.
func TestTooMuch(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, maxBlock+1)
	l4 := make([]byte, lz4.CompressBlockBound(len(zeros)))
	k, err := new(lz4.Compressor).CompressBlock(zeros, l4)
	if err != nil {
		t.Fatal(err)
	}
	for packed, block := range map[int][]byte{packedZSTD: z.EncodeAll(zeros, nil), packedLZ4: l4[:k]} {
		if _, errs := gather(file(2, packed, 1, block)); len(errs) != 1 {
			t.Errorf("packed %d: %v", packed, errs)
		}
	}
	for _, data := range [][]byte{file(2, packedNot, 1, records2(1, math.MaxInt64+1)), file(1, packedNot, 1, records1(1, math.MaxUint64))} {
		if rs, errs := gather(data); len(rs) != 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "a count is more than 9223372036854775807") {
			t.Errorf("%v, %v", rs, errs)
		}
	}
	// A length that nothing follows takes no memory.
	if n := testing.AllocsPerRun(3, func() { gather(append(file(2, packedNot, 1, nil)[:header2+4], 0, 0, 0, 4, 3, 0, 0, 0)) }); n > 100 {
		t.Errorf("%v allocations", n)
	}
}
