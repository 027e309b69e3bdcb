package evaluate

import (
	"cmp"
	"slices"
)

// eventGap is how long records of a label may be apart, in seconds, and still
// be of one event.
const eventGap = 600

// An Event is an attack: records of one anomalous label from one source
// address of which each is within ten minutes of another.
type Event struct {
	Label   string `json:"label"`
	Start   int64  `json:"start"` // Unix seconds, of the window of its first record
	End     int64  `json:"end"`   // … of its last
	Records int64  `json:"records"`
}

// An EventOutcome is what a method made of an event.
type EventOutcome struct {
	Flagged int64  `json:"flagged"`         // records of the event
	Delay   *int64 `json:"delay,omitempty"` // seconds from its start to the window of the first record flagged; nil if none is
}

// Events counts the events that a method finds.
type Events struct {
	Found       int      `json:"found"` // with a record flagged
	Of          int      `json:"of"`
	Recall      *float64 `json:"recall"`
	MedianDelay *int64   `json:"median_delay"` // seconds, of those found
	// False alarms in windows: of those with no anomalous record, how many
	// have a record flagged.
	QuietWindows int64          `json:"quiet_windows"`
	FalseWindows int64          `json:"false_windows"`
	Outcomes     []EventOutcome `json:"outcomes"` // in the order of Evaluation.Events
}

// events groups the anomalous records, and says of which each record is, -1
// for none.
func (e *Evaluator) findEvents() {
	if e.class == nil || e.rec.Time == nil {
		return
	}
	var rows []int32
	e.event = make([]int32, e.n)
	for i, c := range e.class {
		e.event[i] = -1
		if e.labels[c].Anomalous {
			rows = append(rows, int32(i))
		}
	}
	host := func(i int32) int32 {
		if e.rec.Host == nil {
			return 0
		}
		return e.rec.Host[i]
	}
	slices.SortFunc(rows, func(a, b int32) int {
		return cmp.Or(cmp.Compare(e.class[a], e.class[b]), cmp.Compare(host(a), host(b)), cmp.Compare(e.rec.Time[a], e.rec.Time[b]), cmp.Compare(a, b))
	})
	for k, i := range rows {
		t := e.rec.Time[i]
		if k == 0 || e.class[i] != e.class[rows[k-1]] || host(i) != host(rows[k-1]) || t-e.rec.Time[rows[k-1]] > eventGap {
			e.ev.Events = append(e.ev.Events, Event{Label: e.labels[e.class[i]].Name, Start: t})
		}
		ev := &e.ev.Events[len(e.ev.Events)-1]
		ev.End = t
		ev.Records++
		e.event[i] = int32(len(e.ev.Events) - 1)
	}
	e.quiet = map[int64]bool{}
	for i, t := range e.rec.Time {
		if e.event[i] >= 0 {
			e.quiet[t] = false
		} else if _, ok := e.quiet[t]; !ok {
			e.quiet[t] = true
		}
	}
}

// byEvent compares flags with the events.
func (e *Evaluator) byEvent(set *flaggedSet) *Events {
	if e.event == nil {
		return nil
	}
	s := &Events{Of: len(e.ev.Events), Outcomes: make([]EventOutcome, len(e.ev.Events))}
	alarmed := map[int64]bool{}
	for i, ev := range e.event {
		if !set.records.has(i) {
			continue
		}
		t := e.rec.Time[i]
		if ev < 0 {
			if e.quiet[t] {
				alarmed[t] = true
			}
			continue
		}
		o := &s.Outcomes[ev]
		o.Flagged++
		if delay := t - e.ev.Events[ev].Start; o.Delay == nil || delay < *o.Delay {
			o.Delay = &delay
		}
	}
	var delays []int64
	for _, o := range s.Outcomes {
		if o.Delay != nil {
			delays = append(delays, *o.Delay)
		}
	}
	s.Found = len(delays)
	s.Recall = ratio(int64(s.Found), int64(s.Of))
	if len(delays) > 0 {
		slices.Sort(delays)
		s.MedianDelay = &delays[(len(delays)-1)/2]
	}
	for _, quiet := range e.quiet {
		if quiet {
			s.QuietWindows++
		}
	}
	s.FalseWindows = int64(len(alarmed))
	return s
}
