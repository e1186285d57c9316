package service

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"gset/internal/bench/latency"
	"gset/internal/bench/message"
	"gset/internal/bench/network"
)

func request(t *testing.T, body string) *serviceRequest {
	t.Helper()
	s := &Service{net: testServiceNetwork(t)}
	s.more.L = &s.mu
	s.Deliver(0, "n1", "lin-kv", []byte(body), nil)
	return s.pending[0]
}

// ask returns a handler's answer, with its closing brace.
func ask(t *testing.T, h handler, client, body string) string {
	t.Helper()
	if b := h.handle(client, request(t, body)); b != nil {
		return string(b) + "}"
	}
	return ""
}

func TestLinearStore(t *testing.T) {
	kv := &linearKV{store: kvStore{}}
	for _, step := range [][2]string{
		{`{"type":"read","key":"x"}`, `{"type":"error","code":20,"text":"key does not exist"}`},
		{`{"type":"cas","key":"x","from":0,"to":1}`, `{"type":"error","code":20,"text":"key does not exist"}`},
		{`{"type":"cas","key":"x","from":0,"to":1,"create_if_not_exists":true}`, `{"type":"cas_ok"}`},
		{`{"type":"read","key":"x"}`, `{"type":"read_ok","value":1}`},
		{`{"type":"cas","key":"x","from":2,"to":3}`, `{"type":"error","code":22,"text":"current value 1 is not 2"}`},
		{`{"type":"cas","key":"x","from":1.0,"to":3}`, `{"type":"error","code":22,"text":"current value 1 is not 1.0"}`},
		{`{"type":"cas","key":"x","from":1,"to":[1,{"a":"b"}]}`, `{"type":"cas_ok"}`},
		{`{"type":"cas","key":"x","from":[1, {"a": "b"}],"to":12345678901234567890}`, `{"type":"cas_ok"}`},
		{`{"type":"read","key":"x"}`, `{"type":"read_ok","value":12345678901234567890}`},
		{`{"type":"write","key":{"k":[1]},"value":null}`, `{"type":"write_ok"}`},
		{`{"type":"read","key":{ "k": [ 1 ] }}`, `{"type":"read_ok","value":null}`},
		{`{"type":"dance","key":"x"}`, ``},
	} {
		if got := ask(t, kv, "n1", step[0]); got != step[1] {
			t.Errorf("%s: got %s, want %s", step[0], got, step[1])
		}
	}
}

func TestTimestampsGrow(t *testing.T) {
	ts := &timestamps{}
	for i := range 3 {
		if got, want := ask(t, ts, "n1", `{"type":"ts"}`), fmt.Sprintf(`{"type":"ts_ok","ts":%d}`, i); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// readValue asks for x and returns it, -1 if there is none.
func readValue(t *testing.T, h handler, client string) int {
	t.Helper()
	text, ok := strings.CutPrefix(ask(t, h, client, `{"type":"read","key":"x"}`), `{"type":"read_ok","value":`)
	if !ok {
		return -1
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, "}"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSequentialStoreGoesForwardOnly(t *testing.T) {
	kv := newSequentialKV(rand.New(rand.NewPCG(1, 1)))
	last := map[string]int{"n1": -1, "n2": -1}
	stale := 0
	for i := range 500 {
		if got := ask(t, kv, "n0", fmt.Sprintf(`{"type":"write","key":"x","value":%d}`, i)); got != `{"type":"write_ok"}` {
			t.Fatalf("got %s", got)
		}
		if got := readValue(t, kv, "n0"); got != i {
			t.Fatalf("the writer of %d reads %d", i, got)
		}
		for client := range last {
			got := readValue(t, kv, client)
			if got < last[client] {
				t.Fatalf("%s read %d after %d", client, got, last[client])
			}
			if got < i {
				stale++
			}
			last[client] = got
		}
	}
	if stale == 0 {
		t.Error("no read was ever stale")
	}
	if len(kv.changes) != sequentialHistory-1 {
		t.Errorf("%d changes are kept", len(kv.changes))
	}
}

func TestEventualStoreConverges(t *testing.T) {
	kv := newEventualKV(rand.New(rand.NewPCG(1, 1)))
	stale := 0
	for i := range 200 {
		ask(t, kv, "n0", fmt.Sprintf(`{"type":"write","key":"x","value":%d}`, i))
		if readValue(t, kv, "n0") != i {
			stale++
		}
	}
	if stale == 0 {
		t.Error("no read was ever stale")
	}
	for range 100 { // enough merges for both replicas to have all
		readValue(t, kv, "n0")
	}
	settled := readValue(t, kv, "n0")
	for range 100 {
		if got := readValue(t, kv, "n1"); got != settled {
			t.Fatalf("read %d after %d", got, settled)
		}
	}
	if got := ask(t, kv, "n0", `{"type":"cas","key":"y","from":0,"to":1,"create_if_not_exists":true}`); got != `{"type":"error","code":20,"text":"key does not exist"}` {
		t.Errorf("cas made a key: %s", got)
	}
}

func TestServicesAnswerOverTheNetwork(t *testing.T) {
	n := testServiceNetwork(t)
	box := make(replies, 2)
	n.Join("n1", box)
	services := Start(n, rand.New(rand.NewPCG(1, 7)))
	for _, s := range services {
		defer s.Stop()
	}
	for _, line := range []string{
		`{"src":"n1","dest":"lin-kv","body":{"type":"write","key":"x","value":5,"msg_id":1}}`,
		`{"src":"n1","dest":"lin-kv","body":{"type":"read","key":"x","msg_id":2}}`,
	} {
		var m message.Message
		if err := m.Parse([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if err := n.Route(&m); err != nil {
			t.Fatal(err)
		}
	}
	got := <-box + " " + <-box
	want := `lin-kv {"type":"write_ok","in_reply_to":1} lin-kv {"type":"read_ok","value":5,"in_reply_to":2}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if sent := n.Traffic.Stats(0, nil).Servers.SendCount; sent != 4 {
		t.Errorf("%d messages between servers, want 4", sent)
	}
}

// replies is a sink that keeps what it gets.
type replies chan string

func (r replies) Deliver(_ int64, src, _ string, body []byte, _ *message.Message) {
	r <- src + " " + string(body)
}

// testServiceNetwork makes a network with a latency of a millisecond.
func testServiceNetwork(t *testing.T) *network.Network {
	t.Helper()
	n, err := network.New(network.NewAlarm, network.NewLatency(latency.Constant, 1, nil), &network.Loss{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}
