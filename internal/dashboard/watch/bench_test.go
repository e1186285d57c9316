package watch

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"gset/crdt"
)

var million = sync.OnceValue(func() viewOf {
	state := crdt.NewCollections(crdt.Key{1, 2})
	for i := range 1_000_000 {
		if _, err := state.Insert(fmt.Sprintf("collection%d", i), fmt.Append(nil, i)); err != nil {
			panic(err)
		}
	}
	return viewOf{state}
})

// What the loop spends on a million collections, four times a second, whether anybody watches or not.
func BenchmarkStepOfAMillion(b *testing.B) {
	view, g, now := million(), newGrowth(), time.Now()
	for b.Loop() {
		now = now.Add(stepEvery)
		g.step(view, now)
	}
}

// What it spends on them once a second while somebody watches.
func BenchmarkShowOfAMillion(b *testing.B) {
	view, g, now := million(), newGrowth(), time.Now()
	for range 1000 {
		g.step(view, now)
	}
	for b.Loop() {
		g.show(view, now)
	}
}
