package netflow

import (
	"bytes"
	"container/list"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/netsampler/goflow2/v2/decoders/netflow"
)

// maxTemplates is how many bytes the templates of all exporters may take, about:
// those of hundreds of thousands of templates. Past it the exporter that was
// not heard of for longest is forgotten, until it sends its templates again.
const maxTemplates = 64 << 20

// What an exporter, a template, a field of it and a set of templates take
// besides, about.
const exporterBytes, templateBytes, fieldBytes, setBytes = 512, 256, 16, 128

// A templateID tells the templates of an exporter apart.
type templateID struct {
	version uint16
	domain  uint32
	id      uint16
}

// A template says what the records of a data set are made of.
type template struct {
	fields []netflow.Field
	min    int  // bytes that a record has at the least
	option bool // its records are of options, which describe no traffic

	bytes int    // that it takes, about
	set   string // the key of the set that it came in
}

const variable = 0xffff // the length of fields whose records say how long they are

// add counts a field's least length.
func (t *template) add(fields []netflow.Field) {
	for _, f := range fields {
		if f.Length == variable {
			t.min++ // the byte that says how long it is
		} else {
			t.min += int(f.Length)
		}
	}
	t.bytes += fieldBytes * len(fields)
}

// templates are those of one exporter. Many send them all the time: a set of
// templates that is known byte by byte is not parsed again.
type templates struct {
	from  string
	place *list.Element
	of    map[templateID]*template
	sets  map[string]bool // what they came in, with version and domain before; all templates of each still hold
	key   []byte          // room for a key of sets
	bytes int             // what they take, about
}

func newTemplates(from string) *templates {
	return &templates{from: from, of: make(map[templateID]*template), sets: make(map[string]bool), bytes: exporterBytes}
}

// learn takes a set of templates, of options or not, and calls added with each
// template that may be another than before.
func (t *templates) learn(version uint16, domain uint32, options bool, set []byte, added func(templateID)) error {
	t.key = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(t.key[:0], version), domain)
	if options {
		t.key = append(t.key, 1)
	}
	t.key = append(t.key, set...)
	if t.sets[string(t.key)] {
		return nil
	}
	key := string(t.key)
	news, err := parseTemplates(version, options, set)
	if err != nil {
		return err
	}
	for id, n := range news {
		if n.min == 0 {
			continue // a withdrawal, or useless: records without a length would never end
		}
		id := templateID{version, domain, id}
		if old := t.of[id]; old != nil {
			t.bytes -= old.bytes
			t.drop(old.set)
		}
		n.set = key
		n.bytes += templateBytes
		t.bytes += n.bytes
		t.of[id] = n
		if !t.sets[key] {
			t.sets[key] = true
			t.bytes += setBytes + len(key)
		}
		added(id)
	}
	return nil
}

// drop forgets a set, of which a template is another now.
func (t *templates) drop(set string) {
	if t.sets[set] {
		delete(t.sets, set)
		t.bytes -= setBytes + len(set)
	}
}

// parseTemplates returns the templates in a set by their numbers, of which the
// last counts.
func parseTemplates(version uint16, options bool, set []byte) (all map[uint16]*template, err error) {
	all = make(map[uint16]*template)
	put := func(id uint16, option bool, fields ...[]netflow.Field) {
		n := &template{option: option}
		for _, f := range fields {
			n.add(f)
		}
		if !option {
			n.fields = fields[0]
		}
		all[id] = n
	}
	err = safely(func() error {
		r := bytes.NewBuffer(set)
		switch {
		case !options:
			records, err := netflow.DecodeTemplateSet(version, r)
			for _, t := range records {
				put(t.TemplateId, false, t.Fields)
			}
			return err
		case version == 9:
			records, err := netflow.DecodeNFv9OptionsTemplateSet(r)
			for _, t := range records {
				put(t.TemplateId, true, t.Scopes, t.Options)
			}
			return err
		}
		records, err := netflow.DecodeIPFIXOptionsTemplateSet(r)
		for _, t := range records {
			put(t.TemplateId, true, t.Scopes, t.Options)
		}
		return err
	})
	return all, err
}

var errCutRecord = errors.New("a record is longer than what is left of its set")

// data takes the records of a data set. What is left behind them fills it up.
func (d *decoder) data(t *template, set []byte, ex exported) error {
	for !t.option && len(set) >= t.min {
		a := fields{first: -1, last: -1}
		for i := range t.fields {
			f := &t.fields[i]
			n := int(f.Length)
			if n == variable {
				var ok bool
				if n, set, ok = variableLength(set); !ok {
					return errCutRecord
				}
			}
			if n > len(set) {
				return errCutRecord
			}
			switch {
			case !f.PenProvided:
				a.take(f.Type, set[:n], ex)
			case f.Pen == reversePEN:
				a.reverse(f.Type, set[:n])
			}
			set = set[n:]
		}
		d.finish(&a, ex)
	}
	return nil
}

// variableLength reads how long a field is, in one byte or in two behind 255
// (RFC 7011, 7), and returns what follows.
func variableLength(b []byte) (n int, rest []byte, ok bool) {
	switch {
	case len(b) == 0:
		return 0, nil, false
	case b[0] < 255:
		return int(b[0]), b[1:], true
	case len(b) < 3:
		return 0, nil, false
	}
	return int(binary.BigEndian.Uint16(b[1:])), b[3:], true
}

// exporter returns the templates of an exporter, which is the last heard of.
func (d *decoder) exporter(from string) *templates {
	t := d.systems[from]
	if t == nil {
		t = newTemplates(from)
		t.place = d.heard.PushFront(t)
		d.systems[from] = t
		d.templates += t.bytes
	}
	d.heard.MoveToFront(t.place)
	return t
}

// forget forgets the exporter that was not heard of for longest.
func (d *decoder) forget() {
	t := d.heard.Remove(d.heard.Back()).(*templates)
	delete(d.systems, t.from)
	d.templates -= t.bytes
	d.bad("exporter "+t.from, fmt.Errorf("%d templates, forgotten as those of all exporters take more than %d MiB", len(t.of), maxTemplates>>20))
}
