package columnar

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"toolkit/flow"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

// all is what a source has yielded.
type all struct {
	records []flow.Record
	bad     []*flow.SyntaxError
	err     error
}

func gather(src flow.Source) (a all) {
	for b, err := range src {
		var bad *flow.SyntaxError
		switch {
		case errors.As(err, &bad):
			if len(a.bad) < 1000 {
				a.bad = append(a.bad, bad)
			}
		case err != nil:
			a.err = err
		default:
			for i := range b.Len() {
				a.records = append(a.records, b.Record(i))
			}
		}
	}
	return a
}

// open reads a file through flow.Open.
func open(t testing.TB, data []byte, opt flow.Options) all {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	opt.Formats = append([]*flow.Format{Arrow, Parquet}, flow.Formats...)
	r, err := flow.Open([]string{path}, opt)
	if err != nil {
		return all{err: err}
	}
	return gather(r.Source())
}

func mustColumns(t testing.TB, text string) *flow.Columns {
	t.Helper()
	c, err := flow.ParseColumns(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A field is a column of a table that is made for a test: values of n rows, nil
// for null.
type field struct {
	name string
	typ  arrow.DataType
	at   func(i int) any
}

// arrowBytes makes an Arrow file or a stream, of records of so many rows.
func arrowBytes(t testing.TB, n, per int, stream bool, fields ...field) []byte {
	t.Helper()
	var fs []arrow.Field
	for _, f := range fields {
		fs = append(fs, arrow.Field{Name: f.name, Type: f.typ, Nullable: true})
	}
	schema := arrow.NewSchema(fs, nil)
	var buf bytes.Buffer
	var w interface {
		Write(arrow.Record) error
		Close() error
	}
	var err error
	if w, err = ipc.NewFileWriter(&seeker{Buffer: &buf}, ipc.WithSchema(schema)); err != nil {
		t.Fatal(err)
	}
	if stream {
		w = ipc.NewWriter(&buf, ipc.WithSchema(schema))
	}
	if !stream && slices.ContainsFunc(fields, func(f field) bool { return f.typ.ID() == arrow.DICTIONARY }) {
		per = max(n, 1) // a file has one dictionary for all of its records
	}
	for lo := 0; lo < n; lo += per {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for j, f := range fields {
			for i := lo; i < min(lo+per, n); i++ {
				put(t, b.Field(j), f.at(i))
			}
		}
		if err := w.Write(b.NewRecord()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// A seeker tells a file writer where it is.
type seeker struct{ *bytes.Buffer }

func (s *seeker) Seek(int64, int) (int64, error) { return int64(s.Len()), nil }

func put(t testing.TB, b array.Builder, v any) {
	t.Helper()
	if v == nil {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.BinaryDictionaryBuilder:
		if err := b.AppendString(v.(string)); err != nil {
			t.Fatal(err)
		}
	case *array.FixedSizeBinaryBuilder:
		b.Append(v.([]byte))
	case *array.BinaryBuilder:
		b.Append(v.([]byte))
	case *array.Decimal128Builder:
		b.Append(v.(decimal128.Num))
	default:
		if err := b.AppendValueFromString(fmt.Sprint(v)); err != nil {
			t.Fatal(err)
		}
	}
}

// samples are records whose times are whole seconds.
func samples(n int) []flow.Record {
	r := rand.New(rand.NewPCG(8, 1))
	var rs []flow.Record
	for i := range n {
		rs = append(rs, flow.Record{
			Seq: int64(i), Time: time.Unix(1_700_000_000+r.Int64N(1000), 0).UTC(), Proto: []flow.Proto{flow.TCP, flow.UDP, 47}[r.IntN(3)], State: flow.New,
			Src:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{byte(200 + r.IntN(20)), 0, 0, byte(r.IntN(9))}), uint16(r.IntN(65536))),
			Dst:     netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 1, byte(r.IntN(9))}), uint16(r.IntN(65536))),
			BytesUp: r.Int64N(100), Duration: time.Duration(r.IntN(100)) * time.Second, PacketsUp: 1 + r.Int64N(9),
		})
	}
	return rs
}

