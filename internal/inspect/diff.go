package inspect

import (
	"fmt"

	"gset/crdt"
	"gset/replica/cluster"
)

// Difference is what one of two states lacks of the other.
type Difference struct {
	Elements int      // that it lacks
	Counters int      // whose values differ; the same for both
	Names    int      // collections that it lacks altogether
	First    []string // the first few of all these, in words
}

// Empty reports whether it lacks nothing.
func (d *Difference) Empty() bool { return d.Elements+d.Counters+d.Names == 0 }

// Diff compares two states by what clients see of them: elements, and values of counters. Their keys need
// not be the same. lacksA is what a lacks, with no more than first in words.
func Diff(a, b *crdt.Collections, first int) (lacksA, lacksB Difference) {
	return lacks(a, b, first), lacks(b, a, first)
}

// lacks returns what a state lacks of another.
func lacks(state, of *crdt.Collections, first int) (d Difference) {
	say := func(format string, args ...any) {
		if len(d.First) < first {
			d.First = append(d.First, fmt.Sprintf(format, args...))
		}
	}
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		var some []crdt.Collection
		some, cursor = of.ScanNames(cursor, 1024)
		for _, c := range some {
			if c.Name == cluster.BeaconName {
				continue
			}
			here := state.Lookup(c.Name)
			if here.Kind() == crdt.NoKind {
				d.Names++
			}
			if c.Entries > 0 {
				ours, theirs := state.Value(c.Name), of.Value(c.Name)
				if here.Entries == 0 || ours.Cmp(theirs) != 0 {
					d.Counters++
					say("%.80q is %v, and here %v", c.Name, theirs, ours)
				}
			}
			if c.Elements == 0 {
				continue
			}
			for e := range of.Members(c.Name) {
				if !state.Contains(c.Name, e) {
					d.Elements++
					say("%.80q lacks %.80q", c.Name, e)
				}
			}
		}
	}
	return d
}
