package checker

import (
	"cmp"
	"slices"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// Counter is the verdict on a counter that must come to show the same at
// every node: the sum of all acknowledged adds, and of any of those whose
// outcome is unknown. Only the final reads are judged.
type Counter struct {
	Valid      Validity
	Errors     []*history.Op // the final reads that are not acceptable
	FinalReads []int64       // in the order they completed

	// Acceptable holds the values a final read may return: ranges in ascending
	// order, with at least one number between any two.
	Acceptable []Range
}

// A Range is all whole numbers from Low to High, both included.
type Range struct{ Low, High int64 }

// Validity implements [WorkloadResult].
func (r *Counter) Validity() Validity { return r.Valid }

// CheckCounter judges a history of operations add, whose values are what was
// added, and read, whose values are what it returned. The sums are exact: no
// history is long enough for its small adds to overflow them.
func CheckCounter(h *history.History) *Counter {
	r := &Counter{FinalReads: []int64{}}
	var sum int64
	var unknown []int64
	for op := range h.All() {
		switch {
		case op.Process == history.Nemesis || op.F != "add":
		case op.Type == history.OK:
			sum += op.Value.(int64)
		case op.Type == history.Info:
			unknown = append(unknown, op.Value.(int64))
		}
	}
	r.Acceptable = subsetSums(sum, unknown)
	for op := range h.All() {
		if !op.Final || op.Type != history.OK {
			continue
		}
		value := op.Value.(int64)
		r.FinalReads = append(r.FinalReads, value)
		if !within(r.Acceptable, value) {
			r.Errors = append(r.Errors, op)
			r.Valid = Invalid
		}
	}
	return r
}

// subsetSums returns the sums of base and any of the deltas.
func subsetSums(base int64, deltas []int64) []Range {
	sums := []Range{{base, base}}
	// Each delta may have been added or not, to whatever the others make. The
	// deltas are small, so that a few different ones fill all gaps: there are
	// never many ranges.
	for _, delta := range deltas {
		sums = withShifted(sums, delta)
	}
	return sums
}

// withShifted returns the numbers in ranges, and those numbers plus delta.
func withShifted(ranges []Range, delta int64) []Range {
	all := slices.Clone(ranges)
	for _, r := range ranges {
		all = append(all, Range{r.Low + delta, r.High + delta})
	}
	slices.SortFunc(all, func(a, b Range) int { return cmp.Compare(a.Low, b.Low) })
	joined := all[:1]
	for _, r := range all[1:] {
		if last := &joined[len(joined)-1]; r.Low <= last.High+1 {
			last.High = max(last.High, r.High)
		} else {
			joined = append(joined, r)
		}
	}
	return joined
}

// within tells whether a number is in one of the ranges, which are in order.
func within(ranges []Range, n int64) bool {
	i, found := slices.BinarySearchFunc(ranges, n, func(r Range, n int64) int { return cmp.Compare(r.Low, n) })
	return found || i > 0 && n <= ranges[i-1].High
}

// EDN implements [Result].
func (r *Counter) EDN() edn.Map {
	var errors any // nil if there are none
	if len(r.Errors) > 0 {
		list := edn.List{}
		for _, op := range r.Errors {
			list = append(list, op)
		}
		errors = list
	}
	acceptable := edn.List{}
	for _, a := range r.Acceptable {
		acceptable = append(acceptable, edn.Vector{a.Low, a.High})
	}
	return edn.Map{
		{edn.Keyword("valid?"), r.Valid},
		{edn.Keyword("errors"), errors},
		{edn.Keyword("final-reads"), intList(r.FinalReads)},
		{edn.Keyword("acceptable"), acceptable},
	}
}

// Objections implements [Result]: none.
func (r *Counter) Objections() []string { return nil }

// Own implements [Result]: nothing.
func (r *Counter) Own() edn.Map { return nil }