func ipNumber(a netip.Addr) uint32 {
	b := a.As4()
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// Whatever type holds a field, the records are the same: in files, streams, pipes.
func TestTypes(t *testing.T) {
	rs := samples(600)
	fields := func(change field) []field {
		fs := []field{
			{"ts", arrow.PrimitiveTypes.Int64, func(i int) any { return rs[i].Time.Unix() }},
			{"proto", arrow.PrimitiveTypes.Uint8, func(i int) any { return uint8(rs[i].Proto) }},
			{"src_ip", arrow.BinaryTypes.String, func(i int) any { return rs[i].Src.Addr().String() }},
			{"dst_ip", arrow.BinaryTypes.String, func(i int) any { return rs[i].Dst.Addr().String() }},
			{"src_port", arrow.PrimitiveTypes.Uint16, func(i int) any { return rs[i].Src.Port() }},
			{"dst_port", arrow.PrimitiveTypes.Uint16, func(i int) any { return rs[i].Dst.Port() }},
			{"bytes_up", arrow.PrimitiveTypes.Int64, func(i int) any { return rs[i].BytesUp }},
			{"packets_up", arrow.PrimitiveTypes.Int64, func(i int) any { return rs[i].PacketsUp }},
			{"dur", arrow.PrimitiveTypes.Float64, func(i int) any { return rs[i].Duration.Seconds() }},
			{"other", arrow.ListOf(arrow.BinaryTypes.String), func(int) any { return nil }},
		}
		for i := range fs {
			if fs[i].name == change.name {
				fs[i] = change
			}
		}
		return fs
	}
	stamp := func(u arrow.TimeUnit, zone string) *arrow.TimestampType {
		return &arrow.TimestampType{Unit: u, TimeZone: zone}
	}
	clock := func(i int) any { return rs[i].Time.Format("2006-01-02 15:04:05") }
	seconds := func(i int) any { return int64(rs[i].Duration / time.Second) }
	port := func(i int) any { return rs[i].Dst.Port() }
	for _, f := range []field{
		{},
		{"ts", stamp(arrow.Second, "UTC"), clock},
		{"ts", stamp(arrow.Millisecond, "UTC"), clock},
		{"ts", stamp(arrow.Microsecond, "UTC"), clock},
		{"ts", stamp(arrow.Nanosecond, "UTC"), clock},
		{"ts", stamp(arrow.Nanosecond, ""), clock},
		{"ts", arrow.PrimitiveTypes.Int64, func(i int) any { return rs[i].Time.UnixMilli() }},
		{"ts", arrow.PrimitiveTypes.Float64, func(i int) any { return fmt.Sprintf("%d.0", rs[i].Time.Unix()) }},
		{"ts", arrow.BinaryTypes.LargeString, clock},
		{"proto", arrow.BinaryTypes.String, func(i int) any { return strings.ToUpper(rs[i].Proto.String()) }},
		{"proto", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, func(i int) any { return rs[i].Proto.String() }},
		{"proto", arrow.PrimitiveTypes.Int32, func(i int) any { return int32(rs[i].Proto) }},
		{"src_ip", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String}, func(i int) any { return rs[i].Src.Addr().String() }},
		{"src_ip", arrow.PrimitiveTypes.Uint32, func(i int) any { return ipNumber(rs[i].Src.Addr()) }},
		{"src_ip", arrow.PrimitiveTypes.Int64, func(i int) any { return int64(ipNumber(rs[i].Src.Addr())) }},
		{"src_ip", arrow.PrimitiveTypes.Int32, func(i int) any { return int32(ipNumber(rs[i].Src.Addr())) }},
		{"src_ip", &arrow.FixedSizeBinaryType{ByteWidth: 4}, func(i int) any { return rs[i].Src.Addr().AsSlice() }},
		{"src_ip", &arrow.FixedSizeBinaryType{ByteWidth: 16}, func(i int) any { a := rs[i].Src.Addr().As16(); return a[:] }},
		{"src_ip", arrow.BinaryTypes.Binary, func(i int) any { return []byte(rs[i].Src.Addr().String()) }},
		{"dst_port", arrow.PrimitiveTypes.Int32, port},
		{"dst_port", arrow.PrimitiveTypes.Uint64, port},
		{"dst_port", arrow.PrimitiveTypes.Float32, port},
		{"dst_port", arrow.BinaryTypes.String, port},
		{"bytes_up", arrow.PrimitiveTypes.Int8, func(i int) any { return rs[i].BytesUp }},
		{"bytes_up", arrow.PrimitiveTypes.Uint64, func(i int) any { return rs[i].BytesUp }},
		{"bytes_up", &arrow.Decimal128Type{Precision: 20, Scale: 2}, func(i int) any { return decimal128.FromI64(100 * rs[i].BytesUp) }},
		{"bytes_up", &arrow.Decimal128Type{Precision: 38}, func(i int) any { return decimal128.FromBigInt(big.NewInt(rs[i].BytesUp)) }},
		{"dur", arrow.PrimitiveTypes.Int32, seconds},
		{"dur", arrow.FixedWidthTypes.Duration_s, func(i int) any { return fmt.Sprint(seconds(i), "s") }},
		{"dur", arrow.FixedWidthTypes.Duration_ns, func(i int) any { return fmt.Sprint(seconds(i), "s") }},
	} {
		for _, stream := range []bool{false, true} {
			data := arrowBytes(t, len(rs), 250, stream, fields(f)...)
			for how, got := range map[string]all{
				"file": open(t, data, flow.Options{}),
				"pipe": gather(Arrow.Read(bytes.NewReader(data), flow.Input{Name: "x"})),
			} {
				if f.typ == nil {
					f.typ = arrow.Null
				}
				if d := cmp.Diff(rs, got.records, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); got.err != nil || len(got.bad) > 0 || d != "" {
					t.Fatalf("%s of %s (stream %v, %s): %v %v\n%.1000s", f.name, f.typ, stream, how, got.err, got.bad[:min(len(got.bad), 2)], d)
				}
			}
		}
	}
}

