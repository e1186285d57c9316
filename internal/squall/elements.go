package squall

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Elements are what a read of a set returned. Nearly always they are whole
// numbers; whatever else a node may put in is kept without loss.
type Elements struct {
	Ints []int64 // the whole numbers that fit 64 bits, in the order given

	raw    json.RawMessage // the array as given, if it holds other things too
	others []string        // those, in canonical form
}

// parseElements reads an array, or null for an empty one.
func parseElements(raw []byte) *Elements {
	e := &Elements{}
	if len(raw) == 0 || raw[0] != '[' {
		return e
	}
	e.Ints = make([]int64, 0, bytes.Count(raw, []byte{','})+1)
	s := scanner{text: raw}
	// The text has been scanned before: there is no error to expect.
	_ = s.array(func(value []byte) {
		if n, ok := jsonInt(value); ok {
			e.Ints = append(e.Ints, n)
		} else {
			e.others = append(e.others, canonicalJSON(value))
		}
	})
	if e.others != nil {
		e.raw = slices.Clone(raw)
	}
	return e
}

// canonicalJSON returns text that is equal for equal values: members sorted,
// no spaces, numbers with a fraction or exponent as the nearest double.
func canonicalJSON(raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return string(raw)
	}
	canonicalNumbers(&v)
	text, err := json.Marshal(v)
	if err != nil {
		return string(raw)
	}
	return string(text)
}

func canonicalNumbers(v *any) {
	switch x := (*v).(type) {
	case json.Number:
		if strings.ContainsAny(string(x), ".eE") {
			if f, err := x.Float64(); err == nil {
				text := strconv.FormatFloat(f, 'e', -1, 64) // always has an exponent: 1 and 1.0 differ
				*v = json.Number(text)
			}
		}
	case []any:
		for i := range x {
			canonicalNumbers(&x[i])
		}
	case map[string]any:
		for key, member := range x {
			canonicalNumbers(&member)
			x[key] = member
		}
	}
}

func (e *Elements) String() string { return fmt.Sprint(string(appendEDN(nil, e))) }
