package checker

import (
	"fmt"
	"strings"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// MissingRead is a final read that lacks elements which were known before it began. Set-full
// alone hides them: an element is stable as long as some later read shows it.
type MissingRead struct {
	Read  *history.Op // its completion
	Count int         // of elements that it lacks
	First []int64     // the least of them, at most maxFirst
}

// maxFirst is how many of the elements that a read lacks are kept.
const maxFirst = 8

// Trace says what a history knows of one element.
type Trace struct {
	Value      int64
	Write      *history.Op // the invocation
	Known      *history.Op // the completion of the write or of a read that saw the element; nil: none
	LastAbsent *history.Op // the invocation of the last read that missed it; nil: none did
}

// Evidence tells more of the first elements of each kind of failure.
type Evidence struct {
	Lost, NeverRead []Trace                // at most maxTraces
	DuplicateReads  map[string]*history.Op // the read that first showed each duplicate
}

// maxTraces is how many elements of a kind are traced.
const maxTraces = 8

func (e *element) trace() Trace { return Trace{e.value, e.write, e.known, e.lastAbsent} }

// traceElements keeps traces of the first elements that were lost, and of those never read.
func (r *Set) traceElements(elements []*element) {
	for _, e := range elements {
		switch {
		case e.stable():
		case e.lost():
			if len(r.Evidence.Lost) < maxTraces {
				r.Evidence.Lost = append(r.Evidence.Lost, e.trace())
			}
		case len(r.Evidence.NeverRead) < maxTraces:
			r.Evidence.NeverRead = append(r.Evidence.NeverRead, e.trace())
		}
	}
}

// findMissing looks at the final reads for elements, which are in order, that were known before.
func (r *Set) findMissing(h *history.History, elements []*element) {
	missing := make(map[int64]bool)
	for op := range h.All() {
		read, ok := op.Value.(*history.Elements)
		if !op.Final || op.Type != history.OK || !ok {
			continue
		}
		held := make(map[int64]bool, read.Len())
		for value := range read.Ints() {
			held[value] = true
		}
		m := MissingRead{Read: op}
		for _, e := range elements {
			if e.known == nil || e.known.Index > op.Began || held[e.value] {
				continue
			}
			if m.Count++; len(m.First) < maxFirst {
				m.First = append(m.First, e.value)
			}
			missing[e.value] = true
		}
		if m.Count > 0 {
			r.Missing = append(r.Missing, m)
		}
	}
	r.MissingCount = len(missing)
}

// missingObjection is a sentence about elements that are missing at the end; "" if none are.
func (r *Set) missingObjection() string {
	if r.MissingCount == 0 {
		return ""
	}
	var reads []string
	for _, m := range r.Missing[:min(maxShown, len(r.Missing))] {
		reads = append(reads, fmt.Sprintf("of process %d (%d)", m.Read.Process, m.Count))
	}
	text := strings.Join(reads, ", ")
	if more := len(r.Missing) - len(reads); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%d values are missing from final reads: %s; Jepsen's checker passes those that a later read shows", r.MissingCount, text)
}

// missingEDN is what the final reads lack, by the index of the read.
func (r *Set) missingEDN() edn.Map {
	reads := edn.List{}
	for _, m := range r.Missing {
		reads = append(reads, edn.Map{
			{edn.Keyword("index"), m.Read.Index},
			{edn.Keyword("process"), m.Read.Process},
			{edn.Keyword("count"), m.Count},
			{edn.Keyword("first"), intList(m.First)},
		})
	}
	return edn.Map{{edn.Keyword("count"), r.MissingCount}, {edn.Keyword("final-reads"), reads}}
}
