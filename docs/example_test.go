// Package docs_test holds what the documents show against the code.
package docs_test

import (
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gset/crdt"
	"gset/replica"
)

var rewrite = flag.Bool("rewrite", false, "write the example of PROTOCOL.md anew")

// The example is the block of code between these two lines.
const (
	begin = "<!-- The example, written by go test ./docs -rewrite -->\n\n```text\n"
	end   = "```\n"
)

// TestTheExampleOfTheProtocolIsWhatTheCodeSends plays the worked example of PROTOCOL.md and
// holds every byte of it against the document.
func TestTheExampleOfTheProtocolIsWhatTheCodeSends(t *testing.T) {
	const path = "PROTOCOL.md"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	old, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no block %q", path, begin)
	}
	example := play(t)
	switch {
	case example == old:
	case *rewrite:
		if err := os.WriteFile(path, []byte(before+begin+example+end+after), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s shows\n%s\nthe code says\n%s", path, old, example)
	}
}

type (
	message  = replica.Message[*crdt.GSet]
	output   = replica.Output[*crdt.GSet]
	envelope struct {
		from, to replica.ID
		at       time.Duration // of its arrival
		message  message
	}
)

// cluster is a few replicas and a network that takes a hop for every message.
type cluster struct {
	t        *testing.T
	now      time.Duration
	replicas map[replica.ID]*replica.Replica[*crdt.GSet]
	order    []replica.ID
	flight   []envelope
	text     strings.Builder
}

const hop = 10 * time.Millisecond

var key = crdt.Key{0x0706050403020100, 0x0f0e0d0c0b0a0908} // bytes 00 to 0f

// play has a add 42 among three members. The scatter to c is lost, and c holds a 7 that
// nobody else has. It ends when b and c, which repair each other, are equal.
func play(t *testing.T) string {
	c := start(t, map[replica.ID]*crdt.GSet{
		"a": crdt.NewGSet(key), "b": crdt.NewGSet(key), "c": crdt.NewGSet(key, 7),
	})
	c.now = 100 * time.Millisecond
	out, err := c.replicas["a"].Update(c.now, crdt.NewGSet(key, 42))
	if err != nil {
		t.Fatal(err)
	}
	c.carry("a", out)
	for !c.equal() {
		c.step()
	}
	return c.text.String()
}

func start(t *testing.T, states map[replica.ID]*crdt.GSet) *cluster {
	c := &cluster{t: t, replicas: map[replica.ID]*replica.Replica[*crdt.GSet]{}}
	members, err := replica.NewMembers("a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(members.All()) {
		r, err := replica.New(replica.Config{Self: id, Members: members}, states[id], 0)
		if err != nil {
			t.Fatal(err)
		}
		c.replicas[id], c.order = r, append(c.order, id)
	}
	return c
}

// equal reports whether b and c hold the same.
func (c *cluster) equal() bool {
	return c.replicas["b"].State().Equal(c.replicas["c"].State())
}

// step has the next message arrive, or the next deadline come.
func (c *cluster) step() {
	next := c.order[0]
	for _, id := range c.order {
		if c.replicas[id].Deadline() < c.replicas[next].Deadline() {
			next = id
		}
	}
	due := c.replicas[next].Deadline()
	if len(c.flight) == 0 || due < c.flight[0].at {
		c.now = max(c.now, due)
		c.carry(next, c.replicas[next].Tick(c.now))
		return
	}
	e := c.flight[0]
	c.flight, c.now = c.flight[1:], e.at
	out, err := c.replicas[e.to].Receive(c.now, e.from, e.message)
	if err != nil {
		c.t.Fatal(err)
	}
	if !c.equal() {
		c.carry(e.to, out)
	}
}

// carry sends what a replica wants sent, in binary form, but for the scatter to c.
func (c *cluster) carry(from replica.ID, out output) {
	for _, e := range out.Messages {
		b, err := e.Message.AppendBinary(nil)
		if err != nil {
			c.t.Fatal(err)
		}
		m, err := replica.Decode(crdt.NewGSet(key), b)
		if err != nil {
			c.t.Fatal(err)
		}
		lost := ""
		if e.To == "c" && m.Kind == replica.Scatter {
			lost = ", lost"
		} else {
			c.flight = append(c.flight, envelope{from, e.To, c.now + hop, m})
		}
		fmt.Fprintf(&c.text, "%v from %s to %s at %d us%s\n", m.Kind, from, e.To, c.now.Microseconds(), lost)
		explain(&c.text, m, b)
	}
}

// explain writes a message's bytes field by field.
func explain(w *strings.Builder, m message, b []byte) {
	field := func(n int, format string, args ...any) {
		fmt.Fprintf(w, "  %-20s  %s\n", fmt.Sprintf("%x", b[:n]), fmt.Sprintf(format, args...))
		b = b[n:]
	}
	varint := func(v uint64) int { return len(binary.AppendUvarint(nil, v)) }
	micros := func(d time.Duration) int { return varint(uint64(d.Microseconds())) }
	field(1, "version 3, kind %d", m.Kind)
	field(1, "flags")
	field(4, "cluster id %08x", uint32(m.Cluster))
	field(varint(m.View), "view %d", m.View)
	field(len(m.Digest), "digest of what is stable at the sender")
	field(micros(m.Stamp), "stamp: %d us on the sender's clock", m.Stamp.Microseconds())
	if len(m.Echoes) > 0 {
		field(1, "one echo")
		e := m.Echoes[0]
		field(1+len(e.Member), "of %s", e.Member)
		field(micros(e.Stamp), "of its stamp %d us", e.Stamp.Microseconds())
		field(micros(e.Wait), "which waited %d us", e.Wait.Microseconds())
	}
	if m.Kind == replica.Scatter || m.Kind == replica.Answer {
		field(micros(m.Next), "the next scatter in %d us at the earliest", m.Next.Microseconds())
	}
	if m.Sketch == nil {
		field(len(b), "delta %v", m.Delta)
		return
	}
	field(20, "estimator of the stable cells")
	field(varint(m.Sketch.Items()), "%d of them", m.Sketch.Items())
	field(varint(uint64(m.Sketch.Len())), "%d coded symbols", m.Sketch.Len())
}
