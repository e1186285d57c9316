package crdt

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// MarshalJSON returns the elements as an array of strings in the order of All, each in
// base64 with padding (RFC 4648, section 4), as encoding/json writes a slice of slices of
// bytes. The elements are not written as text, because they are bytes: a JSON string cannot
// hold those that are no UTF-8, and readers differ in what they make of some that are. A nil
// set is null.
func (s *KeySet) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	b := []byte{'['}
	for element := range s.All() {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, element)
		b = append(b, '"')
	}
	return append(b, ']'), nil
}

// UnmarshalJSON replaces the elements by those of an array of strings in base64; the key
// stays. Order and duplicates do not matter. Anything else is an error which names it, and
// so is an element of more than MaxElement bytes. After an error the set is as it was.
func (s *KeySet) UnmarshalJSON(data []byte) error {
	if s == nil {
		return errors.New("crdt: KeySet: a nil set cannot be read into")
	}
	var texts []*string
	if err := json.Unmarshal(data, &texts); err != nil {
		return fmt.Errorf("crdt: KeySet: not a JSON array of strings: %w", err)
	}
	if texts == nil {
		return errors.New("crdt: KeySet: not a JSON array: null")
	}
	read := s.New()
	for i, text := range texts {
		if text == nil {
			return fmt.Errorf("crdt: KeySet: element %d: null", i)
		}
		element, err := base64.StdEncoding.Strict().DecodeString(*text)
		if err == nil && strings.ContainsAny(*text, "\r\n") { // which the decoder passes over
			err = errors.New("line break in base64 data")
		}
		if err == nil {
			err = checkElement(element)
		}
		if err != nil {
			return fmt.Errorf("crdt: KeySet: element %d: %w", i, err)
		}
		read.insert(element)
	}
	// The index of read is read's no more: a copy by assignment will do.
	s.digestCount, s.index, s.sketch = read.digestCount, read.index, nil
	s.digestHash.copyFrom(&read.digestHash)
	return nil
}
