package features_test

import (
	"testing"

	"toolkit/features"
	"toolkit/features/aggtest"
	"toolkit/flow"
)

// Records come out of the table as they went in, whether or not they passed
// through a file on the way.
func TestFlows(t *testing.T) {
	rs := aggtest.Records(40_000, 9)
	for _, limit := range []int64{0, 1 << 20} {
		hosts, labels := new(flow.Hosts), new(flow.Labels)
		f := features.NewFlows(hosts, labels, limit, t.TempDir())
		for lo := 0; lo < len(rs); lo += 999 {
			b := &flow.Batch{Hosts: hosts, Labels: labels}
			for i := lo; i < min(lo+999, len(rs)); i++ {
				if i%7 == 0 {
					rs[i].Label = []string{"scan", "flood"}[i%2]
				}
				if lo > 5000 {
					rs[i].Duration, rs[i].PacketsUp, rs[i].PacketsDown = 1500e6, int64(i), 1<<40
					rs[i].FlagsUp, rs[i].FlagsDown = flow.Flags(i), flow.SYN|flow.FIN
				}
				b.Append(rs[i])
			}
			if err := f.Add(b); err != nil {
				t.Fatal(err)
			}
		}
		i := 0
		err := f.Write(func(c *features.Table) error {
			for row := range c.Len() {
				r := rs[i]
				for name, want := range map[string]any{
					"ts": flow.FloorDiv(r.Time.UnixNano(), 1e3), "ip_protocol": r.Proto.String(), "state": r.State.String(),
					"src_ip": r.Src.Addr().String(), "src_port": int64(r.Src.Port()), "dst_ip": r.Dst.Addr().String(), "dst_port": int64(r.Dst.Port()),
					"src_tx": r.BytesUp, "dst_tx": r.BytesDown, "duration": float64(r.Duration) / 1e9, "packets_up": r.PacketsUp, "packets_dw": r.PacketsDown, "label": r.Label, "flags_up": r.FlagsUp.String(), "flags_dw": r.FlagsDown.String(),
				} {
					col := c.Column(name)
					var got any
					switch col.Type {
					case features.Text:
						got = col.String(row)
					case features.Float:
						got = col.Floats[row]
					default:
						got = col.Ints[row]
					}
					if got != want {
						t.Fatalf("limit %d, record %d: %s is %v, want %v", limit, i, name, got, want)
					}
				}
				i++
			}
			return nil
		})
		if err != nil || i != len(rs) {
			t.Fatalf("%d of %d records, error %v", i, len(rs), err)
		}
	}
}
