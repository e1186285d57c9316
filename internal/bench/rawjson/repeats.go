package rawjson

import (
	"bytes"
	"cmp"
	"slices"
)

// member is where a member of an object begins, and its key, decoded.
type member struct {
	key   []byte
	start int
}

// span is a part of a text.
type span struct{ from, to int }

// WithoutRepeats returns a scanned value without the members, at any depth, whose key a later
// member of their object has too, as parsers see it for which the last one counts. It returns
// the text itself if there are none. It takes time linear in the text, but for sorting the keys
// of objects whose keys are in no order.
func WithoutRepeats(text []byte) []byte {
	w := repeats{text: text}
	w.walk()
	if w.drop == nil {
		return text
	}
	slices.SortFunc(w.drop, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	kept, at := make([]byte, 0, len(text)), 0
	for _, s := range w.drop {
		if s.from >= at { // and not within a member that is dropped
			kept = append(kept, text[at:s.from]...)
			at = s.to
		}
	}
	return append(kept, text[at:]...)
}

// repeats walks a text for keys that are repeated.
type repeats struct {
	text    []byte
	open    []int    // where the members of each open object begin in members; -1 for an array
	members []member // of the open objects
	drop    []span
}

func (w *repeats) walk() {
	key := false // the next string is a key
	for i := 0; i < len(w.text); i++ {
		switch w.text[i] {
		case '{':
			w.open, key = append(w.open, len(w.members)), true
		case '[':
			w.open, key = append(w.open, -1), false
		case '}':
			w.closed()
			w.open = w.open[:len(w.open)-1]
		case ']':
			w.open = w.open[:len(w.open)-1]
		case ',':
			key = w.open[len(w.open)-1] >= 0
		case '"':
			end := StringEnd(w.text, i+1)
			if key {
				inner := w.text[i+1 : end]
				if bytes.IndexByte(inner, '\\') >= 0 {
					inner = Unescape(inner)
				}
				w.members, key = append(w.members, member{inner, i}), false
			}
			i = end
		}
	}
}

// closed looks at the members of an object that ends.
func (w *repeats) closed() {
	first := w.open[len(w.open)-1]
	list := w.members[first:]
	w.members = w.members[:first]
	ascending := true // as most programs write maps that they do not build member by member
	for i := 1; i < len(list) && ascending; i++ {
		ascending = bytes.Compare(list[i-1].key, list[i].key) < 0
	}
	if ascending {
		return
	}
	if w.few(list) {
		return
	}
	w.sorted(list)
}

// few drops the repeated members of an object that has not many, and tells whether it has not.
func (w *repeats) few(list []member) bool {
	if len(list) > fewFields {
		return false
	}
	for i := range list {
		for j := i + 1; j < len(list); j++ {
			if bytes.Equal(list[i].key, list[j].key) {
				w.drop = append(w.drop, span{list[i].start, list[i+1].start})
				break
			}
		}
	}
	return true
}

// sorted drops the repeated members of an object.
func (w *repeats) sorted(list []member) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(bytes.Compare(list[a].key, list[b].key), cmp.Compare(a, b)) })
	for k := 1; k < len(order); k++ {
		if i := order[k-1]; bytes.Equal(list[i].key, list[order[k]].key) {
			w.drop = append(w.drop, span{list[i].start, list[i+1].start})
		}
	}
}
