package durable_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/durable"
	"gset/internal/store"

	"pgregory.net/rapid"
)

var key = crdt.Key{1, 2}

type keySet = *crdt.KeySet

// set returns a set of elements with numbers.
func set(t testing.TB, numbers ...int) keySet {
	s := crdt.NewKeySet(key)
	for _, n := range numbers {
		if _, err := s.Insert(fmt.Appendf(nil, "element %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// written joins what deltas hold.
func written(t testing.TB, deltas [][]byte) keySet {
	all := crdt.NewKeySet(key)
	for _, form := range deltas {
		if len(form) > store.MaxDelta {
			t.Errorf("a delta of %d bytes", len(form))
		}
		delta, err := all.Decode(form)
		if err != nil {
			t.Fatal(err)
		}
		all.Join(delta)
	}
	return all
}

var errDisk = errors.New("no room")

// Whatever is heard and made and however the disk behaves: when nothing is unsaved all that was
// heard is on disk, and what was made is there if its commit succeeded. What is unsaved is not
// lost. Without an update the disk is left alone for a second after it has failed.
func TestEverythingIsOnDiskOrKept(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var a durable.Ahead[keySet]
		disk, owed := set(t), set(t)
		now, failed := time.Duration(0), -time.Hour
		number := rapid.IntRange(0, 30)
		for range rapid.IntRange(1, 30).Draw(r, "turns") {
			now += time.Duration(rapid.IntRange(0, 1500).Draw(r, "ms")) * time.Millisecond
			heard := rapid.SliceOfN(number, 0, 3).Draw(r, "heard")
			for _, n := range heard {
				a.Hear(set(t, n))
				owed.Join(set(t, n))
			}
			var made keySet
			if rapid.Bool().Draw(r, "update") {
				made = set(t, rapid.SliceOfN(number, 0, 3).Draw(r, "made")...)
			}
			saved, due := a.Saved(), a.Due(now)
			if due != (!saved && now-failed >= durable.Retry) {
				r.Fatalf("%v after a failure, saved: %v; due: %v", now-failed, saved, due)
			}
			deltas, err := a.Begin(now, made)
			if err != nil {
				r.Fatal(err)
			}
			if made == nil && !saved && (len(deltas) > 0) != due {
				r.Fatalf("%d deltas, %v after a failure", len(deltas), now-failed)
			}
			if len(deltas) > 0 && rapid.Bool().Draw(r, "fails") {
				err = errDisk
			}
			if err == nil {
				disk.Join(written(t, deltas))
			} else {
				failed = now
			}
			if lost := a.End(now, err); lost != (err != nil && len(heard) > 0) {
				r.Fatalf("%d deltas heard, error %v; lost: %v", len(heard), err, lost)
			}
			if err == nil && made != nil && made.Minus(disk).Len() > 0 {
				r.Fatal("an update is not on disk after its commit")
			}
			rest := owed.Minus(disk)
			if a.Unsaved() != nil {
				rest = rest.Minus(a.Unsaved())
			}
			if rest.Len() > 0 {
				r.Fatalf("lost: %v", rest)
			}
		}
	})
}

// A commit that fails leaves nothing of its update: what was refused is not written with the next one.
func TestWhatWasRefusedIsNotWrittenLater(t *testing.T) {
	var a durable.Ahead[keySet]
	a.Hear(set(t, 1))
	if _, err := a.Begin(0, set(t, 2)); err != nil {
		t.Fatal(err)
	}
	a.End(0, errDisk)
	deltas, err := a.Begin(0, set(t, 3))
	if err != nil || !written(t, deltas).Equal(set(t, 1, 3)) {
		t.Errorf("%v, %v", written(t, deltas), err)
	}
	a.End(0, nil)
	if !a.Saved() {
		t.Error("what was heard is still unsaved")
	}
}

// What is longer than the store takes is written in parts, and short forms stay whole while more
// are added behind them. It is so again when it is tried again.
func TestLongStatesAreWrittenInParts(t *testing.T) {
	var a durable.Ahead[keySet]
	long := crdt.NewKeySet(key)
	const size = 60_000
	for i := range store.MaxDelta/size + 1 {
		if _, err := long.Insert(fmt.Appendf(make([]byte, size), "%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	all := long.Clone()
	for i := range 100 {
		a.Hear(set(t, i))
		all.Join(set(t, i))
	}
	a.Hear(long)
	for i, outcome := range []error{errDisk, nil} {
		now := time.Duration(i) * durable.Retry
		deltas, err := a.Begin(now, nil)
		if err != nil || len(deltas) < 2 || !written(t, deltas).Equal(all) {
			t.Errorf("try %d: %d deltas, %v", i, len(deltas), err)
		}
		a.End(now, outcome)
	}
}

// A batch of small deltas takes no memory of its own.
func TestSmallDeltasAreWrittenWithoutAllocation(t *testing.T) {
	var a durable.Ahead[keySet]
	made, heard := set(t, 1), set(t, 2)
	turn := func() {
		a.Hear(heard)
		deltas, err := a.Begin(0, made)
		if err != nil || len(deltas) != 2 {
			t.Fatal(len(deltas), err)
		}
		a.End(0, nil)
	}
	turn()
	if n := testing.AllocsPerRun(100, turn); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// A snapshot that is made while the replica goes on has all that was there when it began.
func TestPartsHaveAllThatWasThereAtTheBeginning(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		stable, pending := crdt.NewKeySet(key), crdt.NewKeySet(key)
		fill := func(s keySet, name string) {
			for i := range rapid.IntRange(0, 12).Draw(r, name) {
				if _, err := s.Insert(append(fmt.Appendf(nil, "%s %d", name, i), make([]byte, 60_000)...)); err != nil {
					r.Fatal(err)
				}
			}
		}
		fill(stable, "stable")
		fill(pending, "pending")
		begun := stable.Clone()
		begun.Join(pending)
		turn := 0
		parts := durable.Parts(func(f func(stable, pending keySet)) error {
			if turn++; turn > 1 { // what was pending becomes stable bit by bit, and more is added
				for part, err := range crdt.Split(pending, 0, 130_000) {
					if err != nil {
						r.Fatal(err)
					}
					stable.Join(part)
					pending = pending.Minus(part)
					break
				}
				pending.Join(set(t, turn))
			}
			f(stable, pending)
			return nil
		})
		var forms [][]byte
		for form, err := range parts {
			if err != nil {
				r.Fatal(err)
			}
			if len(form) > durable.PartSize {
				r.Fatalf("a part of %d bytes", len(form))
			}
			forms = append(forms, slices.Clone(form))
		}
		if rest := begun.Minus(written(t, forms)); rest.Len() > 0 {
			r.Fatalf("%d elements are missing", rest.Len())
		}
	})
}

// The error of who holds the state ends the parts.
func TestPartsEndWithAnError(t *testing.T) {
	for good := range 2 {
		calls, seen := 0, 0
		for _, err := range durable.Parts(func(f func(stable, pending keySet)) error {
			if calls++; calls > good {
				return errDisk
			}
			f(set(t), set(t))
			return nil
		}) {
			if seen++; !errors.Is(err, errDisk) {
				t.Error(err)
			}
		}
		if seen != 1 || calls != good+1 {
			t.Errorf("%d errors after %d calls", seen, calls)
		}
	}
}
