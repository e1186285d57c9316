package node

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
)

// cluster is a number of nodes, each a Run of its own, and the network between them.
// It lives in a synctest bubble: time passes only while everybody waits for it, and
// synctest.Wait returns when nobody has anything left to do until then.
type cluster struct {
	t       *testing.T
	nodes   map[string]*process
	twins   map[string]*process // others that go by the name of a node
	ids     []string
	latency time.Duration                 // of messages between nodes
	restart func(id string)               // runs a node that was stopped, or has never run
	twin    func(id, dir string) *process // runs another node that is to have a node's name, with its data in dir

	mu       sync.Mutex
	replies  []string // lines to anyone who is not a node, in the order written
	gossiped int      // lines to nodes
	longest  int      // of the lines to nodes, newline included
	msgID    int
}

// process is one node's Run, from outside.
type process struct {
	stdin  stdin
	log    lockedBuffer
	result chan error // what Run returns; it returns when stdin is closed
}

// start runs a cluster of nodes with the given ids, none of them initialised. It
// must be called in a bubble.
func start[S crdt.Lattice[S]](t *testing.T, w Workload[S], o Options, ids ...string) *cluster {
	c := &cluster{t: t, nodes: make(map[string]*process), twins: make(map[string]*process), ids: ids}
	run := func(in map[string]*process, id, dir string) *process {
		p := &process{stdin: stdin{lines: make(chan string, 1<<15)}, result: make(chan error, 1)}
		c.mu.Lock()
		in[id] = p
		c.mu.Unlock()
		o.Incarnation++ // another for every life
		o := o
		o.Data = dir
		stdout := &splitter{each: c.route}
		go func() { p.result <- Run(w, o, &p.stdin, stdout, &p.log) }()
		return p
	}
	c.restart = func(id string) { run(c.nodes, id, o.Data) }
	c.twin = func(id, dir string) *process { return run(c.twins, id, dir) }
	for _, id := range ids {
		c.restart(id)
	}
	t.Cleanup(func() {
		for id := range c.nodes {
			c.stop(id)
		}
		for id, p := range c.twins {
			p.end(t, id)
		}
	})
	return c
}

// stop closes a node's input, and checks that this ends it without an error.
func (c *cluster) stop(id string) { c.nodes[id].end(c.t, id) }

func (p *process) end(t *testing.T, id string) {
	if p.stdin.close() {
		if err := <-p.result; err != nil {
			t.Errorf("Run of %q: %v", id, err)
		}
	}
}

