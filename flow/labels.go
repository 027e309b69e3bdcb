package flow

import "strings"

// A LabelID is a label's number in a Labels; 0 stands for no label.
type LabelID uint32

// Labels numbers the labels that an input gives its records, in the order in
// which they are first seen. The zero Labels is ready to use.
type Labels struct {
	ids   map[string]LabelID
	names []string // names[id-1]
}

// Of returns the number of name, a new one if need be.
func (l *Labels) Of(name string) LabelID {
	if name == "" {
		return 0
	}
	id, ok := l.ids[name]
	if !ok {
		if l.ids == nil {
			l.ids = make(map[string]LabelID)
		}
		l.names = append(l.names, name)
		id = LabelID(len(l.names))
		l.ids[name] = id
	}
	return id
}

// parse returns the number of the label written as text, without copying one
// that it knows. Bytes that are no UTF-8 are replaced.
func (l *Labels) parse(text []byte) LabelID {
	if id, ok := l.ids[string(text)]; ok {
		return id
	}
	return l.Of(strings.ToValidUTF8(string(text), "\uFFFD"))
}

// Name returns the label with number id.
func (l *Labels) Name(id LabelID) string {
	if id == 0 {
		return ""
	}
	return l.names[id-1]
}

// Len returns how many labels l has numbered, not counting that for none.
func (l *Labels) Len() int { return len(l.names) }
