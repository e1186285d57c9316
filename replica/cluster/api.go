package cluster

import (
	"context"
	"errors"
	"iter"
	"math/big"
	"slices"
	"time"

	"gset/crdt"
	"gset/replica/cluster/internal/wire"
)

// call runs f in the executor and waits until its commit is over. If ctx ends before, f may have been run
// all the same, or be run later: after an error nobody may look at what f writes to.
func (n *Node) call(ctx context.Context, f func(*Core) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	err := n.Do(func(c *Core) {
		if err := f(c); err != nil {
			done <- err
			return
		}
		c.OnCommit(func(err error) { done <- err })
	})
	if err != nil {
		return err
	}
	return n.await(ctx, done)
}

func (n *Node) await(ctx context.Context, done chan error) error {
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-n.ctx.Done():
	}
	select {
	case err := <-done:
		return err
	default:
		return ErrClosed
	}
}

// read runs f, which reads the core's committed state and changes nothing. After an error nobody may look at
// what f writes to.
func (n *Node) read(ctx context.Context, f func(*Core)) error {
	if n.executor != nil {
		n.mu.RLock()
		defer n.mu.RUnlock()
		if n.closed {
			return ErrClosed
		}
		f(n.core)
		return nil
	}
	done := make(chan error, 1)
	err := n.Do(func(c *Core) {
		f(c)
		done <- nil
	})
	if err != nil {
		return err
	}
	return n.await(ctx, done)
}

// Add adds elements to a set, and returns how many of them were not in it as far as this node
// knew. It returns when they are durable here; then a goroutine sends them to the others. After
// a definite error nothing was added; after one that wraps ErrUncertain, or that of ctx, some may
// have been. Elements are copied; with the set's name each has at most crdt.MaxMember bytes.
func (n *Node) Add(ctx context.Context, set string, elements ...[]byte) (added int, err error) {
	elements = cloned(elements) // they may be read after Add has returned, if ctx ends
	var count int
	err = n.call(ctx, func(c *Core) (err error) {
		count, err = c.Add(set, elements...)
		return err
	})
	if err != nil {
		return 0, err
	}
	return count, nil
}

// cloned returns a copy of elements in memory of its own.
func cloned(elements [][]byte) [][]byte {
	size := 0
	for _, e := range elements {
		size += len(e)
	}
	all, bytes := make([][]byte, len(elements)), make([]byte, 0, size)
	for i, e := range elements {
		bytes = append(bytes, e...)
		all[i] = bytes[len(bytes)-len(e) : len(bytes) : len(bytes)]
	}
	return all
}

// Increment adds by to a counter. It returns as Add does. It fails with crdt.ErrOverflow if this
// node would have added more than 2^64-1 in all.
func (n *Node) Increment(ctx context.Context, counter string, by uint64) error {
	return n.call(ctx, func(c *Core) error { return c.Increment(counter, by) })
}

// Decrement takes by away from a counter, as Increment adds.
func (n *Node) Decrement(ctx context.Context, counter string, by uint64) error {
	return n.call(ctx, func(c *Core) error { return c.Decrement(counter, by) })
}

// Update joins a delta into the state, as Add does; see Core.Update. If it fails with the error of ctx the delta
// must not be changed afterwards.
func (n *Node) Update(ctx context.Context, delta *crdt.Collections) error {
	return n.call(ctx, func(c *Core) error { return c.Update(delta) })
}

// look is read for one result.
func look[T any](ctx context.Context, n *Node, f func(*Core) T) (T, error) {
	var result T
	if err := n.read(ctx, func(c *Core) { result = f(c) }); err != nil {
		var none T
		return none, err
	}
	return result, nil
}

// Contains reports whether this node knows an element of a set. It reads memory, and sees every
// update that was acknowledged here. It fails if the node is closed, or, with Config.Do, if ctx ends.
func (n *Node) Contains(ctx context.Context, set string, element []byte) (bool, error) {
	element = slices.Clone(element)
	return look(ctx, n, func(c *Core) bool { return c.view(nil).Contains(set, element) })
}

// Value returns the value of a counter as far as this node knows: zero if there is none.
func (n *Node) Value(ctx context.Context, counter string) (*big.Int, error) {
	return look(ctx, n, func(c *Core) *big.Int { return c.view(nil).Value(counter) })
}

// Lookup returns what there is under a name; see View.Lookup.
func (n *Node) Lookup(ctx context.Context, name string) (crdt.Collection, error) {
	return look(ctx, n, func(c *Core) crdt.Collection { return c.view(nil).Lookup(name) })
}

// step is how many elements or names All and Names read at a time.
const step = 1024

// All yields the elements of a set that this node knows. Each element that was there from the beginning
// comes at least once; while updates are on their way an element may come twice. It reads some at a
// time, so the node goes on meanwhile. It ends early with an error if the node is closed, or ctx
// ends. Elements must not be changed.
func (n *Node) All(ctx context.Context, set string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		walk(ctx, n, yield, func(v View, cursor uint64) ([][]byte, uint64) { return v.ScanElements(set, cursor, step) })
	}
}

