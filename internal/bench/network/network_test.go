package network

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gset/internal/bench/latency"
	"gset/internal/bench/message"
)

// inbox is a sink that keeps what it gets, and when.
type inbox struct {
	net *Network
	mu  sync.Mutex
	got []string
	at  []time.Duration
	all chan struct{} // closed when want messages have come
	n   int
}

func newInbox(n *Network, want int) *inbox {
	return &inbox{net: n, all: make(chan struct{}), n: want}
}

func (i *inbox) Deliver(_ int64, src, _ string, body []byte, _ *message.Message) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, src+" "+string(body))
	i.at = append(i.at, i.net.Now())
	if len(i.got) == i.n {
		close(i.all)
	}
}

// testNetwork makes a network with a kind of alarm.
func testNetwork(t *testing.T, newAlarm func(fire func()) (Alarm, error), dist latency.Dist, latencyMS int) *Network {
	t.Helper()
	n, err := New(newAlarm, NewLatency(dist, latencyMS, rand.New(rand.NewPCG(1, 5))), &Loss{Rand: rand.New(rand.NewPCG(1, 6))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// inVirtualTime runs a test with a network of constant latency, on which nothing is late.
func inVirtualTime(t *testing.T, latencyMS int, test func(t *testing.T, n *Network)) {
	synctest.Test(t, func(t *testing.T) { test(t, testNetwork(t, NewTimerAlarm, latency.Constant, latencyMS)) })
}

// post sends a message whose body is an object with the type given.
func (n *Network) post(t testing.TB, src, dest, typ string) {
	t.Helper()
	var m message.Message
	if err := m.Parse(fmt.Appendf(nil, `{"src":%q,"dest":%q,"body":{"type":%q}}`, src, dest, typ)); err != nil {
		t.Fatal(err)
	}
	if err := n.Route(&m); err != nil {
		t.Fatal(err)
	}
}

// In real time a message may take longer than its latency, but neither less nor
// another's place.
func TestEqualLatencyKeepsTheOrder(t *testing.T) {
	n := testNetwork(t, NewAlarm, latency.Constant, 5)
	box := newInbox(n, 200)
	n.Join("n1", nil)
	n.Join("n2", box)
	sent := make([]time.Duration, 200)
	for i := range sent {
		sent[i] = n.Now()
		n.post(t, "n1", "n2", fmt.Sprint(i))
	}
	<-box.all
	for i, got := range box.got {
		if want := fmt.Sprintf(`n1 {"type":"%d"}`, i); got != want {
			t.Errorf("message %d is %s", i, got)
		}
		if took := box.at[i] - sent[i]; took < 4*time.Millisecond {
			t.Errorf("message %d took %v", i, took)
		}
	}
}

// A hop takes its latency less what is rounded down, or figures that sum up several hops are off.
// How much the machine adds to that is BenchmarkHop's to say.
func TestAHopTakesItsLatency(t *testing.T) {
	inVirtualTime(t, 7, func(t *testing.T, n *Network) {
		box := newInbox(n, 100)
		n.Join("n1", nil)
		n.Join("n2", box)
		for i := range box.n {
			at := time.Duration(i) * 3 * time.Millisecond // two are under way while a third is sent
			time.Sleep(at - n.Now())
			n.post(t, "n1", "n2", "x")
		}
		<-box.all
		for i, at := range box.at {
			if want := time.Duration(3*i+6) * time.Millisecond; at != want {
				t.Errorf("message %d came at %v, want %v", i, at, want)
			}
		}
	})
}

func TestClientsHaveNoLatency(t *testing.T) {
	inVirtualTime(t, 3_600_000, func(t *testing.T, n *Network) {
		node, client := newInbox(n, 1), newInbox(n, 1)
		n.Join("n1", node)
		n.Join("c1", client)
		n.post(t, "c1", "n1", "ask")
		n.post(t, "n1", "c1", "answer")
		if len(node.got) != 1 || len(client.got) != 1 || n.Now() != 0 {
			t.Errorf("the node got %v, the client %v, after %v", node.got, client.got, n.Now())
		}
	})
}

// Maelstrom's carriers serve one message at a time; see receiver.go.
func TestARequestWaitsBehindTheMessageBeingCarried(t *testing.T) {
	inVirtualTime(t, 20, func(t *testing.T, n *Network) {
		box := newInbox(n, 3)
		n.Join("n1", nil)
		n.Join("n2", box)
		n.Join("c1", nil)
		n.post(t, "n1", "n2", "first")
		n.post(t, "n1", "n2", "second")
		n.post(t, "c1", "n2", "request")
		<-box.all
		if got := strings.Join(box.got, " "); got != `n1 {"type":"first"} c1 {"type":"request"} n1 {"type":"second"}` {
			t.Errorf("got %s", got)
		}
	})
}

// A carrier decides whether a message is cut when it takes the message, not when that is
// due; see receiver.go. The times are those of Maelstrom, whose carriers do the same.
func TestACarrierDropsWhatItTakesDuringAPartition(t *testing.T) {
	cut := map[string][]string{"n2": {"n1"}}
	for _, test := range []struct {
		name  string
		steps func(t *testing.T, n *Network)
		want  []string // what n2 gets, and when
	}{
		{"a partition begins while the message is carried", func(t *testing.T, n *Network) {
			n.post(t, "n1", "n2", "a")
			time.Sleep(500 * time.Millisecond)
			n.Hold(cut)
		}, []string{`999ms n1 {"type":"a"}`}},
		{"a partition heals before the message is due", func(t *testing.T, n *Network) {
			n.Hold(cut)
			n.post(t, "n1", "n2", "a")
			time.Sleep(500 * time.Millisecond)
			n.Hold(nil)
		}, nil},
		{"a client asks while a snubbed message would be under way", func(t *testing.T, n *Network) {
			n.Hold(cut)
			n.post(t, "n1", "n2", "a")
			time.Sleep(50 * time.Millisecond)
			n.post(t, "c1", "n2", "ask")
		}, []string{`50ms c1 {"type":"ask"}`}},
		{"a partition begins while messages wait behind the one that is carried", func(t *testing.T, n *Network) {
			n.post(t, "n1", "n2", "a")
			time.Sleep(100 * time.Millisecond)
			n.post(t, "n1", "n2", "b")
			n.post(t, "n3", "n2", "c")
			time.Sleep(400 * time.Millisecond)
			n.Hold(cut)
		}, []string{`999ms n1 {"type":"a"}`, `1.099s n3 {"type":"c"}`}},
		{"a partition begins and ends while messages wait", func(t *testing.T, n *Network) {
			n.post(t, "n3", "n2", "a")
			n.post(t, "n1", "n2", "b")
			n.Hold(cut)
			time.Sleep(500 * time.Millisecond)
			n.Hold(nil)
		}, []string{`999ms n3 {"type":"a"}`, `999ms n1 {"type":"b"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inVirtualTime(t, 1000, func(t *testing.T, n *Network) {
				box := newInbox(n, -1)
				for name, sink := range map[string]Sink{"n1": nil, "n2": box, "n3": nil, "c1": nil} {
					n.Join(name, sink)
				}
				test.steps(t, n)
				time.Sleep(time.Minute)
				synctest.Wait()
				var got []string
				for i, what := range box.got {
					got = append(got, fmt.Sprint(box.at[i], " ", what))
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("n2 got %q, want %q", got, test.want)
				}
			})
		})
	}
}

func TestMessagesThatAreCutHaveBeenSent(t *testing.T) {
	inVirtualTime(t, 0, func(t *testing.T, n *Network) {
		n.Join("n1", nil)
		n.Join("n2", newInbox(n, -1))
		n.Hold(map[string][]string{"n2": {"n1"}})
		n.post(t, "n1", "n2", "cut")
		n.Hold(nil)
		n.post(t, "n1", "n2", "heard")
		if s := n.Traffic.Stats(0, nil).Servers; s.SendCount != 2 || s.RecvCount != 1 {
			t.Errorf("%d sent and %d received, want 2 and 1", s.SendCount, s.RecvCount)
		}
	})
}

func TestMessagesToStrangersAreRefused(t *testing.T) {
	n := testNetwork(t, NewAlarm, latency.Constant, 0)
	n.Join("n1", newInbox(n, 0))
	n.Leave(n.Join("c8", newInbox(n, 0)))
	for _, test := range []struct{ src, dest, want string }{
		{"n9", "n1", `the message's src is "n9", which is not on the network`},
		{"n1", "n9", `the message's dest is "n9", which is not on the network`},
		{"n1", "c8", `the message's dest is the client "c8", which is not on the network: a client leaves`},
		{"n1", "c9", `the message's dest is the client "c9", which never was on the network`},
	} {
		err := n.Route(&message.Message{Src: []byte(test.src), Dest: []byte(test.dest), Body: []byte("{}")})
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
}
