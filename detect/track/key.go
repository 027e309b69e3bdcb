package track

import (
	"toolkit/detect/state"
	"toolkit/flow"
)

// A Key is what subjects are told apart by: 16 bytes without padding, which a
// map hashes at once. Parts that don't matter are zero, addresses NoHost.
type Key struct {
	Src, Dst         flow.Host
	SrcPort, DstPort uint16
	Proto            flow.Proto
	Kind             uint8  // tells keys of one table apart whose parts differ
	pad              uint16 //lint:ignore U1000 without it there would be padding, and maps would hash the fields one by one
}

// NoHost stands for no address.
const NoHost = ^flow.Host(0)

// Save writes k.
func (k Key) Save(w *state.Writer) {
	host := func(h flow.Host) {
		w.Bool(h != NoHost)
		if h != NoHost {
			w.Host(h)
		}
	}
	host(k.Src)
	host(k.Dst)
	w.Int(int64(k.SrcPort))
	w.Int(int64(k.DstPort))
	w.Int(int64(k.Proto))
	w.Int(int64(k.Kind))
}

// LoadKey reads what Save wrote.
func LoadKey(r *state.Reader) Key {
	host := func() flow.Host {
		if r.Bool() {
			return r.Host()
		}
		return NoHost
	}
	return Key{Src: host(), Dst: host(), SrcPort: uint16(r.Int()), DstPort: uint16(r.Int()), Proto: flow.Proto(r.Int()), Kind: uint8(r.Int())}
}

// SaveHost writes an address that is a key.
func SaveHost(w *state.Writer, h flow.Host) { w.Host(h) }

// SaveKey is Key.Save, for Table.Save.
func SaveKey(w *state.Writer, k Key) { k.Save(w) }