// parquetBytes makes a Parquet file of rows, each of which is a T.
func parquetBytes[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[T](&buf, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

type row1 struct {
	Start  time.Time `parquet:"start,timestamp(microsecond)"`
	Client string    `parquet:"client,dict"`
	Server uint32    `parquet:"server"`
	Proto  *int8     `parquet:"proto,optional"`
	Port   int32     `parquet:"port,delta"`
	Sent   uint64    `parquet:"sent"`
	Length float64   `parquet:"length"`
	Other  []string  `parquet:"other"`
}

type row2 struct {
	Other  bool     `parquet:"other"`
	Start  int64    `parquet:"start"` // ms
	Client []byte   `parquet:"client"`
	Server string   `parquet:"server"`
	Proto  string   `parquet:"proto,dict,optional"`
	Port   uint16   `parquet:"port"`
	Sent   int64    `parquet:"sent,decimal(2:18)"`
	Length *float32 `parquet:"length,optional"`
}

// The same of Parquet, of either version of pages, packed or not.
func TestParquet(t *testing.T) {
	rs := samples(2*flow.BatchSize + 100)
	var rows1 []row1
	var rows2 []row2
	for i := range rs {
		rs[i].PacketsUp, rs[i].Src = 0, netip.AddrPortFrom(rs[i].Src.Addr(), 0)
		r := rs[i]
		proto, length := int8(r.Proto), float32(r.Duration.Seconds())
		rows1 = append(rows1, row1{r.Time, r.Src.Addr().String(), ipNumber(r.Dst.Addr()), &proto, int32(r.Dst.Port()), uint64(r.BytesUp), r.Duration.Seconds(), []string{"x", "y"}})
		rows2 = append(rows2, row2{true, r.Time.UnixMilli(), r.Src.Addr().AsSlice(), r.Dst.Addr().String(), r.Proto.String(), r.Dst.Port(), 100 * r.BytesUp, &length})
	}
	const columns = "ts=start, src_ip=client, dst_ip=server, proto=proto, dst_port=port, bytes_up=sent, dur=length"
	for _, options := range [][]parquet.WriterOption{
		nil,
		{parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(900)},
		{parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1), parquet.PageBufferSize(1000)},
		{parquet.Compression(&parquet.Gzip), parquet.DataPageVersion(2)},
		{parquet.Compression(&parquet.Brotli), parquet.DataPageVersion(1)},
		{parquet.Compression(&parquet.Lz4Raw), parquet.DataPageVersion(1), parquet.MaxRowsPerRowGroup(700)},
		{parquet.Compression(&parquet.Lz4Raw), parquet.DataPageVersion(2), parquet.PageBufferSize(1000)},
	} {
		for i, data := range [][]byte{parquetBytes(t, rows1, options...), parquetBytes(t, rows2, options...)} {
			got := open(t, data, flow.Options{Columns: mustColumns(t, columns)})
			if d := cmp.Diff(rs, got.records, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); got.err != nil || len(got.bad) > 0 || d != "" {
				t.Fatalf("rows %d: %v %v\n%.1000s", i+1, got.err, got.bad[:min(len(got.bad), 2)], d)
			}
		}
	}
	if got := open(t, parquetBytes(t, rows1), flow.Options{}); got.err == nil || !strings.Contains(got.err.Error(), "its columns (start, client, server, proto, port, sent, length, other) are not those of flow records that are known; say with --columns") {
		t.Error(got.err)
	}
	if got := open(t, parquetBytes(t, rows1), flow.Options{Columns: mustColumns(t, columns+",label=other")}); got.err == nil || !strings.Contains(got.err.Error(), "column other: a list or a structure can't be read") {
		t.Error(got.err)
	}
}

// What comes by a pipe, packed again or in an archive goes by a temporary file,
// which is gone when it has been read, or is found to be damaged.
func TestParquetPipes(t *testing.T) {
	data := seeds(t)[2]
	var gz, zipped bytes.Buffer
	z := gzip.NewWriter(&gz)
	z.Write(data)
	z.Close()
	a := zip.NewWriter(&zipped)
	for _, name := range []string{"a.parquet", "b.parquet"} {
		w, err := a.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(data)
	}
	a.Close()
	tmp := t.TempDir()
	opt := flow.Options{Formats: []*flow.Format{Arrow, Parquet}, Tmp: tmp}
	for _, c := range []struct {
		name    string
		data    []byte
		records int
	}{{"gzip", gz.Bytes(), 40}, {"zip", zipped.Bytes(), 80}} {
		if got := open(t, c.data, opt); got.err != nil || len(got.records) != c.records {
			t.Errorf("%s: %d records, %v", c.name, len(got.records), got.err)
		}
	}
	opt.Stdin = bytes.NewReader(data)
	r, err := flow.Open([]string{flow.Stdin}, opt)
	if err != nil {
		t.Fatal(err)
	}
	if got := gather(r.Source()); got.err != nil || len(got.records) != 40 {
		t.Errorf("stdin: %d records, %v", len(got.records), got.err)
	}
	if got := gather(Parquet.Read(bytes.NewReader(data[:len(data)-9]), flow.Input{Name: "stdin", Tmp: tmp})); got.err == nil || len(got.records) > 0 {
		t.Errorf("cut off: %d records, %v", len(got.records), got.err)
	}
	if got := gather(Parquet.Read(bytes.NewReader(data), flow.Input{Tmp: filepath.Join(tmp, "absent")})); !errors.Is(got.err, os.ErrNotExist) {
		t.Errorf("without a place for temporary files: %v", got.err)
	}
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// Null is what nothing is in CSV, and a row that is no record is told with its
// values.
func TestNull(t *testing.T) {
	text := func(vs ...any) func(int) any { return func(i int) any { return vs[i] } }
	fields := []field{
		{"ts", arrow.PrimitiveTypes.Int64, text(10, nil, 12, 13, 14)},
		{"proto", arrow.BinaryTypes.String, text("tcp", "tcp", nil, "tcp", "arp")},
		{"src_ip", arrow.BinaryTypes.String, text("10.0.0.1", "10.0.0.1", "10.0.0.1", nil, "10.0.0.1")},
		{"dst_ip", arrow.BinaryTypes.String, text("10.0.0.2", "10.0.0.2", "10.0.0.2", "10.0.0.2", "10.0.0.2")},
		{"src_port", arrow.PrimitiveTypes.Int64, text(nil, 1, 1, 1, 1)},
		{"bytes_up", arrow.PrimitiveTypes.Float64, text("NaN", 1, 1, 1, 1)},
		{"dur", arrow.PrimitiveTypes.Float64, text(nil, 1, 1, 1, 1)},
		{"label", arrow.Null, text(nil, nil, nil, nil, nil)},
	}
	csv := "ts,proto,src_ip,dst_ip,src_port,bytes_up,dur,label\n10,tcp,10.0.0.1,10.0.0.2,,,,\n,tcp,10.0.0.1,10.0.0.2,1,1,1,\n12,,10.0.0.1,10.0.0.2,1,1,1,\n13,tcp,,10.0.0.2,1,1,1,\n14,arp,10.0.0.1,10.0.0.2,1,1,1,\n"
	columns := mustColumns(t, "ts=ts,proto=proto,src_ip=src_ip,dst_ip=dst_ip,src_port=src_port,bytes_up=bytes_up,dur=dur,label=label")
	got := open(t, arrowBytes(t, 5, 2, false, fields...), flow.Options{})
	want := open(t, []byte(csv), flow.Options{Columns: columns})
	if len(want.records) != 1 || len(want.bad) != 4 {
		t.Fatalf("of CSV %v, %v, %v", want.records, want.bad, want.err)
	}
	if d := cmp.Diff(want.records, got.records, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" || got.err != nil {
		t.Error(got.err, d)
	}
	for i, bad := range got.bad {
		if bad.Line != i+2 || bad.Err.Error() != want.bad[i].Err.Error() {
			t.Errorf("%v, of CSV %v", bad, want.bad[i])
		}
	}
	if s := got.bad[0].Text; s != "proto=tcp ts= dur=1 src_port=1 bytes_up=1 src_ip=10.0.0.1 dst_ip=10.0.0.2 label=" {
		t.Error(s)
	}
}

// Clocks without a zone are those of --tz.
func TestZone(t *testing.T) {
	prague, err := time.LoadLocation("Europe/Prague")
	if err != nil {
		t.Skip(err)
	}
	fields := func(typ arrow.DataType) []field {
		ip := func(int) any { return "10.0.0.1" }
		return []field{{"ts", typ, func(int) any { return "2024-07-01 12:00:00.5" }}, {"proto", arrow.PrimitiveTypes.Int8, func(int) any { return 6 }}, {"src_ip", arrow.BinaryTypes.String, ip}, {"dst_ip", arrow.BinaryTypes.String, ip}}
	}
	for zone, want := range map[string]string{"": "10:00:00.5", "UTC": "12:00:00.5"} {
		got := open(t, arrowBytes(t, 1, 1, false, fields(&arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: zone})...), flow.Options{Zone: prague})
		if len(got.records) != 1 || got.records[0].Time.Format("15:04:05.9") != want {
			t.Errorf("zone %q: %v, %v, want %s", zone, got.records, got.err, want)
		}
	}
}

// Logs that were put in tables are known by their columns' names.
func TestNames(t *testing.T) {
	for names, want := range map[string]string{
		"ts=1700000000.25 uid=C1 id.orig_h=10.0.0.1 id.orig_p=1000 id.resp_h=10.0.0.2 id.resp_p=443 proto=tcp conn_state=SF orig_bytes=7 resp_bytes=8 duration=0.5":                                           "2023-11-14 22:13:20.25 +0000 UTC tcp 10.0.0.1:1000 10.0.0.2:443 closed 7 8 500ms",
		"ts=1700000000 id_orig_h=fe80::1 id_orig_p=135 id_resp_h=fe80::2 id_resp_p=0 proto=icmp conn_state=OTH orig_bytes=7 resp_bytes=":                                                                      "2023-11-14 22:13:20 +0000 UTC ipv6-icmp [fe80::1]:135 [fe80::2]:0 unknown 7 0 0s",
		"StartTime=2011/08/16 10:01:46.972101 Dur=1.5 Proto=tcp SrcAddr=10.0.0.1 Sport=0x0050 Dir=-> DstAddr=10.0.0.2 Dport=13 State=FSPA_FSPA TotBytes=30 SrcBytes=10":                                       "2011-08-16 10:01:46.972101 +0000 UTC tcp 10.0.0.1:80 10.0.0.2:13 closed 10 20 1.5s",
		"StartTime=1700000000 Proto=icmp SrcAddr=10.0.0.1 Sport=0x0103 DstAddr=10.0.0.2 Dport=0x5e00 State=URH TotBytes=30":                                                                                   "2023-11-14 22:13:20 +0000 UTC icmp 10.0.0.1:3 10.0.0.2:1 unknown 30 0 0s",
		"srcip=10.0.0.1 sport=1 dstip=10.0.0.2 dsport=53 proto=udp state=CON dur=0.25 sbytes=1 dbytes=2 Stime=1421927414 attack_cat=Fuzzers":                                                                  "2015-01-22 11:50:14 +0000 UTC udp 10.0.0.1:1 10.0.0.2:53 established 1 2 250ms Fuzzers",
		"src_ip=786 src_port=1 dest_ip=15169 dest_port=53 proto=17 bytes_in=5 bytes_out=6 time_start=1700000000000 time_end=1700000001000 num_pkts_in=1 num_pkts_out=1 duration=1 label=benign":               "2023-11-14 22:13:20 +0000 UTC udp [4003::312]:1 [4003::3b41]:53 established 5 6 1s benign",
		"version=2 account_id=1 srcaddr=172.31.16.139 dstaddr=172.31.16.21 srcport=20641 dstport=22 protocol=6 packets=20 bytes=4249 start=1418530010 end=1418530070 action=REJECT log_status=OK tcp_flags=3": "2014-12-14 04:06:50 +0000 UTC tcp 172.31.16.139:20641 172.31.16.21:22 reset 4249 0 1m0s",
		"ts=1700000000 src_ip=10.0.0.1 dst_ip=10.0.0.2 protocol=tcp bytes_down=1 src_tx=3 flags=.AP.SF":                                                                                                       "2023-11-14 22:13:20 +0000 UTC tcp 10.0.0.1:0 10.0.0.2:0 closing 3 1 0s",
	} {
		var fields []field
		for _, pair := range splitPairs(names) {
			name, value, _ := strings.Cut(pair, "=")
			fields = append(fields, field{name, arrow.BinaryTypes.String, func(int) any { return value }})
		}
		got := open(t, arrowBytes(t, 1, 1, false, fields...), flow.Options{})
		if len(got.records) != 1 || got.err != nil {
			t.Errorf("%s: %v, %v", names, got.bad, got.err)
			continue
		}
		r := got.records[0]
		if s := strings.TrimSpace(fmt.Sprint(r.Time, " ", r.Proto, " ", r.Src, " ", r.Dst, " ", r.State, " ", r.BytesUp, " ", r.BytesDown, " ", r.Duration, " ", r.Label)); s != want {
			t.Errorf("%s\n%s, want\n%s", names, s, want)
		}
	}
}

// splitPairs cuts NAME=VALUE NAME=VALUE, where a value may have blanks.
func splitPairs(s string) (pairs []string) {
	for _, word := range strings.Fields(s) {
		if !strings.Contains(word, "=") {
			pairs[len(pairs)-1] += " " + word
			continue
		}
		pairs = append(pairs, word)
	}
	return pairs
}

// Streams one behind another are read one after the other; stopping early is
// no error.
func TestStreams(t *testing.T) {
	rs := samples(10)
	fields := []field{
		{"ts", arrow.PrimitiveTypes.Int64, func(i int) any { return rs[i].Time.Unix() }},
		{"proto", arrow.PrimitiveTypes.Uint8, func(i int) any { return 6 }},
		{"src_ip", arrow.BinaryTypes.String, func(i int) any { return rs[i].Src.Addr().String() }},
		{"dst_ip", arrow.BinaryTypes.String, func(i int) any { return rs[i].Dst.Addr().String() }},
	}
	one := arrowBytes(t, 10, 3, true, fields...)
	got := open(t, slices.Concat(one, one), flow.Options{})
	if len(got.records) != 20 || got.err != nil || got.records[19].Seq != 19 {
		t.Errorf("%d records, %v, want 20", len(got.records), got.err)
	}
	for range Arrow.Read(bytes.NewReader(one), flow.Input{}) {
		break
	}
	if got := gather(Arrow.Read(bytes.NewReader(arrowBytes(t, 0, 1, true, fields...)), flow.Input{})); len(got.records) != 0 || got.err != nil {
		t.Errorf("of a stream without rows %v, %v", got.records, got.err)
	}
}

// seeds are small whole files.
func seeds(t testing.TB) (files [][]byte) {
	rs := samples(40)
	fields := []field{
		{"ts", arrow.FixedWidthTypes.Timestamp_us, func(i int) any { return rs[i].Time.Format("2006-01-02 15:04:05") }},
		{"proto", arrow.PrimitiveTypes.Uint8, func(i int) any { return uint8(rs[i].Proto) }},
		{"src_ip", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String}, func(i int) any { return rs[i].Src.Addr().String() }},
		{"dst_ip", arrow.BinaryTypes.String, func(i int) any { return rs[i].Dst.Addr().String() }},
		{"dur", arrow.PrimitiveTypes.Float64, func(i int) any { return 1 }},
	}
	type row struct {
		TS    time.Time `parquet:"ts,timestamp(microsecond)"`
		Proto *int32    `parquet:"proto,optional"`
		Src   string    `parquet:"src_ip,dict"`
		Dst   uint32    `parquet:"dst_ip"`
		Port  int64     `parquet:"dst_port,delta"`
	}
	var rows []row
	for _, r := range rs {
		p := int32(r.Proto)
		rows = append(rows, row{r.Time, &p, r.Src.Addr().String(), ipNumber(r.Dst.Addr()), int64(r.Dst.Port())})
	}
	return [][]byte{
		arrowBytes(t, len(rs), 25, false, fields...), arrowBytes(t, len(rs), 25, true, fields...),
		parquetBytes(t, rows, parquet.DataPageVersion(1), parquet.Compression(&parquet.Snappy)), parquetBytes(t, rows, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(15)),
	}
}

