package crdt

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// MarshalJSON returns the elements as an array of integers in ascending order: [] if there are
// none, and null for a nil set. It takes some bytes an element, many times the binary form of
// a dense set.
func (s *GSet) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	b := []byte{'['}
	for x := range s.All() {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, x, 10)
	}
	return append(b, ']'), nil
}

// UnmarshalJSON replaces the elements by those of an array of integers; the key stays. Order and
// duplicates do not matter. Every element must be an integer literal that fits an int64;
// a fraction, an exponent, a string or null is an error that names it. After an error the set is
// unchanged.
func (s *GSet) UnmarshalJSON(data []byte) error {
	if s == nil {
		return errors.New("crdt: GSet: a nil set cannot be read into")
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil {
		return fmt.Errorf("crdt: GSet: not a JSON array: %w", err)
	}
	if elements == nil {
		return errors.New("crdt: GSet: not a JSON array: null")
	}
	read := s.New()
	read.hash.forget()
	for i, raw := range elements {
		x, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			const shown = 40
			if len(raw) > shown {
				raw = append(raw[:shown:shown], "..."...)
			}
			return fmt.Errorf("crdt: GSet: element %d: %s is not an integer of 64 bits", i, raw)
		}
		read.Insert(x)
	}
	// The index of read is read's no more: a copy by assignment will do.
	s.count, s.pages, s.sketch = read.count, read.pages, nil
	s.hash.copyFrom(&read.hash)
	return nil
}
