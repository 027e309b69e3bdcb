package flow

import (
	"errors"
	"fmt"
)

// read yields the records of one input, the first of which has number *seq,
// and moves *seq behind them. It returns false if that was the end of all.
func (r *Reader) read(path string, seq *int64, yield func(*Batch, error) bool) bool {
	before := r.done.Load()
	in, err := r.open(path, true)
	if err != nil {
		yield(nil, err)
		return false
	}
	r.infos = append(r.infos, InputInfo{Path: path, Format: in.format.Name})
	info := &r.infos[len(r.infos)-1]
	defer func() {
		in.close()
		info.Bytes = r.done.Load() - before
	}()
	for more := true; more; {
		if !r.readMember(in, info, before, seq, yield) {
			return false
		}
		if more, err = in.next(r); err != nil {
			yield(nil, err)
			return false
		}
	}
	if info.SHA256, err = in.rest(); err != nil {
		yield(nil, fmt.Errorf("%s: %w", in.name, err))
		return false
	}
	return true
}

// readMember yields the records of an input, or of one member of an archive.
func (r *Reader) readMember(in *opened, info *InputInfo, before int64, seq *int64, yield func(*Batch, error) bool) bool {
	what := Input{
		Name: in.name, Seq: *seq, Hosts: r.opt.Hosts, Labels: r.opt.Labels, Year: r.opt.Year, Zone: r.opt.Zone,
		Columns: r.opt.Columns, File: in.plain(), Tmp: r.opt.Tmp,
	}
	if what.Halt = in.halt; in.regular || in.halt != nil {
		what.Workers = r.opt.Workers
	}
	src := in.format.Read(in.text, what)
	for b, err := range src {
		var bad *SyntaxError
		switch {
		case err == nil:
			*seq += int64(b.Len())
			if r.opt.Keep != nil {
				n := b.Len()
				b = b.keep(r.opt.Keep(b))
				info.Filtered += int64(n - b.Len())
			}
			info.Records += int64(b.Len())
		case !errors.As(err, &bad):
			yield(nil, err)
			return false
		default:
			*seq++
			if reason, skip := SkipReason(err); skip {
				info.skip(reason)
			} else {
				info.Rejected++
			}
		}
		info.Bytes = r.done.Load() - before
		if (err != nil || b.Len() > 0) && !yield(b, err) {
			return false
		}
		if r.opt.Progress != nil {
			r.opt.Progress(r.done.Load(), r.total)
		}
	}
	return true
}

// keep returns the given rows of b, b itself if they are all.
func (b *Batch) keep(rows []int32) *Batch {
	if len(rows) == b.Len() {
		return b
	}
	return b.Take(rows)
}