// both reads data as a file, by so many workers, and from front to back.
func both(t testing.TB, path string, data []byte, workers int) (file, pipe all) {
	format := Arrow
	if bytes.HasPrefix(data, []byte("PAR1")) {
		format = Parquet
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return gather(format.Read(io.NewSectionReader(f, 0, int64(len(data))), flow.Input{File: f, Workers: workers})), gather(format.Read(bytes.NewReader(data), flow.Input{}))
}

// A file that is cut off is an error; one that is damaged is an error or other
// records, and no panic, nor much memory.
func TestDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	r := rand.New(rand.NewPCG(1, 2))
	for i, data := range seeds(t) {
		if file, _ := both(t, path, data, 2); len(file.records) != 40 || file.err != nil {
			t.Fatalf("seed %d: %d records, %v", i, len(file.records), file.err)
		}
		for n := 9; n < len(data); n += 1 + r.IntN(40) {
			file, pipe := both(t, path, data[:n], 2)
			if file.err == nil && i != 1 || pipe.err == nil && i != 1 {
				t.Errorf("seed %d, cut off at %d of %d: %v, %v", i, n, len(data), file.err, pipe.err)
			}
		}
		for range 300 {
			bad := bytes.Clone(data)
			for range 1 + r.IntN(3) {
				at := r.IntN(len(bad))
				if r.IntN(2) == 0 { // where lengths are
					at = max(len(bad)-1-r.IntN(800), 0)
				}
				bad[at] = byte(r.Uint32())
			}
			both(t, path, bad, 2)
		}
	}
}