// route takes what a node writes, and checks it.
func (c *cluster) route(line []byte) {
	var m maelstrom.Message
	if err := json.Unmarshal(line, &m); err != nil {
		c.t.Errorf("a line of output that is no message: %v\n%.200s", err, line)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nodes[m.Src] == nil || m.Dest == "" || len(m.Body) == 0 || m.Body[0] != '{' {
		c.t.Errorf("a line of output that is no message of a node's: %.200s", line)
		return
	}
	to, twin := c.nodes[m.Dest], c.twins[m.Dest]
	if to == nil {
		c.replies = append(c.replies, string(line))
		return
	}
	c.gossiped++
	c.longest = max(c.longest, len(line)+1)
	copied := string(line)
	time.AfterFunc(c.latency, func() { to.stdin.put(copied) })
	if twin != nil {
		time.AfterFunc(c.latency, func() { twin.stdin.put(copied) })
	}
}

// sent returns how many messages nodes have sent each other until now.
func (c *cluster) sent() int {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gossiped
}

// say gives a node lines to read, waits until it has nothing left to do, and returns
// what it, or any other node, said to clients.
func (c *cluster) say(id string, lines ...string) []string {
	c.t.Helper()
	for _, line := range lines {
		c.nodes[id].stdin.put(line)
	}
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	said := c.replies
	c.replies = nil
	return said
}

// ask makes a request, whose body is given less its msg_id, and returns the body of
// the reply less its in_reply_to.
func (c *cluster) ask(id, body string) string {
	c.t.Helper()
	c.msgID++
	said := c.say(id, fmt.Sprintf(`{"src":"c1","dest":%s,"body":{"msg_id":%d,%s}}`, marshal(c.t, id), c.msgID, body[1:len(body)-1]))
	if len(said) != 1 {
		c.t.Fatalf("%s asked %s: got %d replies, want 1\n%.500s", id, body, len(said), strings.Join(said, "\n"))
	}
	var reply struct {
		Src, Dest string
		Body      map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(said[0]), &reply); err != nil {
		c.t.Fatal(err)
	}
	if reply.Src != id || reply.Dest != "c1" || string(reply.Body["in_reply_to"]) != fmt.Sprint(c.msgID) {
		c.t.Fatalf("%s asked %s: got %.500s", id, body, said[0])
	}
	delete(reply.Body, "in_reply_to")
	return marshal(c.t, reply.Body)
}

// want asks and checks the reply.
func (c *cluster) want(id, body, reply string) {
	c.t.Helper()
	if got := c.ask(id, body); got != reply {
		c.t.Errorf("%s asked %s\n got %.500s\nwant %.500s", id, body, got, reply)
	}
}

// wantError asks, and checks that the reply is an error of a code, and that its text
// has some words in it.
func (c *cluster) wantError(id, body string, code int, words string) {
	c.t.Helper()
	got := c.ask(id, body)
	var reply map[string]any
	if err := json.Unmarshal([]byte(got), &reply); err != nil {
		c.t.Fatal(err)
	}
	text, _ := reply["text"].(string)
	if len(reply) != 3 || reply["type"] != "error" || reply["code"] != float64(code) || !strings.Contains(text, words) {
		c.t.Errorf("%s asked %.200s\n got %.500s\nwant error %d about %s", id, body, got, code, words)
	}
	if len(text) > 400 {
		c.t.Errorf("%s asked %.200s: a text of %d bytes", id, body, len(text))
	}
}

// init initialises nodes.
func (c *cluster) init(ids ...string) {
	c.t.Helper()
	for _, id := range ids {
		body := fmt.Sprintf(`{"type":"init","node_id":%s,"node_ids":%s}`, marshal(c.t, id), marshal(c.t, c.ids))
		c.want(id, body, `{"type":"init_ok"}`)
	}
}

// await lets time pass until some nodes reply to a request alike, and returns the
// reply. It gives up when the time is over.
func (c *cluster) await(ids []string, body string, atMost time.Duration) string {
	c.t.Helper()
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		var replies []string
		for _, id := range ids {
			replies = append(replies, c.ask(id, body))
		}
		if len(slices.Compact(replies)) == 1 {
			return replies[0]
		}
		if time.Since(begin) > atMost {
			c.t.Fatalf("the nodes still differ after %v: %.500s", atMost, replies)
		}
	}
}

// stdin is the reading end of an in-memory pipe.
type stdin struct {
	lines chan string
	rest  []byte // of the line being read

	mu     sync.Mutex
	closed bool
}

// put does not block: a network that did would have nodes wait for each other.
func (s *stdin) put(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	select {
	case s.lines <- line:
	default:
		panic("a node does not read its input")
	}
}

// close reports whether it was open.
func (s *stdin) close() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.closed = true
	close(s.lines)
	return true
}

func (s *stdin) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		line, ok := <-s.lines
		if !ok {
			return 0, io.EOF
		}
		s.rest = append([]byte(line), '\n')
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// splitter is a writer that hands on what is written line by line.
type splitter struct {
	rest []byte
	each func(line []byte)
}

func (s *splitter) Write(p []byte) (int, error) {
	s.rest = append(s.rest, p...)
	for {
		line, rest, found := bytes.Cut(s.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		s.each(line)
		s.rest = rest
	}
}

// lockedBuffer is a buffer that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// usual are the options that flags give by default.
var usual = Options{Interval: 250 * time.Millisecond, Probe: 2 * time.Second, Key: benchKey}
