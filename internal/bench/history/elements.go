package history

import (
	"encoding/json"
	"iter"
	"slices"
	"sync"

	"gset/internal/bench/edn"
	"gset/internal/bench/rawjson"
)

// Elements are what a read of a set returned. Nearly always they are whole
// numbers; whatever else a node may put in is kept without loss, as far as a history has
// room for it. Elements do not change once they are made.
type Elements struct {
	ints runs // the whole numbers that fit 64 bits

	raw    json.RawMessage // the array as given, if it holds other things too
	others []string        // those, in canonical form
}

// NewElements returns elements that are whole numbers. It keeps no reference to the list.
func NewElements(ints ...int64) *Elements { return &Elements{ints: newRuns(slices.Clone(ints))} }

// scratch lends lists of numbers: a read may be long, and a test has many.
var scratch = sync.Pool{New: func() any { return new([]int64) }}

// maxScratch is the capacity of the longest list that is kept to be lent again.
const maxScratch = 1 << 20

// ParseElements reads an array, or null for an empty one.
func ParseElements(raw []byte) *Elements {
	e := &Elements{}
	if len(raw) == 0 || raw[0] != '[' {
		return e
	}
	list := scratch.Get().(*[]int64)
	ints := (*list)[:0]
	// The text has been scanned before: there is no error to expect.
	_ = rawjson.Elements(raw, func(value []byte) {
		if n, ok := rawjson.Int(value); ok {
			ints = append(ints, n)
		} else {
			e.others = append(e.others, rawjson.Canonical(value))
		}
	})
	e.ints = newRuns(ints)
	if e.others != nil {
		e.raw = slices.Clone(raw)
	}
	if cap(ints) <= maxScratch {
		*list = ints
		scratch.Put(list)
	}
	return e
}

// Ints iterates over the whole numbers that fit 64 bits. They come in the order given, but
// those of a long list without order come in ascending order.
func (e *Elements) Ints() iter.Seq[int64] { return e.ints.all() }

// Len returns the number of those whole numbers.
func (e *Elements) Len() int { return e.ints.count }

// Others returns what else was in the array, in canonical form. It must not be changed.
func (e *Elements) Others() []string { return e.others }

// forget drops what is no whole number.
func (e *Elements) forget() { e.raw, e.others = nil, nil }

func (e *Elements) String() string { return string(edn.Append(nil, e)) }

// AppendEDN writes the elements as a vector.
func (e *Elements) AppendEDN(dst []byte) []byte {
	if e.raw != nil {
		return edn.AppendJSON(dst, e.raw, false)
	}
	return e.ints.appendEDN(dst)
}