// No bytes make the readers panic or take memory without bounds.
func FuzzArrow(f *testing.F)   { fuzz(f, seeds(f)[:2]) }
func FuzzParquet(f *testing.F) { fuzz(f, seeds(f)[2:]) }

func fuzz(f *testing.F, seeds [][]byte) {
	path := filepath.Join(f.TempDir(), "x")
	for _, data := range seeds {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Arrow.Detect(data)
		Parquet.Detect(data)
		both(t, path, data, 0)
	})
}

func BenchmarkArrow(b *testing.B) {
	rs := samples(20000)
	data := arrowBytes(b, len(rs), len(rs), true,
		field{"ts", arrow.FixedWidthTypes.Timestamp_us, func(i int) any { return rs[i].Time.Format("2006-01-02 15:04:05") }},
		field{"proto", arrow.BinaryTypes.String, func(i int) any { return rs[i].Proto.String() }},
		field{"src_ip", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String}, func(i int) any { return rs[i].Src.Addr().String() }},
		field{"dst_ip", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint32, ValueType: arrow.BinaryTypes.String}, func(i int) any { return rs[i].Dst.Addr().String() }},
		field{"src_port", arrow.PrimitiveTypes.Int64, func(i int) any { return rs[i].Src.Port() }},
		field{"dst_port", arrow.PrimitiveTypes.Int64, func(i int) any { return rs[i].Dst.Port() }},
		field{"bytes_up", arrow.PrimitiveTypes.Int64, func(i int) any { return rs[i].BytesUp }})
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for batch, err := range Arrow.Read(bytes.NewReader(data), flow.Input{}) {
			if err != nil {
				b.Fatal(err)
			}
			n += batch.Len()
		}
		if n != len(rs) {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(len(rs)*b.N)/b.Elapsed().Seconds(), "records/s")
}
