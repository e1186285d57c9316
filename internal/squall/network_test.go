package squall

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// inbox is a sink that keeps what it gets, and when.
type inbox struct {
	net *network
	mu  sync.Mutex
	got []string
	at  []time.Duration
	all chan struct{} // closed when want messages have come
	n   int
}

func newInbox(n *network, want int) *inbox {
	return &inbox{net: n, all: make(chan struct{}), n: want}
}

func (i *inbox) deliver(_ int64, src, _ string, body []byte, _ *message) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, src+" "+string(body))
	i.at = append(i.at, i.net.now())
	if len(i.got) == i.n {
		close(i.all)
	}
}

func testNetwork(t *testing.T, dist LatencyDist, latencyMS int) *network {
	t.Helper()
	n, err := newNetwork(newLatencySource(dist, latencyMS, newRand(1, streamLatency)), &lossSource{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	return n
}

// post sends a message whose body is an object with the type given.
func (n *network) post(t *testing.T, src, dest, typ string) {
	t.Helper()
	var m message
	if err := m.parse(fmt.Appendf(nil, `{"src":%q,"dest":%q,"body":{"type":%q}}`, src, dest, typ)); err != nil {
		t.Fatal(err)
	}
	if err := n.route(&m); err != nil {
		t.Fatal(err)
	}
}

func TestEqualLatencyKeepsTheOrder(t *testing.T) {
	n := testNetwork(t, Constant, 5)
	box := newInbox(n, 200)
	n.join("n1", nil)
	n.join("n2", box)
	sent := make([]time.Duration, 200)
	for i := range sent {
		sent[i] = n.now()
		n.post(t, "n1", "n2", fmt.Sprint(i))
	}
	<-box.all
	for i, got := range box.got {
		if want := fmt.Sprintf(`n1 {"type":"%d"}`, i); got != want {
			t.Errorf("message %d is %s", i, got)
		}
		if took := box.at[i] - sent[i]; took < 5*time.Millisecond {
			t.Errorf("message %d took %v", i, took)
		}
	}
}

// A hop must take its latency and not much more, or figures that sum up
// several hops are off. The limit is on the median, so that a busy machine
// does not fail the test.
func TestDeliveryIsPrecise(t *testing.T) {
	n := testNetwork(t, Constant, 7)
	var late []time.Duration
	n.join("n1", nil)
	ep := n.join("n2", nil)
	for range 31 {
		box := newInbox(n, 1)
		ep.sink = box
		sent := n.now()
		n.post(t, "n1", "n2", "x")
		<-box.all
		late = append(late, box.at[0]-sent-7*time.Millisecond)
	}
	slices.Sort(late)
	if median := late[len(late)/2]; late[0] < 0 || median > 700*time.Microsecond {
		t.Errorf("late by %v at least, %v in the median", late[0], median)
	}
}

func TestClientsHaveNoLatency(t *testing.T) {
	n := testNetwork(t, Constant, 3_600_000)
	node, client := newInbox(n, 1), newInbox(n, 1)
	n.join("n1", node)
	n.join("c1", client)
	n.post(t, "c1", "n1", "ask")
	n.post(t, "n1", "c1", "answer")
	if len(node.got) != 1 || len(client.got) != 1 {
		t.Errorf("the node got %v, the client %v", node.got, client.got)
	}
}

// Maelstrom's carriers serve one message at a time; see receiver.go.
func TestARequestWaitsBehindTheMessageBeingCarried(t *testing.T) {
	n := testNetwork(t, Constant, 20)
	box := newInbox(n, 3)
	n.join("n1", nil)
	n.join("n2", box)
	n.join("c1", nil)
	n.post(t, "n1", "n2", "first")
	n.post(t, "n1", "n2", "second")
	n.post(t, "c1", "n2", "request")
	<-box.all
	if got := strings.Join(box.got, " "); got != `n1 {"type":"first"} c1 {"type":"request"} n1 {"type":"second"}` {
		t.Errorf("got %s", got)
	}
}

func TestGrudgesDropMessagesUnderWay(t *testing.T) {
	n := testNetwork(t, Constant, 10)
	before, after := newInbox(n, 1), newInbox(n, 1)
	n.join("n1", nil)
	n2 := n.join("n2", before)
	n.join("n3", nil)
	n.post(t, "n1", "n2", "lost")
	n.post(t, "n3", "n2", "heard")
	n.hold(Grudge{"n2": {"n1"}})
	<-before.all // what was sent before it has been received, or dropped
	n.hold(nil)
	n2.sink = after
	n.post(t, "n1", "n2", "healed")
	<-after.all
	if got := strings.Join(append(before.got, after.got...), " "); got != `n3 {"type":"heard"} n1 {"type":"healed"}` {
		t.Errorf("got %s", got)
	}
	if sent, got := n.traffic.serverSends.Load(), n.traffic.serverReceives.Load(); sent != 3 || got != 2 {
		t.Errorf("%d sent and %d received, want 3 and 2", sent, got)
	}
}

func TestMessagesToStrangersAreRefused(t *testing.T) {
	n := testNetwork(t, Constant, 0)
	n.join("n1", newInbox(n, 0))
	for _, test := range []struct{ src, dest, want string }{
		{"n9", "n1", `the message's src is "n9", which is not on the network`},
		{"n1", "n9", `the message's dest is "n9", which is not on the network`},
		{"n1", "c9", `the message's dest is the client "c9", which is not on the network: a client leaves`},
	} {
		err := n.route(&message{src: []byte(test.src), dest: []byte(test.dest), body: []byte("{}")})
		if err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("error %v, want %s", err, test.want)
		}
	}
}

func TestTypesAreTallied(t *testing.T) {
	var ta tally
	for _, raw := range []string{`"a"`, `"a"`, `"\u0061"`, `7`, ``, `"b"`} {
		ta.add([]byte(raw), 10)
	}
	for i := range 2 * maxTypes {
		ta.add(fmt.Appendf(nil, `"made up %d"`, i), 0)
	}
	byType := map[string]int64{}
	ta.addTo(byType)
	if byType["a"] != 3 || byType["b"] != 1 || byType[otherTypes] < 2+maxTypes || len(byType) > maxTypes+1 || ta.bytes != 60 {
		t.Errorf("a: %d, b: %d, other: %d of %d types, %d bytes", byType["a"], byType["b"], byType[otherTypes], len(byType), ta.bytes)
	}
}
