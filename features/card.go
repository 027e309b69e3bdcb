package features

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/axiomhq/hyperloglog"
)

// A card counts distinct hashes in bounded memory: exactly up to exactUpTo,
// then by HyperLogLog (Flajolet et al. 2007; Ertl's and LogLog-Beta's
// corrections of small counts are the library's). What it holds depends on the
// hashes alone, not on their order nor on how parts were merged: the sketch
// begins at a number of hashes, and its registers are highest values.
type card struct {
	hashes []uint64 // ascending; nil once there is a sketch
	sketch *hyperloglog.Sketch
}

// registers is the number of registers of a sketch, a byte each.
const registers = 1 << 14

// add takes in a hash and returns by how many bytes c has grown.
func (c *card) add(h uint64) (grown int64) {
	if c.sketch != nil {
		c.sketch.InsertHash(h)
		return 0
	}
	i, found := slices.BinarySearch(c.hashes, h)
	if found {
		return 0
	}
	if len(c.hashes) == exactUpTo {
		grown = registers - c.bytes()
		c.toSketch()
		c.sketch.InsertHash(h)
		return grown
	}
	before := cap(c.hashes)
	c.hashes = slices.Insert(c.hashes, i, h)
	return 8 * int64(cap(c.hashes)-before)
}

func (c *card) toSketch() {
	c.sketch = hyperloglog.NewNoSparse()
	for _, h := range c.hashes {
		c.sketch.InsertHash(h)
	}
	c.hashes = nil
}

// merge takes in all that o has seen.
func (c *card) merge(o *card) (grown int64) {
	if o.sketch == nil {
		for _, h := range o.hashes {
			grown += c.add(h)
		}
		return grown
	}
	if c.sketch == nil {
		grown = registers - c.bytes()
		c.toSketch()
	}
	if err := c.sketch.Merge(o.sketch); err != nil {
		panic(err) // all have the same precision
	}
	return grown
}

// count returns the number of distinct hashes, about.
func (c *card) count() int64 {
	if c.sketch != nil {
		return int64(c.sketch.Estimate())
	}
	return int64(len(c.hashes))
}

func (c *card) bytes() int64 {
	if c.sketch != nil {
		return registers
	}
	return 8 * int64(cap(c.hashes))
}

// appendState appends the number of hashes and these; for a sketch, −1 and the
// library's encoding, which is one for the same registers.
func (c *card) appendState(dst []byte) []byte {
	if c.sketch == nil {
		dst = binary.AppendVarint(dst, int64(len(c.hashes)))
		for _, h := range c.hashes {
			dst = binary.LittleEndian.AppendUint64(dst, h)
		}
		return dst
	}
	dst, err := c.sketch.AppendBinary(binary.AppendVarint(dst, -1))
	if err != nil {
		panic(err) // its precision is one of those there are
	}
	return dst
}

func (c *card) mergeState(src []byte) (rest []byte, grown int64, err error) {
	n, src, err := varint(src)
	if err != nil {
		return src, 0, err
	}
	if n >= 0 {
		if n > exactUpTo || n > math.MaxInt64/8 || int64(len(src)) < 8*n {
			return src, 0, errState
		}
		for ; n > 0; n-- {
			grown += c.add(binary.LittleEndian.Uint64(src))
			src = src[8:]
		}
		return src, grown, nil
	}
	const size = 8 + registers
	var o card
	o.sketch = new(hyperloglog.Sketch)
	if len(src) < size || o.sketch.UnmarshalBinary(src[:size]) != nil {
		return src, 0, errState
	}
	return src[size:], c.merge(&o), nil
}
