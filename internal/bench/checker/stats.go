// Package checker judges histories as Jepsen's checkers do. A checker takes nothing but a
// history: where it comes from, a test of processes or a simulation, is all the same to it.
package checker

import (
	"cmp"
	"slices"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// OpStats counts how operations ended.
type OpStats struct {
	Valid                                Validity
	Count, OKCount, FailCount, InfoCount int
}

// Stats counts the operations of a test. It is valid if of every function at
// least one operation succeeded.
type Stats struct {
	OpStats
	ByF map[string]*OpStats
}

func (s *OpStats) count(t history.OpType) {
	s.Count++
	switch t {
	case history.OK:
		s.OKCount++
	case history.Fail:
		s.FailCount++
	case history.Info:
		s.InfoCount++
	}
}

// CheckStats counts how the operations of a history ended.
func CheckStats(h *history.History) Stats {
	s := Stats{ByF: make(map[string]*OpStats)}
	for op := range h.All() {
		if op.Process == history.Nemesis || op.Type == history.Invoke {
			continue
		}
		if s.ByF[op.F] == nil {
			s.ByF[op.F] = &OpStats{}
		}
		s.count(op.Type)
		s.ByF[op.F].count(op.Type)
	}
	for _, byF := range s.ByF {
		byF.Valid = validIf(byF.OKCount > 0)
		s.Valid = Worst(s.Valid, byF.Valid)
	}
	return s
}

// FinalReads counts the reads after the main phase.
type FinalReads struct{ Asked, OK int }

// CountFinalReads counts the final reads of a history.
func CountFinalReads(h *history.History) FinalReads {
	var f FinalReads
	for op := range h.All() {
		switch {
		case !op.Final:
		case op.Type == history.Invoke:
			f.Asked++
		case op.Type == history.OK:
			f.OK++
		}
	}
	return f
}

// None tells whether there should have been final reads and none succeeded.
func (f FinalReads) None() bool { return f.Asked > 0 && f.OK == 0 }

// Availability is the fraction of operations that succeeded, 1 if there were
// none, and whether it is as high as the test demands.
type Availability struct {
	Valid      Validity
	OKFraction float64

	none bool // there were no operations
}

// CheckAvailability judges the fraction in single precision, as Maelstrom does.
func CheckAvailability(s *Stats, demanded *float64) Availability {
	a := Availability{OKFraction: 1, none: s.Count == 0}
	if s.Count > 0 {
		a.OKFraction = float64(float32(float64(s.OKCount) / float64(s.Count)))
	}
	if demanded != nil {
		a.Valid = validIf(*demanded <= a.OKFraction)
	}
	return a
}

// CrashStats counts the operations that crashed their process in one way.
type CrashStats struct {
	Class   edn.Keyword
	Count   int
	Example *history.Op // the first
}

// CheckCrashes groups crashes by class, the most frequent first.
func CheckCrashes(h *history.History) []CrashStats {
	byClass := make(map[edn.Keyword]*CrashStats)
	for op := range h.All() {
		if op.Crash == nil {
			continue
		}
		class := op.Crash.Class
		if byClass[class] == nil {
			byClass[class] = &CrashStats{Class: class, Example: op}
		}
		byClass[class].Count++
	}
	var all []CrashStats
	for _, c := range byClass {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b CrashStats) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Example.Index, b.Example.Index))
	})
	return all
}
