// Package rawjson scans JSON text once and copies nothing. It is as strict as encoding/json;
// values stay the raw text that a node printed, so that nothing is lost of what it said.
package rawjson

import (
	"encoding/json"
	"errors"
	"fmt"
)

// maxJSONDepth bounds the nesting of a message, so that a hostile line cannot
// exhaust the stack. encoding/json has the same limit.
const maxJSONDepth = 10000

var errJSONDepth = errors.New("nested too deeply")

// Field is one member of a JSON object. Both slices point into the scanned
// text, except that a key written with escapes is decoded into its own memory.
type Field struct {
	Key   []byte // decoded
	Value []byte // raw JSON, without surrounding space
}

// scanner walks JSON text once, checking it as strictly as encoding/json does
// and copying nothing. A scanner is a value: use it and forget it.
type scanner struct {
	text  []byte
	at    int
	depth int
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\r', '\n':
			s.at++
		default:
			return
		}
	}
}

// peek returns the next byte, or 0 at the end of the text.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *scanner) fail(want string) error {
	if s.at >= len(s.text) {
		return fmt.Errorf("the text ends at byte %d, where %s should be", s.at, want)
	}
	return fmt.Errorf("byte %d is %q, where %s should be", s.at, s.text[s.at], want)
}

// value scans one value and returns its text.
func (s *scanner) value() ([]byte, error) {
	start := s.at
	var err error
	switch c := s.peek(); {
	case c == '"':
		_, _, err = s.str()
	case c == '{':
		err = s.object(nil)
	case c == '[':
		err = s.array(nil)
	case c == '-' || '0' <= c && c <= '9':
		err = s.number()
	case c == 't':
		err = s.literal("true")
	case c == 'f':
		err = s.literal("false")
	case c == 'n':
		err = s.literal("null")
	default:
		err = s.fail("a value")
	}
	return s.text[start:s.at], err
}

func (s *scanner) literal(word string) error {
	for i := range len(word) {
		if s.peek() != word[i] {
			return s.fail(word)
		}
		s.at++
	}
	return nil
}

func (s *scanner) digits() error {
	if c := s.peek(); c < '0' || c > '9' {
		return s.fail("a digit")
	}
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.at++
	}
	return nil
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if err := s.digits(); err != nil {
		return err
	}
	if s.peek() == '.' {
		s.at++
		if err := s.digits(); err != nil {
			return err
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		return s.digits()
	}
	return nil
}

// str scans a string and returns the text between its quotes, and whether
// that text has escapes.
func (s *scanner) str() (inner []byte, escaped bool, err error) {
	if s.peek() != '"' {
		return nil, false, s.fail("a string")
	}
	s.at++
	start := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return s.text[start : s.at-1], escaped, nil
		case c == '\\':
			escaped = true
			s.at++
			if err := s.escape(); err != nil {
				return nil, false, err
			}
		case c < ' ':
			return nil, false, s.fail("a character that is not a control character")
		default:
			s.at++
		}
	}
	return nil, false, s.fail("the end of a string")
}

// escape scans what follows a backslash.
func (s *scanner) escape() error {
	switch s.peek() {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return nil
	case 'u':
		s.at++
		for range 4 {
			c := s.peek()
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
				return s.fail("a hexadecimal digit")
			}
			s.at++
		}
		return nil
	}
	return s.fail("an escape")
}

// object scans an object and hands each member to visit, if there is one.
func (s *scanner) object(visit func(key, value []byte)) error {
	if s.peek() != '{' {
		return s.fail("an object")
	}
	if s.depth++; s.depth > maxJSONDepth {
		return errJSONDepth
	}
	s.at++
	s.space()
	if s.peek() == '}' {
		s.at++
		s.depth--
		return nil
	}
	for {
		if err := s.member(visit); err != nil {
			return err
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
			s.space()
		case '}':
			s.at++
			s.depth--
			return nil
		default:
			return s.fail("a comma or the end of an object")
		}
	}
}

// member scans a member of an object and hands it to visit, if there is one.
func (s *scanner) member(visit func(key, value []byte)) error {
	key, escaped, err := s.str()
	if err != nil {
		return err
	}
	s.space()
	if s.peek() != ':' {
		return s.fail("a colon")
	}
	s.at++
	s.space()
	value, err := s.value()
	if err != nil || visit == nil {
		return err
	}
	if escaped {
		key = Unescape(key)
	}
	visit(key, value)
	return nil
}

