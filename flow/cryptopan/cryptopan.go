// Package cryptopan replaces addresses by others that keep their prefixes:
// two addresses that share their first k bits, and no more, become two that
// share their first k bits, and no more. The same key gives the same addresses
// in every file, and without it they can't be turned back.
//
// It is Crypto-PAn (Xu, Fan, Ammar & Moon, "Prefix-Preserving IP Address
// Anonymization", ICNP 2002) with AES-128. Addresses alone are replaced. Who
// knows when something was sent, how much, and on which ports, can still find
// it among the records, and from it the prefixes of others: what is made so is
// for those who would not try.
package cryptopan

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"

	"toolkit/flow"
)

// KeySize is the length of a key in bytes: 16 for AES, and 16 that addresses
// are padded with.
const KeySize = 32

// An Anonymizer replaces addresses by one key. It is not safe for concurrent
// use.
type Anonymizer struct {
	aes cipher.Block
	pad [16]byte

	// Of the work on an address: passing slices of local arrays to the cipher
	// would allocate them anew each time.
	in, out [16]byte
}

// New returns an Anonymizer by key.
func New(key [KeySize]byte) *Anonymizer {
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		panic(err) // 16 bytes are a key
	}
	a := &Anonymizer{aes: block}
	block.Encrypt(a.pad[:], key[16:])
	return a
}

// ErrKey is returned for what is no key.
var ErrKey = errors.New("not a key: want 32 bytes, or 64 hexadecimal digits")

// ParseKey reads a key as files hold it: 32 bytes as they are, or 64
// hexadecimal digits, after which a line may end, and before which 0x may
// stand.
func ParseKey(data []byte) (key [KeySize]byte, err error) {
	if len(data) == KeySize {
		return [KeySize]byte(data), nil
	}
	text := strings.TrimPrefix(strings.TrimSpace(string(data)), "0x")
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != KeySize {
		return key, ErrKey
	}
	return [KeySize]byte(b), nil
}

// Addr returns the address that stands for addr, of the same family. It costs
// a block of AES for each bit, about a microsecond for IPv4.
func (a *Anonymizer) Addr(addr netip.Addr) netip.Addr {
	var orig, result [16]byte
	n := addr.BitLen() / 8
	copy(orig[:], addr.AsSlice())
	a.in = a.pad
	for bit := range 8 * n {
		// The first bits of the address, then those of the padding.
		a.aes.Encrypt(a.out[:], a.in[:])
		result[bit/8] |= a.out[0] >> 7 << (7 - bit%8)
		mask := byte(1) << (7 - bit%8)
		a.in[bit/8] = a.in[bit/8]&^mask | orig[bit/8]&mask
	}
	for i := range n {
		result[i] ^= orig[i]
	}
	to, _ := netip.AddrFromSlice(result[:n])
	return to
}

// Source yields the records of src, whose addresses are numbers in from, with
// addresses replaced, which are numbers in to. Everything else of them stays.
func (a *Anonymizer) Source(src flow.Source, from, to *flow.Hosts) flow.Source {
	return func(yield func(*flow.Batch, error) bool) {
		var of []flow.Host // the numbers in to, by those in from
		var srcs, dsts []flow.Host
		for b, err := range src {
			if b == nil || err != nil {
				if !yield(b, err) {
					return
				}
				continue
			}
			for h := len(of); h < from.Len(); h++ {
				of = append(of, to.Of(a.Addr(from.Addr(flow.Host(h)))))
			}
			c := *b
			srcs, dsts = srcs[:0], dsts[:0]
			for i := range b.Src {
				srcs, dsts = append(srcs, of[b.Src[i]]), append(dsts, of[b.Dst[i]])
			}
			c.Src, c.Dst, c.Hosts = srcs, dsts, to
			if !yield(&c, nil) {
				return
			}
		}
	}
}
