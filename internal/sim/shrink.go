package sim

import (
	"slices"
	"time"
)

// Shrink returns a schedule that fails as the given one does and is as simple as can be
// found: no event can be left out of it, and no node. fails must be true of the given
// schedule; it is asked at most budget times.
//
// A smaller schedule is another run, in which other messages are lost and late. Where a
// violation depends on that, a candidate that does not fail with its own seed may
// fail with another, so some are tried.
func Shrink(s Schedule, budget int, fails func(Schedule) bool) Schedule {
	sh := shrinker{best: s, budget: budget, fails: fails}
	for before := -1; before != sh.found && sh.budget > 0; {
		before = sh.found
		sh.simplify()
		sh.leaveOut()
		sh.dropNodes()
		sh.shorten()
		sh.soften()
	}
	return sh.best
}

// reseeds is how many seeds a candidate is tried with.
const reseeds = 3

type shrinker struct {
	best   Schedule
	found  int // how often best was improved
	budget int
	fails  func(Schedule) bool
}

// try makes a candidate the best if it fails.
func (sh *shrinker) try(change func(*Schedule)) bool {
	for i := range uint64(reseeds) {
		if sh.budget <= 0 {
			return false
		}
		sh.budget--
		candidate := sh.best
		candidate.Events = slices.Clone(sh.best.Events)
		change(&candidate)
		candidate.Seed += i
		if sh.fails(candidate) {
			sh.best = candidate
			sh.found++
			return true
		}
	}
	return false
}

// leaveOut leaves out as many events as it can, halves of them first (Zeller and
// Hildebrandt 2002).
func (sh *shrinker) leaveOut() {
	for size := len(sh.best.Events); size > 0; size /= 2 {
		for from := 0; from < len(sh.best.Events); {
			to := min(from+size, len(sh.best.Events))
			if !sh.try(func(s *Schedule) { s.Events = slices.Delete(s.Events, from, to) }) {
				from = to
			}
		}
	}
}

// simplify takes the network's habits away.
func (sh *shrinker) simplify() {
	for _, change := range []struct {
		done bool
		do   func(*Schedule)
	}{
		{sh.best.Loss == 0, func(s *Schedule) { s.Loss = 0 }},
		{sh.best.Duplication == 0, func(s *Schedule) { s.Duplication = 0 }},
		{sh.best.Corruption == 0, func(s *Schedule) { s.Corruption = 0 }},
		{sh.best.Replay == 0, func(s *Schedule) { s.Replay = 0 }},
		{sh.best.Bandwidth == 0, func(s *Schedule) { s.Bandwidth = 0 }},
		{sh.best.Buffer == 0, func(s *Schedule) { s.Buffer = 0 }},
		{!sh.best.Disk, func(s *Schedule) {
			s.Disk, s.Events = false, slices.DeleteFunc(s.Events, func(e Event) bool { return e.What.ofDisk() })
		}},
		{!sh.best.Mixed, func(s *Schedule) { s.Mixed = false }},
		{sh.best.Lattice != WeakSet, func(s *Schedule) { s.Lattice = GSet }},
		{sh.best.MaxMessage == 40_000, func(s *Schedule) { s.MaxMessage = 40_000 }},
		{sh.best.Fanout == 0, func(s *Schedule) { s.Fanout = 0 }},
		{sh.best.Shape == Constant, func(s *Schedule) { s.Shape = Constant }},
		{sh.best.Interval == 0, func(s *Schedule) { s.Interval = 0 }},
	} {
		if !change.done {
			sh.try(change.do)
		}
	}
}

// dropNodes leaves out nodes, half of them first. What happens at a node that is gone
// happens at another, or not at all.
func (sh *shrinker) dropNodes() {
	for by := sh.best.Nodes / 2; by > 0; by /= 2 {
		for sh.best.Nodes-by >= 2 {
			n := sh.best.Nodes - by
			fold := func(s *Schedule) {
				s.Nodes = n
				for i := range s.Events {
					s.Events[i].Node %= n
					s.Events[i].Peer %= n
				}
			}
			drop := func(s *Schedule) {
				s.Nodes = n
				s.Events = slices.DeleteFunc(s.Events, func(e Event) bool { return e.Node >= n || e.Peer >= n })
			}
			if !sh.try(drop) && !sh.try(fold) {
				break
			}
		}
	}
	for node := sh.best.Nodes - 2; node >= 0 && sh.best.Nodes > 2; node-- { // any other
		sh.try(func(s *Schedule) {
			s.Nodes--
			s.Events = slices.DeleteFunc(s.Events, func(e Event) bool { return e.Node == node || e.linked() && e.Peer == node })
			for i := range s.Events {
				if s.Events[i].Node > node {
					s.Events[i].Node--
				}
				if s.Events[i].Peer > node {
					s.Events[i].Peer--
				}
			}
		})
	}
}

// linked reports whether an event is about a link.
func (e Event) linked() bool { return e.What == Break || e.What == Flap || e.What == Forget }

// shorten ends the run with its last event, and takes out times in which nothing happens.
func (sh *shrinker) shorten() {
	var last time.Duration
	for _, e := range sh.best.Events {
		last = max(last, e.At+e.For)
	}
	if last = last.Truncate(time.Millisecond) + time.Millisecond; last < sh.best.End {
		sh.try(func(s *Schedule) { s.End = last })
	}
	for i := range sh.best.Events {
		var before time.Duration
		if i > 0 {
			before = sh.best.Events[i-1].At
		}
		if gap := (sh.best.Events[i].At - before).Truncate(time.Millisecond) / 2; gap > 10*time.Millisecond {
			sh.try(func(s *Schedule) {
				s.End -= gap
				for k := i; k < len(s.Events); k++ {
					s.Events[k].At -= gap
				}
			})
		}
	}
}

// soften makes events smaller, and their numbers easier to read.
func (sh *shrinker) soften() {
	for i := range sh.best.Events {
		e := sh.best.Events[i]
		if e.What == Update && (e.Count > 1 || e.Value < 0 || e.Value > 1000) {
			sh.try(func(s *Schedule) {
				s.Events[i].Count, s.Events[i].Step, s.Events[i].Value = min(e.Count, 1), 0, int64(i)
			})
		}
		if e.For > 10*time.Millisecond {
			sh.try(func(s *Schedule) { s.Events[i].For = (e.For / 2).Truncate(time.Millisecond) })
		}
		if round := e.At.Truncate(time.Millisecond); round != e.At {
			sh.try(func(s *Schedule) { s.Events[i].At = round })
		}
		if e.Lose {
			sh.try(func(s *Schedule) { s.Events[i].Lose = false })
		}
	}
}
