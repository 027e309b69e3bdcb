package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// jsonMembers calls set with each member of the JSON object that b holds, in
// order: its key, and its value as it is written, without the quotes of a
// string, and nil for null. Both may be parts of b. If it returns an error, set
// may have been called with some members.
//
// What is right is cut up in one pass, without allocating; encoding/json says of
// the rest what is wrong.
func jsonMembers(b []byte, set func(key, value []byte)) error {
	b = bytes.Trim(b, " \t\r\n")
	if len(b) == 0 || b[0] != '{' {
		return &valueError{string(b), "a JSON object"}
	}
	if jsonObject(b, 0, 1, set) != len(b) {
		var v json.RawMessage
		return fmt.Errorf("not a whole JSON object: %w", json.Unmarshal(b, &v))
	}
	return nil
}

// jsonObject returns where the object (RFC 8259) ends that begins at b[i], which is
// the depth-th of those in each other, -1 if it is none. It calls set, if that is
// not nil, as jsonMembers does.
func jsonObject(b []byte, i, depth int, set func(key, value []byte)) int {
	if i = jsonSpace(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(b) || b[i] != '"' {
			return -1
		}
		end, plain := jsonString(b, i)
		if end < 0 {
			return -1
		}
		key, plainKey := b[i:end], plain
		if i = jsonSpace(b, end); i >= len(b) || b[i] != ':' {
			return -1
		}
		if i = jsonSpace(b, i+1); i < len(b) && b[i] == '"' {
			end, plain = jsonString(b, i)
		} else {
			end = jsonValue(b, i, depth)
		}
		if end < 0 {
			return -1
		}
		if set != nil {
			value := b[i:end]
			switch b[i] {
			case '"':
				value = jsonText(value, plain)
			case 'n':
				value = nil
			}
			set(jsonText(key, plainKey), value)
		}
		switch i = jsonSpace(b, end); {
		case i >= len(b):
			return -1
		case b[i] == '}':
			return i + 1
		case b[i] != ',':
			return -1
		}
		i = jsonSpace(b, i+1)
	}
}

// jsonArray is jsonObject for an array.
func jsonArray(b []byte, i, depth int) int {
	if i = jsonSpace(b, i+1); i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = jsonValue(b, i, depth); i < 0 {
			return -1
		}
		switch i = jsonSpace(b, i); {
		case i >= len(b):
			return -1
		case b[i] == ']':
			return i + 1
		case b[i] != ',':
			return -1
		}
		i = jsonSpace(b, i+1)
	}
}

// jsonSpace returns where, at i or behind it, what is no white space begins.
func jsonSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// The bytes of strings that are more than themselves.
const (
	jsonQuote = iota + 1
	jsonEscape
	jsonControl
	jsonWide // of a character that is not ASCII
)

var jsonClass = func() (c [256]uint8) {
	for i := range c {
		switch {
		case i < ' ':
			c[i] = jsonControl
		case i >= utf8.RuneSelf:
			c[i] = jsonWide
		}
	}
	c['"'], c['\\'] = jsonQuote, jsonEscape
	return c
}()

// jsonString returns where the string ends that begins at b[i], -1 if it is
// none, and whether it is what it holds, between its quotes.
func jsonString(b []byte, i int) (end int, plain bool) {
	plain = true
	for i++; i < len(b); i++ {
		switch jsonClass[b[i]] {
		case 0:
		case jsonQuote:
			return i + 1, plain
		case jsonControl:
			return -1, false
		case jsonWide:
			plain = false
		case jsonEscape:
			plain = false
			if i++; i >= len(b) {
				return -1, false
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for n := range 4 {
					if i+1+n >= len(b) || !isHex(b[i+1+n]) {
						return -1, false
					}
				}
				i += 4
			default:
				return -1, false
			}
		}
	}
	return -1, false
}

func isHex(c byte) bool { return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'f' }

// maxJSONDepth is how deep objects and arrays may be in each other; it is that
// of encoding/json.
const maxJSONDepth = 10_000

// jsonValue returns where the value ends that begins at b[i], in as many others
// as depth, -1 if it is none.
func jsonValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; {
	case c == '"':
		end, _ := jsonString(b, i)
		return end
	case c == '-' || c-'0' <= 9:
		return jsonNumber(b, i)
	case (c == '{' || c == '[') && depth >= maxJSONDepth:
		return -1
	case c == '{':
		return jsonObject(b, i, depth+1, nil)
	case c == '[':
		return jsonArray(b, i, depth+1)
	case c == 't':
		return jsonWord(b, i, "true")
	case c == 'f':
		return jsonWord(b, i, "false")
	case c == 'n':
		return jsonWord(b, i, "null")
	}
	return -1
}

func jsonWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// jsonNumber is jsonValue for a number.
func jsonNumber(b []byte, i int) int {
	digits := func() bool {
		from := i
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return -1
		}
	}
	return i
}

// jsonText returns what a string holds, which is what stands between its quotes
// if it is plain.
func jsonText(b []byte, plain bool) []byte {
	if plain || bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b) {
		return b[1 : len(b)-1]
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		panic("flow: " + err.Error()) // b is a string
	}
	return []byte(s)
}
