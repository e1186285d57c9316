package cluster_test

import (
	"sync"
	"testing"

	"gset/replica/cluster"
)

// owner is a loop that owns a node's data, as an event loop of a server does: it runs what it is given,
// and commits once a turn.
type owner struct {
	mu    sync.Mutex
	queue []func()
	ended bool
	wake  chan struct{}
	node  *cluster.Node
	done  sync.WaitGroup
	turns int
}

func newOwner() *owner { return &owner{wake: make(chan struct{}, 1)} }

func (o *owner) do(f func()) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return cluster.ErrClosed
	}
	o.queue = append(o.queue, f)
	select {
	case o.wake <- struct{}{}:
	default:
	}
	return nil
}

func (o *owner) run(node *cluster.Node) {
	o.node = node
	o.done.Go(func() {
		for range o.wake {
			o.mu.Lock()
			queue := o.queue
			o.queue = nil
			ended := o.ended
			o.mu.Unlock()
			for _, f := range queue {
				f()
			}
			_ = node.Commit() // who waits is told
			o.turns++
			if ended {
				return
			}
		}
	})
}

func (o *owner) stop() {
	o.mu.Lock()
	o.ended = true
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
	o.done.Wait()
}

func TestANodeRunsInTheLoopOfAnOwner(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	o := newOwner()
	c := config(t, ca, "b", a)
	c.Do, c.Dir = o.do, t.TempDir()
	b, err := cluster.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	o.run(b)
	replies := make(chan error, 2)
	err = o.do(func() {
		core := b.Core()
		added, err := core.Add("set", []byte("x"), []byte("y"), []byte("x"))
		if err != nil || added != 2 || !core.View().Contains("set", []byte("x")) {
			t.Errorf("added %d, %v", added, err)
		}
		core.OnCommit(func(err error) {
			replies <- err
			core.Await(1, func(held int) {
				if held != 1 {
					t.Errorf("%d hold it", held)
				}
				replies <- nil
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case err := <-replies:
			if err != nil {
				t.Error(err)
			}
		case <-within(t).Done():
			t.Fatal("no reply")
		}
	}
	awaitElements(t, a, "set", 2)
	add(t, a, "set", "z")
	awaitElements(t, b, "set", 3)
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	o.stop()
	c.Do = nil
	awaitElements(t, open(t, c), "set", 3)
}
