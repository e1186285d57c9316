package node

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
	"pgregory.net/rapid"

	"gset/crdt"
)

func TestGSetHasNamesOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GSet(), usual, "n1")
		c.init("n1")
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":[]}`)
		c.want("n1", `{"type":"add","element":7}`, `{"type":"add_ok"}`)
		c.want("n1", `{"type":"add","element":-9223372036854775808}`, `{"type":"add_ok"}`)
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":[-9223372036854775808,7]}`)
		c.wantError("n1", `{"type":"add","message":7}`, maelstrom.MalformedRequest, `"element" is missing`)
		c.wantError("n1", `{"type":"broadcast","message":7}`, maelstrom.NotSupported, "broadcast")
	})
}

func TestCountersCountExactly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GCounter(), usual, "n1")
		c.init("n1")
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":0}`)
		for range 2 { // beyond what a float64 holds, and an int64
			c.want("n1", `{"type":"add","delta":9223372036854775807}`, `{"type":"add_ok"}`)
		}
		c.want("n1", `{"type":"add","delta":1}`, `{"type":"add_ok"}`)
		c.want("n1", `{"type":"add","delta":0}`, `{"type":"add_ok"}`)
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":18446744073709551615}`)
		c.wantError("n1", `{"type":"add","delta":1}`, maelstrom.Abort, "would pass 2^64-1")
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":18446744073709551615}`)
	})
	synctest.Test(t, func(t *testing.T) {
		c := start(t, PNCounter(), usual, "n1")
		c.init("n1")
		for _, d := range []string{"-9223372036854775808", "5", "-7", "0"} {
			c.want("n1", `{"type":"add","delta":`+d+`}`, `{"type":"add_ok"}`)
		}
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":-9223372036854775810}`)
	})
}

func TestDeltasThatMakeNoSenseAreRefusedAndCountNothing(t *testing.T) {
	refused := []string{`"delta":1.0`, `"delta":1e3`, `"delta":"1"`, `"delta":null`, `"delta":[1]`, `"delta":{}`, `"delta":true`,
		`"delta":9223372036854775808`, `"delta":-9223372036854775809`, `"Delta":1`, `"d":1`}
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GCounter(), usual, "n1")
		c.init("n1")
		for _, field := range append(refused, `"delta":-1`, `"delta":-9223372036854775808`) {
			c.wantError("n1", `{"type":"add",`+field+`}`, maelstrom.MalformedRequest, `"delta"`)
		}
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":0}`)
	})
	synctest.Test(t, func(t *testing.T) {
		c := start(t, PNCounter(), usual, "n1")
		c.init("n1")
		for _, field := range refused {
			c.wantError("n1", `{"type":"add",`+field+`}`, maelstrom.MalformedRequest, `"delta"`)
		}
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":0}`)
	})
}

func TestAddsOfAllNodesAreCountedOnce(t *testing.T) {
	for _, interval := range []time.Duration{0, 250 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			o := usual
			o.Interval = interval
			c := start(t, PNCounter(), o, "n0", "n1", "n2")
			c.latency = 20 * time.Millisecond
			c.init(c.ids...)
			sum := 0
			for i := range 300 {
				d := i%10 - 5
				sum += d
				c.want(c.ids[i%3], fmt.Sprintf(`{"type":"add","delta":%d}`, d), `{"type":"add_ok"}`)
				time.Sleep(7 * time.Millisecond)
			}
			want := fmt.Sprintf(`{"type":"read_ok","value":%d}`, sum)
			if got := c.await(c.ids, `{"type":"read"}`, 10*time.Second); got != want {
				t.Errorf("the nodes agree on %s, want %s", got, want)
			}
		})
	}
}

// What a node added before it lost its state still counts, and so does what it adds
// in its next life, although it starts again from nothing.
func TestNodeThatLostItsStateLosesNoAdds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, GCounter(), usual, "n0", "n1", "n2")
		c.latency = 20 * time.Millisecond
		c.init(c.ids...)
		c.want("n1", `{"type":"add","delta":100}`, `{"type":"add_ok"}`)
		c.await(c.ids, `{"type":"read"}`, 10*time.Second)

		c.stop("n1")
		c.restart("n1")
		c.init("n1")
		c.want("n1", `{"type":"read"}`, `{"type":"read_ok","value":0}`)
		c.want("n1", `{"type":"add","delta":5}`, `{"type":"add_ok"}`)
		if got := c.await(c.ids, `{"type":"read"}`, 30*time.Second); got != `{"type":"read_ok","value":105}` {
			t.Errorf("the nodes agree on %s, want 105", got)
		}
	})
}

// An add is made without joining the replica's values, and comes to the same as if it were made
// from their join.
func TestAddRaisesTheEntryOfTheState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counter := func(name string) *crdt.PNCounter {
			c := crdt.NewPNCounter(benchKey)
			for i := range rapid.IntRange(0, 4).Draw(t, name+" adds") {
				origin := crdt.Origin{Node: rapid.SampledFrom([]string{"n1", "n2"}).Draw(t, fmt.Sprint(name, " origin ", i))}
				delta, err := c.Add(origin, rapid.Int64Range(-9, 9).Draw(t, fmt.Sprint(name, " add ", i)))
				if err != nil {
					t.Fatal(err)
				}
				c.Join(delta)
			}
			return c
		}
		local := Local[*crdt.PNCounter]{Stable: counter("stable"), Pending: counter("pending"), Origin: crdt.Origin{Node: "n1"}}
		d := rapid.Int64().Draw(t, "d")
		add := func(c *crdt.PNCounter) (*crdt.PNCounter, error) { return c.Add(local.Origin, d) }
		got, err := local.raised(add)
		if err != nil {
			t.Fatal(err)
		}
		want, err := add(local.State())
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(want) {
			t.Fatalf("%d added to %v and %v: got %v, want %v", d, local.Stable, local.Pending, got, want)
		}
	})
}
