package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"gset/replica/cluster"
)

func TestWaitEndsUnderLoadFromAllSides(t *testing.T) {
	nodes := openThree(t)
	ctx, cancel := context.WithCancel(within(t))
	var writers sync.WaitGroup
	for _, n := range nodes {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ { // as much as the others can take
				_, err := n.Add(ctx, "load", fmt.Append(nil, n.Name(), i))
				if err == nil && i%100 == 0 {
					_, err = n.Wait(ctx, 1)
				}
				if err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 20 {
		n := nodes[i%3]
		e := fmt.Append(nil, i)
		add(t, n, "set", string(e))
		if held, err := n.Wait(within(t), 2); err != nil || held != 2 {
			t.Fatalf("%d, %v", held, err)
		}
		for _, other := range nodes {
			if has, err := other.Contains(within(t), "set", e); err != nil || !has {
				t.Errorf("%s lacks %s: %v", other.Name(), e, err)
			}
		}
	}
	cancel()
	writers.Wait()
}

func TestWaitEndsWithItsContext(t *testing.T) {
	nodes := openThree(t)
	nodes[2].Cut(func(string) bool { return true })
	add(t, nodes[0], "set", "x")
	if held, err := nodes[0].Wait(within(t), 1); err != nil || held != 1 {
		t.Fatalf("%d, %v", held, err)
	}
	ctx, cancel := context.WithCancel(within(t))
	go func() {
		_ = nodes[0].Until(ctx, func(c *cluster.Core) bool { return c.Waiting() > 0 })
		cancel()
	}()
	if held, err := nodes[0].Wait(ctx, 2); !errors.Is(err, context.Canceled) || held != 1 {
		t.Errorf("%d, %v", held, err)
	}
	if held, err := nodes[0].Wait(within(t), 0); err != nil || held != 1 {
		t.Errorf("for nobody: %d, %v", held, err)
	}
	until(t, nodes[0], func(c *cluster.Core) bool { return c.Waiting() == 0 })
}

func TestCallsEndWithTheirContextAndTheNode(t *testing.T) {
	a := open(t, config(t, newCA(t), "a"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	calls := func(ctx context.Context) map[string]error {
		errs := map[string]error{"increment": a.Increment(ctx, "c", 1), "decrement": a.Decrement(ctx, "c", 1)}
		_, errs["add"] = a.Add(ctx, "set", nil)
		_, errs["wait"] = a.Wait(ctx, 1)
		for _, err := range a.All(ctx, "set") {
			errs["all"] = err
		}
		for _, err := range a.Names(ctx) {
			errs["names"] = err
		}
		return errs
	}
	for name, err := range calls(gone) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a context that has ended: %v", name, err)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	errs := calls(within(t))
	_, errs["contains"] = a.Contains(within(t), "set", nil)
	_, errs["value"] = a.Value(within(t), "set")
	_, errs["status"] = a.Status(within(t))
	errs["leave"] = a.Leave(within(t))
	for name, err := range errs {
		if !errors.Is(err, cluster.ErrClosed) {
			t.Errorf("%s at a closed node: %v", name, err)
		}
	}
	if err := a.Close(); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func TestAllAndNamesYieldWhatThereIs(t *testing.T) {
	a := open(t, config(t, newCA(t), "a"))
	add(t, a, "set", numbered("x", 5000)...)
	for i := range 2000 {
		add(t, a, fmt.Sprintf("set%d", i), "x")
	}
	found := map[string]bool{}
	for e, err := range a.All(within(t), "set") {
		if err != nil {
			t.Fatal(err)
		}
		found[string(e)] = true
	}
	names := map[string]bool{}
	for of, err := range a.Names(within(t)) {
		if err != nil {
			t.Fatal(err)
		}
		names[of.Name] = true
	}
	if len(found) != 5000 || len(names) != 2001 {
		t.Errorf("%d elements, %d names", len(found), len(names))
	}
	for range a.All(within(t), "set") {
		break
	}
}

func TestAFreshMemberIsToldEverything(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	batches := sized(4, 20, 20)
	for i := range batches {
		add(t, a, "set", numbered(fmt.Sprint(i, "/"), 10_000)...)
	}
	b := open(t, config(t, ca, "b", a))
	awaitElements(t, b, "set", batches*10_000)
}
