package history

import (
	"encoding/binary"
	"iter"
	"math"
	"slices"
	"strconv"
)

// runs is a list of numbers, written as runs of consecutive ones: a set that grows by 0, 1,
// 2, ... takes a few bytes however many numbers it has, where a test at a thousand
// operations a second would otherwise keep gigabytes of them.
//
// A run is the difference of its first number from the one after the last of the run before
// it, a signed varint, and one less than the number of its numbers, an unsigned one.
type runs struct {
	text  []byte
	count int // of numbers
}

// maxOrdered bounds the text of a list that is kept in its order, in bytes. A longer one is
// sorted.
const maxOrdered = 1 << 10

// newRuns writes a list, which it may sort.
func newRuns(list []int64) runs {
	text, whole := appendRuns(nil, list, maxOrdered)
	if !whole {
		if !slices.IsSorted(list) {
			slices.Sort(list)
		}
		text, _ = appendRuns(text[:0], list, math.MaxInt)
	}
	return runs{slices.Clip(text), len(list)}
}

// appendRuns writes a list to dst. It stops where the text is longer than limit, and whole
// is false.
func appendRuns(dst []byte, list []int64, limit int) (text []byte, whole bool) {
	next := int64(0)
	for i := 0; i < len(list); {
		if len(dst) > limit {
			return dst, false
		}
		first, length := list[i], 1
		for i+length < len(list) && list[i+length] == first+int64(length) && list[i+length] > first {
			length++
		}
		dst = binary.AppendVarint(dst, first-next) // may wrap around, and back again
		dst = binary.AppendUvarint(dst, uint64(length-1))
		next = first + int64(length)
		i += length
	}
	return dst, true
}

// each iterates over the runs: their first numbers, and how many each has.
func (r runs) each() iter.Seq2[int64, int] {
	return func(yield func(int64, int) bool) {
		next := int64(0)
		for text := r.text; len(text) > 0; {
			gap, n := binary.Varint(text)
			length, m := binary.Uvarint(text[n:])
			text = text[n+m:]
			first := next + gap
			next = first + int64(length) + 1
			if !yield(first, int(length)+1) {
				return
			}
		}
	}
}

// all iterates over the numbers.
func (r runs) all() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for first, length := range r.each() {
			for i := range int64(length) {
				if !yield(first + i) {
					return
				}
			}
		}
	}
}

// appendEDN writes the numbers as a vector.
func (r runs) appendEDN(dst []byte) []byte {
	dst = append(dst, '[')
	for n := range r.all() {
		dst = append(strconv.AppendInt(dst, n, 10), ' ')
	}
	if r.count > 0 {
		dst = dst[:len(dst)-1]
	}
	return append(dst, ']')
}

// appendRanges writes the runs as a vector of first and last numbers.
func (r runs) appendRanges(dst []byte) []byte {
	dst = append(dst, '[')
	for first, length := range r.each() {
		dst = strconv.AppendInt(append(dst, '['), first, 10)
		dst = strconv.AppendInt(append(dst, ' '), first+int64(length)-1, 10)
		dst = append(dst, ']', ' ')
	}
	if r.count > 0 {
		dst = dst[:len(dst)-1]
	}
	return append(dst, ']')
}
