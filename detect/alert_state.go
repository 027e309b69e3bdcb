package detect

import (
	"time"

	"toolkit/detect/state"
	"toolkit/flow"
)

// SaveAlert writes a.
func SaveAlert(w *state.Writer, a *Alert) {
	w.String(a.Detector)
	w.String(a.Kind)
	w.Int(a.Start.UnixNano())
	w.Int(a.End.UnixNano())
	SaveSubject(w, a.Subject)
	w.Float(a.Score)
	SaveReasons(w, a.Reasons)
	w.Ints(a.Records)
}

// LoadAlert returns what SaveAlert wrote.
func LoadAlert(r *state.Reader) *Alert {
	return &Alert{
		Detector: r.String(), Kind: r.String(), Start: time.Unix(0, r.Int()).UTC(), End: time.Unix(0, r.Int()).UTC(),
		Subject: LoadSubject(r), Score: r.Float(), Reasons: LoadReasons(r), Records: r.Ints(),
	}
}

// SaveSubject writes s.
func SaveSubject(w *state.Writer, s Subject) {
	w.Addr(s.Src)
	w.Addr(s.Dst)
	w.Int(int64(s.SrcPort))
	w.Int(int64(s.DstPort))
	w.Int(int64(s.Proto))
}

// LoadSubject returns what SaveSubject wrote.
func LoadSubject(r *state.Reader) Subject {
	return Subject{Src: r.Addr(), Dst: r.Addr(), SrcPort: uint16(r.Int()), DstPort: uint16(r.Int()), Proto: flow.Proto(r.Int())}
}
