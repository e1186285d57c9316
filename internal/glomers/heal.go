package glomers

import (
	"time"

	"gset/internal/bench/history"
)

// healing returns how long after a partition healed a read still missed an element
// that had been acknowledged before the heal: the longest such time of all heals,
// each watched until the next partition; 0 if no read missed any. It is for sets: reads
// of counters tell nothing of what they miss.
func healing(ops []*history.Op) time.Duration {
	var (
		known   = map[int64]bool{} // acknowledged before the last heal
		written []int64            // acknowledged since
		healed  = time.Duration(-1)
		longest time.Duration
	)
	for _, op := range ops {
		switch {
		case op.Process == history.Nemesis && op.F == "start-partition":
			healed = -1
		case op.Process == history.Nemesis && op.F == "stop-partition" && healed < 0:
			healed = op.Time
			for _, x := range written {
				known[x] = true
			}
			written = nil
		case op.Type != history.OK:
		case isWrite(op):
			if x, ok := op.Value.(int64); ok {
				written = append(written, x)
			}
		case op.F == "read" && healed >= 0:
			read, ok := op.Value.(*history.Elements)
			began := ops[op.Began].Time
			if ok && began > healed && misses(read, known) {
				longest = max(longest, began-healed)
			}
		}
	}
	return longest
}

// misses reports whether a read lacks an element of a set.
func misses(read *history.Elements, known map[int64]bool) bool {
	found := 0
	for x := range read.Ints() {
		if known[x] {
			found++
		}
	}
	return found < len(known)
}
