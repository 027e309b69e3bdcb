package columnar

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// A parquetColumn is one whose values are wanted, in the present group of rows.
type parquetColumn struct {
	name string
	leaf int // among the leaves
	kind parquetKind

	pages parquet.Pages
	page  parquet.Page // nil before the first, and behind each
	left  int          // rows of page that are still to be read
	next  func(n int, to *column) error

	dict   parquet.Dictionary
	values *column // of it
}

func (c *parquetColumn) begin(pages parquet.Pages) { c.pages = pages }

func (c *parquetColumn) end() {
	if c.pages != nil {
		c.free()
		c.pages.Close()
		c.pages, c.dict, c.values = nil, nil, nil
	}
}

// free gives the page back.
func (c *parquetColumn) free() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page, c.next = nil, nil
	}
}

// read adds the next n values.
func (c *parquetColumn) read(n int, to *column) error {
	to.Unsigned = c.kind.unsigned
	for n > 0 {
		if c.left == 0 {
			if err := c.turn(); err != nil {
				return err
			}
			continue
		}
		k := min(n, c.left)
		if err := c.next(k, to); err != nil {
			return err
		}
		c.left -= k
		n -= k
	}
	return nil
}

// turn goes on to the next page.
func (c *parquetColumn) turn() error {
	c.free()
	page, err := c.pages.ReadPage()
	if err == io.EOF {
		return fmt.Errorf("there are fewer values than rows: %w", io.ErrUnexpectedEOF)
	}
	if err != nil {
		return fmt.Errorf("reading Parquet: %w", err)
	}
	c.page, c.left = page, int(page.NumValues())
	data := page.Data()
	at := levels{of: page.DefinitionLevels()}
	if bytes.IndexByte(at.of, 0) < 0 {
		at.of = nil
	}
	switch dict := page.Dictionary(); {
	case dict != nil && data.Kind() == encoding.Int32 && (c.kind.isWhole() || c.kind.isText()):
		c.look(dict)
		c.next = c.codes(data.Int32(), &at)
	case dict != nil:
		c.next = c.any(page)
	case c.kind.isWhole() && data.Kind() == encoding.Int32:
		c.next = numbers(c, data.Int32(), &at)
	case c.kind.isWhole() && data.Kind() == encoding.Int64:
		c.next = numbers(c, data.Int64(), &at)
	case c.kind.isText() && data.Kind() == encoding.ByteArray:
		c.next = c.texts(&data, &at)
	case c.kind.text == nil && c.kind.kind == parquet.Double && data.Kind() == encoding.Double:
		c.next = doubles(data.Double(), &at)
	default:
		c.next = c.any(page)
	}
	return nil
}

// levels say which values of a page are null: those whose level is 0.
type levels struct {
	of []byte // nothing if none is
	i  int    // of the next value
	n  int    // of the next one that isn't null
}

// null goes on to the next value, and tells whether it is null. Otherwise it is
// that before n.
func (l *levels) null() bool {
	if len(l.of) > 0 {
		l.i++
		if l.of[l.i-1] == 0 {
			return true
		}
	}
	l.n++
	return false
}

// numbers adds whole numbers.
func numbers[V int32 | int64](c *parquetColumn, vs []V, at *levels) func(int, *column) error {
	return func(n int, to *column) error {
		if len(at.of) == 0 && c.kind.whole == nil && len(to.null) == 0 {
			for _, v := range vs[at.n : at.n+n] {
				to.Ints = append(to.Ints, int64(v))
			}
			at.n += n
			return nil
		}
		for range n {
			if at.null() {
				to.noNumber()
			} else {
				to.number(c.kind.number(int64(vs[at.n-1])))
			}
		}
		return nil
	}
}

func doubles(vs []float64, at *levels) func(int, *column) error {
	return func(n int, to *column) error {
		for range n {
			v := math.NaN()
			if !at.null() {
				v = vs[at.n-1]
			}
			to.Floats = append(to.Floats, v)
		}
		return nil
	}
}

func (c *parquetColumn) texts(data *encoding.Values, at *levels) func(int, *column) error {
	text, offsets := data.ByteArray()
	return func(n int, to *column) error {
		to.plain()
		for range n {
			if !at.null() {
				to.bytes(text[offsets[at.n-1]:offsets[at.n]], c.kind.address)
			}
			to.end()
		}
		return nil
	}
}

// look reads the dictionary, if that is not the one that has been read.
func (c *parquetColumn) look(dict parquet.Dictionary) {
	if c.dict == dict {
		return
	}
	c.dict, c.values = dict, new(column)
	for i := range dict.Len() {
		c.kind.add(dict.Index(int32(i)), c.values)
	}
}

var errNotIn = errors.New("the file is damaged: a value that its dictionary does not have")

// codes adds values of the dictionary.
func (c *parquetColumn) codes(codes []int32, at *levels) func(int, *column) error {
	ints, dict, size := c.values.Ints, &c.values.Texts, c.dict.Len()
	return func(n int, to *column) error {
		if to.err = c.values.err; to.err != nil {
			return nil
		}
		if len(at.of) == 0 && !c.kind.isWhole() && len(to.Ends) == 0 {
			to.Dict = dict
			for _, k := range codes[at.n : at.n+n] {
				if uint(k) >= uint(size) {
					return errNotIn
				}
				to.Codes = append(to.Codes, k)
			}
			at.n += n
			return nil
		}
		for range n {
			k := -1
			if !at.null() {
				if k = int(codes[at.n-1]); k < 0 || k >= size {
					return errNotIn
				}
			}
			switch {
			case !c.kind.isWhole():
				to.code(dict, k)
			case k < 0:
				to.noNumber()
			default:
				to.number(ints[k])
			}
		}
		return nil
	}
}

// any adds values of any kind, one after another.
func (c *parquetColumn) any(page parquet.Page) func(int, *column) error {
	var room [512]parquet.Value
	var buf []parquet.Value // of room, not added yet
	values := page.Values()
	return func(n int, to *column) error {
		if c.kind.isText() {
			to.plain()
		}
		for n > 0 {
			if len(buf) == 0 {
				k, err := values.ReadValues(room[:])
				if err != nil && err != io.EOF {
					return fmt.Errorf("reading Parquet: %w", err)
				}
				if k == 0 {
					return fmt.Errorf("a page ends early: %w", io.ErrUnexpectedEOF)
				}
				buf = room[:k]
			}
			k := min(n, len(buf))
			for _, v := range buf[:k] {
				c.kind.add(v, to)
			}
			buf, n = buf[k:], n-k
		}
		return nil
	}
}
