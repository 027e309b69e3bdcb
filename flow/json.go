package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// jsonMembers calls set with each member of the JSON object that b holds, in
// order: its key, and its value as it is written, without the quotes of a
// string, and nil for null. Both may be parts of b.
//
// encoding/json says whether b is right; what is right is quickly cut up.
func jsonMembers(b []byte, set func(key, value []byte)) error {
	b = bytes.Trim(b, " \t\r\n")
	if len(b) == 0 || b[0] != '{' {
		return &valueError{string(b), "a JSON object"}
	}
	if !json.Valid(b) {
		var v json.RawMessage
		return fmt.Errorf("not a whole JSON object: %w", json.Unmarshal(b, &v))
	}
	for i := 1; ; {
		for b[i] == ',' || isJSONSpace(b[i]) {
			i++
		}
		if b[i] == '}' {
			return nil
		}
		end := jsonEnd(b, i)
		key := jsonText(b[i:end])
		for i = end; b[i] == ':' || isJSONSpace(b[i]); i++ {
		}
		end = jsonEnd(b, i)
		set(key, jsonText(b[i:end]))
		i = end
	}
}

func isJSONSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// jsonEnd returns where the value ends that begins at b[i], inside an object.
func jsonEnd(b []byte, i int) int {
	for depth := 0; ; i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
}

// jsonText returns what a string holds, nil for null, and other values as
// they are.
func jsonText(b []byte) []byte {
	switch {
	case string(b) == "null":
		return nil
	case b[0] != '"':
		return b
	case bytes.IndexByte(b, '\\') < 0 && utf8.Valid(b):
		return b[1 : len(b)-1]
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		panic("flow: " + err.Error()) // b is valid
	}
	return []byte(s)
}