// array scans an array and hands each element to visit, if there is one.
func (s *scanner) array(visit func(value []byte)) error {
	if s.peek() != '[' {
		return s.fail("an array")
	}
	if s.depth++; s.depth > maxJSONDepth {
		return errJSONDepth
	}
	s.at++
	s.space()
	if s.peek() == ']' {
		s.at++
		s.depth--
		return nil
	}
	for {
		value, err := s.value()
		if err != nil {
			return err
		}
		if visit != nil {
			visit(value)
		}
		s.space()
		switch s.peek() {
		case ',':
			s.at++
			s.space()
		case ']':
			s.at++
			s.depth--
			return nil
		default:
			return s.fail("a comma or the end of an array")
		}
	}
}

// Unescape decodes the text between the quotes of a scanned string.
func Unescape(inner []byte) []byte {
	quoted := make([]byte, 0, len(inner)+2)
	quoted = append(append(append(quoted, '"'), inner...), '"')
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return inner // cannot happen: the scanner has accepted it
	}
	return []byte(s)
}

// fewFields is up to how many members an object's are compared one by one to find those
// whose keys are equal. An object with more is a rare one.
const fewFields = 32

// Fields appends the members of the object that text holds to dst. Where a key is repeated
// the last one counts, as in most JSON parsers, and repeated is set.
func Fields(dst []Field, text []byte) (fields []Field, repeated bool, err error) {
	base := len(dst)
	var places map[string]int // by key, once there are many
	place := func(key []byte) (int, bool) {
		if places != nil {
			i, ok := places[string(key)]
			return i, ok
		}
		for i := base; i < len(dst); i++ {
			if string(dst[i].Key) == string(key) {
				return i, true
			}
		}
		return 0, false
	}
	_, err = Members(text, func(key, value []byte) {
		if i, ok := place(key); ok {
			dst[i].Value, repeated = value, true
			return
		}
		dst = append(dst, Field{key, value})
		switch n := len(dst) - base; {
		case places != nil:
			places[string(key)] = len(dst) - 1
		case n > fewFields:
			places = make(map[string]int, 2*n)
			for i := base; i < len(dst); i++ {
				places[string(dst[i].Key)] = i
			}
		}
	})
	return dst, repeated, err
}

// String decodes raw as a JSON string.
func String(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	inner := raw[1 : len(raw)-1]
	for _, c := range inner {
		if c == '\\' {
			return string(Unescape(inner)), true
		}
	}
	return string(inner), true
}

// IsInt tells whether raw, a scanned value, is a whole number of any size.
func IsInt(raw []byte) bool {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return false
	}
	for _, c := range raw {
		if c == '.' || c == 'e' || c == 'E' {
			return false
		}
	}
	return true
}

// Int decodes raw as a whole number that fits 64 bits.
func Int(raw []byte) (n int64, ok bool) {
	i, negative := 0, false
	if len(raw) > 0 && raw[0] == '-' {
		i, negative = 1, true
	}
	if i == len(raw) || len(raw)-i > 19 {
		return 0, false
	}
	var u uint64
	for ; i < len(raw); i++ {
		if raw[i] < '0' || raw[i] > '9' {
			return 0, false
		}
		u = u*10 + uint64(raw[i]-'0') // 19 digits fit 64 bits
	}
	switch {
	case negative && u <= 1<<63:
		return -int64(u), true
	case !negative && u < 1<<63:
		return int64(u), true
	}
	return 0, false
}

// Lookup returns the raw value of the member with the given key, nil if there is none.
func Lookup(fields []Field, key string) []byte {
	for i := range fields {
		if string(fields[i].Key) == key {
			return fields[i].Value
		}
	}
	return nil
}

// Members hands each member of the object that text begins with to visit, and returns what
// follows the object.
func Members(text []byte, visit func(key, value []byte)) (rest []byte, err error) {
	s := scanner{text: text}
	s.space()
	err = s.object(visit)
	return s.text[s.at:], err
}

// Elements hands each element of the array that text begins with to visit.
func Elements(text []byte, visit func(value []byte)) error {
	s := scanner{text: text}
	s.space()
	return s.array(visit)
}

// First returns the value that text begins with, and what follows it.
func First(text []byte) (value, rest []byte, err error) {
	s := scanner{text: text}
	s.space()
	value, err = s.value()
	return value, s.text[s.at:], err
}
