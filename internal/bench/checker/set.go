package checker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/quantile"
	"gset/internal/bench/rawjson"
)

// Set is the verdict on a set that only grows and must come to hold
// everything acknowledged at every node (the semantics of Jepsen's set-full).
//
// An element is known from the completion of its write or of the first read
// that saw it, whichever comes first. Of the ok reads completed after its
// write began, the one invoked last that saw it is its last presence, the one
// invoked last that did not its last absence. An element is stable if the last
// presence was invoked after the last absence; lost if it is known, and the
// last absence was invoked after both the last presence and the moment it
// became known; and never read otherwise.
type Set struct {
	Valid Validity

	AttemptCount int
	StableCount  int
	Lost         []int64
	NeverRead    []int64
	Stale        []int64 // stable, but only some time after they were known
	WorstStale   []StaleElement

	// StableLatencies says how long, from when they were known, elements could
	// still be absent from a read; LostLatencies how long lost elements could
	// still be present. Nil if there are no such elements.
	StableLatencies *Quantiles
	LostLatencies   *Quantiles

	// Elements are all that clients tried to add, in the order of their values.
	Elements []ElementOutcome

	// Duplicates maps what a read returned more than once, as it was written, to how often
	// at most. Valid does not depend on it: Jepsen's set-full looks for duplicates and, up to
	// 0.3.7 at least, finds none.
	Duplicates map[string]int

	// Missing are the final reads that lack elements known before them, MissingCount how many
	// elements those are. Valid does not depend on them.
	Missing      []MissingRead
	MissingCount int

	Evidence Evidence
}

// Outcome is what became of an element.
type Outcome uint8

// The outcomes of elements; see [Set].
const (
	Stable Outcome = iota
	Lost
	NeverRead
)

// ElementOutcome is an element and what became of it.
type ElementOutcome struct {
	Value   int64
	Outcome Outcome
	Known   *history.Op   // nil if it never was
	Latency time.Duration // stable latency in whole milliseconds; 0 unless it is stable
}

// StaleElement describes an element that took long to become stable.
type StaleElement struct {
	Element       int64
	StableLatency int64 // whole milliseconds
	Known         *history.Op
	LastAbsent    *history.Op
}

// maxWorstStale is how many of the worst stale elements are described.
const maxWorstStale = 8

// maxShown is how many values a sentence names.
const maxShown = 5

// Objections implements [Result]: elements missing at the end, and duplicates.
func (r *Set) Objections() []string {
	var objections []string
	if missing := r.missingObjection(); missing != "" {
		objections = append(objections, missing)
	}
	if len(r.Duplicates) == 0 {
		return objections
	}
	sorted := slices.SortedFunc(maps.Keys(r.Duplicates), compareElements)
	var named []string
	for _, value := range sorted[:min(maxShown, len(sorted))] {
		named = append(named, fmt.Sprintf("%s (%d times)", rawjson.Clip([]byte(value)), r.Duplicates[value]))
	}
	text := strings.Join(named, ", ")
	if more := len(sorted) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return append(objections, "reads returned values more than once: "+text+"; Jepsen's checker does not see this")
}

// Validity implements [WorkloadResult].
func (r *Set) Validity() Validity { return r.Valid }

// element is what is known of an element while its history is read.
type element struct {
	value       int64
	write       *history.Op // the invocation
	known       *history.Op // a completion
	lastPresent *history.Op // an invocation
	lastAbsent  *history.Op // an invocation
	seenBy      int         // index of the read being counted, if it saw the element
}

// CheckSet judges a history of operations add, whose values are elements, and
// read, whose values are what it returned.
func CheckSet(h *history.History, add, read string) *Set {
	r := newReader()
	for op := range h.All() {
		switch {
		case op.Process == history.Nemesis:
		case op.F == add && op.Type == history.Invoke:
			r.begin(op)
		case op.F == add && op.Type == history.OK:
			if e := r.find(op.Value.(int64)); e.known == nil {
				e.known = op
			}
		case op.F == read && op.Type == history.OK:
			r.read(op, h.At(op.Began))
		}
	}
	slices.SortFunc(r.elements, func(a, b *element) int { return cmp.Compare(a.value, b.value) })
	set := sumUpElements(r.elements)
	set.Duplicates, set.Evidence.DuplicateReads = r.duplicated, r.firstRead
	set.traceElements(r.elements)
	set.findMissing(h, r.elements)
	return set
}

// reader reads a history for what becomes of its elements.
type reader struct {
	elements   []*element
	byValue    map[int64]*element
	duplicated map[string]int         // how often at most a read returned an element
	firstRead  map[string]*history.Op // that did so more than once
}

func newReader() *reader {
	return &reader{byValue: make(map[int64]*element), duplicated: make(map[string]int), firstRead: make(map[string]*history.Op)}
}

// begin notes that an element's write was invoked.
func (r *reader) begin(write *history.Op) {
	e := &element{value: write.Value.(int64), write: write, seenBy: -1}
	r.elements = append(r.elements, e)
	r.byValue[e.value] = e
}

