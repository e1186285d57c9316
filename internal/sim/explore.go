package sim

import (
	"context"
	"sync"
	"sync/atomic"
)

// Explore has play called for count seeds from first on, each in one of some goroutines,
// until all are done or the context is. It returns how many were played.
func Explore(ctx context.Context, first, count uint64, workers int, play func(seed uint64)) uint64 {
	var next, done atomic.Uint64
	var all sync.WaitGroup
	for range min(uint64(workers), count) {
		all.Go(func() {
			for ctx.Err() == nil {
				i := next.Add(1) - 1
				if i >= count {
					return
				}
				play(first + i)
				done.Add(1)
			}
		})
	}
	all.Wait()
	return done.Load()
}
