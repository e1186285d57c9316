package watch

import (
	"cmp"
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/dashboard"
	"gset/internal/gsetd"
)

const (
	stepNames  = 512             // names that a step looks at
	maxTracked = 128             // collections whose growth is kept
	maxShown   = 40              // of them
	everySize  = 5 * time.Second // between two sizes of a growth
	maxSizes   = 60
	maxOrigins = 4096 // of a counter whose value is computed for the page
)

// growth keeps the sizes of the largest collections. It finds them by walking over all names again and
// again, some at a time: a million takes eight minutes, and 0.8 ms of a core for each step.
type growth struct {
	tracked map[string]*tracked
	least   int // no tracked collection is smaller, if there are maxTracked of them
	cursor  uint64
	looked  int  // names in this walk
	scanned bool // a walk has ended
	sized   time.Time
}

type tracked struct {
	size   int
	counts bool    // it is a counter
	sizes  []int64 // elements, or values of a counter
	times  []time.Time
}

func newGrowth() growth { return growth{tracked: map[string]*tracked{}} }

// step looks at some names, and notes sizes if it is time to.
func (g *growth) step(view gsetd.View, now time.Time) {
	some, next := view.ScanNames(g.cursor, stepNames)
	for _, c := range some {
		g.consider(c)
	}
	g.looked += len(some)
	if g.cursor = next; next == 0 {
		g.scanned, g.looked = true, 0
	}
	if now.Sub(g.sized) < everySize {
		return
	}
	g.sized = now
	for name, t := range g.tracked {
		t.note(view, view.Lookup(name), now)
	}
}

// consider tracks a collection if it is large enough.
func (g *growth) consider(c crdt.Collection) {
	size := sizeOf(c)
	if t := g.tracked[c.Name]; t != nil {
		t.size = size
		return
	}
	if len(g.tracked) == maxTracked {
		if size <= g.least || !g.evict(size) {
			return
		}
	}
	g.tracked[c.Name] = &tracked{size: size, counts: c.Kind() == crdt.CounterKind}
}

// evict gives up the smallest collection if it is smaller than another one.
func (g *growth) evict(size int) bool {
	smallest, name := size, ""
	found := false
	for n, t := range g.tracked {
		if t.size < smallest {
			smallest, name, found = t.size, n, true
		}
	}
	if !found {
		g.least = size
		return false
	}
	g.least = smallest
	delete(g.tracked, name)
	return true
}

// sizeOf is what collections are compared by.
func sizeOf(c crdt.Collection) int {
	if c.Kind() == crdt.CounterKind {
		return c.Entries
	}
	return c.Elements
}

// note notes the size of a collection.
func (t *tracked) note(view gsetd.View, c crdt.Collection, now time.Time) {
	t.size, t.counts = sizeOf(c), c.Kind() == crdt.CounterKind
	value, ok := int64(t.size), true
	if t.counts {
		value, _, ok = valueOf(view, c)
	}
	if !ok {
		return
	}
	if len(t.sizes) == maxSizes {
		t.sizes = append(t.sizes[:0], t.sizes[1:]...)
		t.times = append(t.times[:0], t.times[1:]...)
	}
	t.sizes, t.times = append(t.sizes, value), append(t.times, now)
}

// valueOf returns the value of a counter, as a text too. ok is false if it is not an int64.
func valueOf(view gsetd.View, c crdt.Collection) (value int64, text string, ok bool) {
	if c.Entries > maxOrigins {
		return 0, "?", false
	}
	v := view.Value(c.Name)
	return v.Int64(), v.String(), v.IsInt64()
}

// show returns the largest collections.
func (g *growth) show(view gsetd.View, now time.Time) dashboard.Collections {
	all := dashboard.Collections{Count: view.Names(), Every: everySize.Seconds(), Scanned: 1}
	if counts, ok := view.(interface{ Elements() int }); ok {
		all.Elements = counts.Elements()
	}
	if !g.scanned {
		all.Scanned = min(1, float64(g.looked)/float64(max(all.Count, 1)))
	}
	for name, t := range g.tracked {
		c := view.Lookup(name)
		t.size = sizeOf(c)
		all.Shown = append(all.Shown, dashboard.Collection{Name: dashboard.Name(name), Size: t.size})
	}
	slices.SortFunc(all.Shown, func(a, b dashboard.Collection) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Name, b.Name))
	})
	all.Shown = all.Shown[:min(len(all.Shown), maxShown)]
	for i := range all.Shown {
		name := string(all.Shown[i].Name)
		all.Shown[i] = g.tracked[name].show(view, view.Lookup(name), now)
	}
	return all
}

// describe returns a collection without its growth, and its size or value now.
func describe(view gsetd.View, c crdt.Collection) (shown dashboard.Collection, value int64, ok bool) {
	shown = dashboard.Collection{Name: dashboard.Name(c.Name), Kind: "set", Size: sizeOf(c)}
	value, ok = int64(shown.Size), true
	if c.Kind() == crdt.CounterKind {
		shown.Kind = "counter"
		value, shown.Value, ok = valueOf(view, c)
	}
	return shown, value, ok
}

// show returns a collection with its growth up to now.
func (t *tracked) show(view gsetd.View, c crdt.Collection, now time.Time) dashboard.Collection {
	shown, value, ok := describe(view, c)
	if !ok || len(t.sizes) == 0 {
		return shown
	}
	last := int64(0)
	for _, size := range append(t.sizes[:len(t.sizes):len(t.sizes)], value) {
		shown.Growth = append(shown.Growth, size-last)
		last = size
	}
	if since := now.Sub(t.times[0]); since > 0 {
		shown.Rate = float64(value-t.sizes[0]) / since.Minutes()
	}
	return shown
}