// find returns the element of a value; nil if nobody has begun to write it.
func (r *reader) find(value int64) *element {
	// Elements are nearly always 0, 1, 2, ... in this order.
	if value >= 0 && value < int64(len(r.elements)) && r.elements[value].value == value {
		return r.elements[value]
	}
	return r.byValue[value]
}

// read notes which of the elements written so far a read returned, and which it did not.
func (r *reader) read(op, invoked *history.Op) {
	seen := op.Value.(*history.Elements)
	strange, twice := len(seen.Others()), false // strange: nobody's write so far
	for value := range seen.Ints() {
		if e := r.find(value); e != nil {
			twice = twice || e.seenBy == op.Index
			e.seenBy = op.Index
		} else {
			strange++
		}
	}
	if twice || strange > 1 {
		countDuplicates(seen, r.duplicated, func(value string) {
			if r.firstRead[value] == nil {
				r.firstRead[value] = op
			}
		})
	}
	for _, e := range r.elements {
		if e.seenBy != op.Index {
			e.lastAbsent = later(e.lastAbsent, invoked)
			continue
		}
		if e.known == nil {
			e.known = op
		}
		e.lastPresent = later(e.lastPresent, invoked)
	}
}

// later returns the operation that comes later in the history. a may be nil.
func later(a, b *history.Op) *history.Op {
	if a == nil || a.Index < b.Index {
		return b
	}
	return a
}

// index is an operation's place in the history, before all others if it is nil.
func index(op *history.Op) int {
	if op == nil {
		return -1
	}
	return op.Index
}

func (e *element) stable() bool {
	return e.lastPresent != nil && index(e.lastAbsent) < e.lastPresent.Index
}

func (e *element) lost() bool {
	return e.known != nil && e.lastAbsent != nil &&
		index(e.lastPresent) < e.lastAbsent.Index && e.known.Index < e.lastAbsent.Index
}

// latency is the time from when the element was known until just after until,
// in whole milliseconds, and not negative.
func (e *element) latency(until *history.Op) int64 {
	if until == nil {
		return 0
	}
	return max(0, int64((until.Time+1-e.known.Time)/time.Millisecond))
}

func sumUpElements(elements []*element) *Set {
	r := &Set{AttemptCount: len(elements)}
	var stable, lost []int64
	for _, e := range elements {
		outcome := ElementOutcome{Value: e.value, Known: e.known, Outcome: NeverRead}
		switch {
		case e.stable():
			r.StableCount++
			ms := e.latency(e.lastAbsent)
			stable = append(stable, ms)
			outcome.Outcome, outcome.Latency = Stable, time.Duration(ms)*time.Millisecond
			if ms > 0 {
				r.Stale = append(r.Stale, e.value)
				r.WorstStale = append(r.WorstStale, StaleElement{e.value, ms, e.known, e.lastAbsent})
			}
		case e.lost():
			r.Lost = append(r.Lost, e.value)
			lost = append(lost, e.latency(e.lastPresent))
			outcome.Outcome = Lost
		default:
			r.NeverRead = append(r.NeverRead, e.value)
		}
		r.Elements = append(r.Elements, outcome)
	}
	// Worst first; of equal ones the greatest element first.
	slices.Reverse(r.WorstStale)
	slices.SortStableFunc(r.WorstStale, func(a, b StaleElement) int { return cmp.Compare(b.StableLatency, a.StableLatency) })
	r.WorstStale = slices.Clip(r.WorstStale[:min(maxWorstStale, len(r.WorstStale))])
	r.StableLatencies, r.LostLatencies = quantiles(stable), quantiles(lost)
	switch {
	case len(r.Lost) > 0:
		r.Valid = Invalid
	case r.StableCount == 0:
		r.Valid = Unknown
	}
	return r
}

// countDuplicates raises counts to how often the elements occur, for those
// that occur more than once, and names each of those to found.
func countDuplicates(e *history.Elements, counts map[string]int, found func(value string)) {
	raise := func(value string, times int) {
		found(value)
		counts[value] = max(counts[value], times)
	}
	sorted := slices.Sorted(e.Ints())
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		if j-i > 1 {
			raise(strconv.FormatInt(sorted[i], 10), j-i)
		}
		i = j
	}
	times := make(map[string]int)
	for _, value := range e.Others() {
		if times[value]++; times[value] > 1 {
			raise(value, times[value])
		}
	}
}

// Quantiles sum up latencies in whole milliseconds.
type Quantiles struct {
	Min, Median, P95, P99, Max int64
}

// quantiles sums up a list, which it sorts; nil if it is empty.
func quantiles(ms []int64) *Quantiles {
	if len(ms) == 0 {
		return nil
	}
	slices.Sort(ms)
	at := func(q float64) int64 { return quantile.At(ms, q) }
	return &Quantiles{at(0), at(0.5), at(0.95), at(0.99), at(1)}
}

func (q *Quantiles) edn() edn.Map {
	return edn.Map{{0, q.Min}, {0.5, q.Median}, {0.95, q.P95}, {0.99, q.P99}, {1, q.Max}}
}
