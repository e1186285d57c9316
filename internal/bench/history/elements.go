package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"gset/internal/bench/edn"
	"gset/internal/bench/rawjson"
)

// Elements are what a read of a set returned. Nearly always they are whole
// numbers; whatever else a node may put in is kept without loss.
type Elements struct {
	Ints []int64 // the whole numbers that fit 64 bits, in the order given

	raw    json.RawMessage // the array as given, if it holds other things too
	Others []string        // those, in canonical form
}

// ParseElements reads an array, or null for an empty one.
func ParseElements(raw []byte) *Elements {
	e := &Elements{}
	if len(raw) == 0 || raw[0] != '[' {
		return e
	}
	e.Ints = make([]int64, 0, bytes.Count(raw, []byte{','})+1)
	// The text has been scanned before: there is no error to expect.
	_ = rawjson.Elements(raw, func(value []byte) {
		if n, ok := rawjson.Int(value); ok {
			e.Ints = append(e.Ints, n)
		} else {
			e.Others = append(e.Others, rawjson.Canonical(value))
		}
	})
	if e.Others != nil {
		e.raw = slices.Clone(raw)
	}
	return e
}

func (e *Elements) String() string { return fmt.Sprint(string(edn.Append(nil, e))) }

// AppendEDN writes the elements as a vector.
func (e *Elements) AppendEDN(dst []byte) []byte {
	if e.raw != nil {
		return edn.AppendJSON(dst, e.raw, false)
	}
	dst = append(dst, '[')
	for i, n := range e.Ints {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, n, 10)
	}
	return append(dst, ']')
}