// Names yields what there is under each name, as All yields elements.
func (n *Node) Names(ctx context.Context) iter.Seq2[crdt.Collection, error] {
	return func(yield func(crdt.Collection, error) bool) {
		walk(ctx, n, yield, func(v View, cursor uint64) ([]crdt.Collection, uint64) { return v.ScanNames(cursor, step) })
	}
}

func walk[T any](ctx context.Context, n *Node, yield func(T, error) bool, scan func(View, uint64) ([]T, uint64)) {
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		var some []T
		err := n.read(ctx, func(c *Core) { some, cursor = scan(c.view(nil), cursor) })
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, x := range some {
			if !yield(x, nil) {
				return
			}
		}
	}
}

// Wait waits until at least n other members are proved to hold everything that was acknowledged
// at this node before the call, on their disks if they have any, and returns how many are. If ctx
// ends before, it returns its error and how many are by then. The proof is by digests of states,
// and nothing is kept for a write; see Core.Await.
func (n *Node) Wait(ctx context.Context, members int) (held int, err error) {
	done := make(chan int, 1)
	var cancel func() int
	err = n.call(ctx, func(c *Core) error {
		cancel = c.Await(members, func(held int) { done <- held })
		return nil
	})
	if err != nil {
		return 0, err
	}
	select {
	case held := <-done:
		return held, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-n.ctx.Done():
		return 0, ErrClosed
	}
	after := make(chan int, 1)
	if e := n.Do(func(*Core) { after <- cancel() }); e != nil {
		return 0, e
	}
	select {
	case held := <-after:
		return held, err
	case <-n.ctx.Done():
		return 0, ErrClosed
	}
}

// Leave takes the node out of the cluster, and closes it: it makes no more updates, waits until
// another member is proved to hold all of its own, if there is one, tells the others, and closes.
// If ctx ends before, it returns its error, and the node goes on to leave until Leave is called again
// or Close.
func (n *Node) Leave(ctx context.Context) error {
	err := n.call(ctx, func(c *Core) error {
		c.leave()
		return nil
	})
	if err != nil {
		return err
	}
	if n.config.Alone {
		return n.Close()
	}
	others, err := look(ctx, n, func(c *Core) int { return len(c.members.known) })
	if err != nil {
		return err
	}
	if others > 0 {
		if _, err := n.Wait(ctx, 1); err != nil {
			return err
		}
	}
	n.members.leaving.Store(true)
	const patience = 2 * time.Second // as long as a word may take to get about
	n.sayGoodbye(ctx, patience)
	err = errors.Join(n.members.list.UpdateNode(patience), n.members.list.Leave(patience))
	if err != nil {
		n.config.Log.Debug("cluster: some members may take this node for one that is down", "error", err)
	}
	return n.Close()
}

// sayGoodbye tells each member on its link that this node is about to leave.
func (n *Node) sayGoodbye(ctx context.Context, patience time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := n.call(ctx, func(c *Core) error {
		for name := range c.members.peers() {
			c.traffic.word.sent(nil)
			_ = c.members.links.Tell(name, wire.Leaving, nil) // a member without an address is not there
		}
		return nil
	})
	if err == nil {
		err = n.endpoint.Flush(ctx)
	}
	if err != nil {
		n.config.Log.Debug("cluster: some members may not have heard that this node leaves", "error", err)
	}
}

// Close stops the node, without a word to the others: they take it for one that is down, and may see it
// again. Updates that were acknowledged are on disk, if there is one. It waits for what is under way, and
// closes the listener.
func (n *Node) Close() error {
	n.closing.Do(func() { n.result = n.close() })
	return n.result
}

func (n *Node) close() error {
	var errs []error
	if n.members != nil {
		errs = append(errs, n.members.list.Shutdown())
	}
	n.timer.Stop()
	done := make(chan struct{})
	err := n.Do(func(c *Core) {
		c.OnCommit(func(err error) {
			errs = append(errs, err)
			close(done)
		})
		n.closed = true
		if n.executor == nil {
			_ = c.Commit() // OnCommit is told
		}
	})
	switch {
	case err == nil:
		<-done
	default: // the owner of the executor has stopped: nobody else calls the core
		errs = append(errs, n.core.Commit())
		n.closed = true
	}
	n.cancel()
	if n.endpoint != nil {
		errs = append(errs, n.endpoint.Close())
	}
	if n.executor != nil {
		n.executor.close()
	}
	n.timer.Stop()
	var unsaved error
	if n.core.store != nil {
		unsaved = n.core.store.Close()
		errs = append(errs, unsaved)
	}
	n.running.Wait()
	if n.core.store != nil && unsaved == nil {
		errs = append(errs, n.settle())
	}
	n.subscribers.close()
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return err == nil })...)
}
