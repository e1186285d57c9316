package replica

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gset/crdt"
)

// The vectors of docs/PROTOCOL.md that are this package's affair. A change in them is a
// change of the protocol. They are written by
//
//	go test ./replica -run Vectors -rewrite

// TestCoinVectors holds the shared coin, its hubs and its trees against
// ../testdata/coin.txt.
func TestCoinVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/coin.txt", func(t *testing.T, d *datadriven.TestData) string {
		var seed, n, fanout, view, root uint64
		for _, arg := range d.CmdArgs {
			into := map[string]*uint64{"seed": &seed, "n": &n, "fanout": &fanout, "view": &view, "root": &root}[arg.Key]
			if into == nil {
				d.Fatalf(t, "no argument %q", arg.Key)
			}
			*into = number(t, arg.Vals[0])
		}
		var out strings.Builder
		switch d.Cmd {
		case "hub":
			lines := strings.Split(d.Input, "\n")
			cfg := Config{}
			for name := range strings.FieldsSeq(lines[0]) {
				cfg.Members = append(cfg.Members, ID(name))
			}
			c := coin{seed, cfg.sorted()}
			for text := range strings.FieldsSeq(lines[1]) {
				view := number(t, text)
				fmt.Fprintf(&out, "view %d draw %016x hub %s\n", view, c.draw(0, view), c.hub(view))
			}
		case "tree":
			c := coin{seed, make([]ID, n)}
			shape := c.tree(view, int(fanout))
			fmt.Fprintf(&out, "draw %016x step %d\n", c.draw(1, view), shape.step)
			byPosition := make([]int, n)
			for m := range int(n) {
				byPosition[shape.position(m, int(root))] = m
			}
			for p, m := range byPosition {
				fmt.Fprintf(&out, "position %d member %d below it %v\n", p, m, slices.Collect(shape.children(m, int(root))))
			}
		default:
			d.Fatalf(t, "unknown command")
		}
		return out.String()
	})
}

// TestMessageVectors holds the binary form of messages, and what is refused, against
// ../testdata/message.txt.
func TestMessageVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/message.txt", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "message":
			m := parseMessage(t, d.Input)
			data := encode(t, m)
			if read, err := Decode(bottom, data); err != nil || !equal(read, m) {
				d.Fatalf(t, "%x is read as %+v, %v", data, read, err)
			}
			return lines(data)
		case "refuse":
			if _, err := Decode(bottom, bytesOf(t, d.Input)); err != nil {
				return err.Error() + "\n"
			}
		case "receive": // as n1 of four, from n0 unless it says otherwise
			m, err := Decode(bottom, bytesOf(t, d.Input))
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			from := "n0"
			d.MaybeScanArgs(t, "from", &from)
			r := newVector(t, "n1", 4, set())
			deadline := r.Deadline()
			out, err := r.Receive(time.Second, ID(from), m)
			if len(out.Messages) > 0 || r.View() > 0 || r.State().Len() > 0 || r.Deadline() != deadline {
				d.Fatalf(t, "something changed")
			}
			if errors.Is(err, ErrMalformed) || errors.Is(err, ErrStranger) {
				return err.Error() + "\n"
			}
		}
		d.Fatalf(t, "unknown command, or nothing is wrong")
		return ""
	})
}

// TestExchangeVectors plays the exchange in ../testdata/exchange.txt.
func TestExchangeVectors(t *testing.T) {
	members := map[string]*Replica[*crdt.GSet]{}
	var sent []Envelope[*crdt.GSet] // and not received yet
	var froms []string
	datadriven.RunTest(t, "../testdata/exchange.txt", func(t *testing.T, d *datadriven.TestData) string {
		name := d.CmdArgs[0].Key
		r := members[name]
		var at uint64
		d.MaybeScanArgs(t, "at", &at)
		now := time.Duration(at) * time.Microsecond
		var result Output[*crdt.GSet]
		var err error
		switch d.Cmd {
		case "member":
			var n int
			d.ScanArgs(t, "n", &n)
			sent, froms = nil, nil // it is a new cluster
			members[name] = newVector(t, name, n, elements(t, d.Input))
			r = members[name]
		case "update":
			result = r.Update(now, elements(t, d.Input))
		case "tick":
			result = r.Tick(now)
		case "receive": // what was sent first
			if len(sent) == 0 || string(sent[0].To) != name {
				d.Fatalf(t, "the next message does not go to %s", name)
			}
			// It is read from its binary form, in which times are shorter.
			m, err := Decode(bottom, encode(t, sent[0].Message))
			if err == nil {
				result, err = r.Receive(now, ID(froms[0]), m)
			}
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			sent, froms = sent[1:], froms[1:]
		default:
			d.Fatalf(t, "unknown command")
		}
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		var out strings.Builder
		if result.Durable != nil {
			fmt.Fprintf(&out, "new %v\n", result.Durable)
		}
		fmt.Fprintf(&out, "elements %d view %d hub %s settled %x\n", r.State().Len(), r.View(), r.Hub(), bytesOfDigest(r.fingerprint()))
		for _, e := range result.Messages {
			sent, froms = append(sent, e), append(froms, name)
			fmt.Fprintf(&out, "to %s\n%s", e.To, show(e.Message))
			for line := range strings.Lines(lines(encode(t, e.Message))) {
				fmt.Fprintf(&out, "bytes %s", line)
			}
		}
		return out.String()
	})
}

// newVector returns a member of n0, n1 and so on, as all vectors have them.
func newVector(t *testing.T, self string, n int, state *crdt.GSet) *Replica[*crdt.GSet] {
	t.Helper()
	cfg := Config{Self: ID(self), Interval: 250 * time.Millisecond, Probe: 2 * time.Second, Seed: 1, MaxMessage: 40_000}
	for i := range n {
		cfg.Members = append(cfg.Members, ID(fmt.Sprintf("n%d", i)))
	}
	r, err := New(cfg, state, 0)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func hexNumber(t *testing.T, text string) crdt.CellID {
	t.Helper()
	n, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return crdt.CellID(n)
}

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	data, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func bytesOfDigest(f crdt.Fingerprint) []byte { return f[:] }

// lines is data in hex, 32 bytes a line.
func lines(data []byte) string {
	var out strings.Builder
	for line := range slices.Chunk(data, 32) {
		fmt.Fprintf(&out, "%x\n", line)
	}
	return out.String()
}

// elements reads a set, {1 4..9 100..900/100}.
func elements(t *testing.T, text string) *crdt.GSet {
	t.Helper()
	s := set()
	for word := range strings.FieldsSeq(strings.Trim(text, "{}\n")) {
		word, by, stepped := strings.Cut(word, "/")
		if !stepped {
			by = "1"
		}
		first, last, run := strings.Cut(word, "..")
		if !run {
			last = first
		}
		from, errF := strconv.ParseInt(first, 10, 64)
		to, errT := strconv.ParseInt(last, 10, 64)
		step, errS := strconv.ParseInt(by, 10, 64)
		if errF != nil || errT != nil || errS != nil {
			t.Fatalf("no elements %q", word)
		}
		for x := from; x <= to; x += step {
			s.Insert(x)
		}
	}
	return s
}

// parseMessage reads what show writes, and of a sketch what it is made from: "sketch 4 of
// {1..9}".
func parseMessage(t *testing.T, text string) (m message) {
	t.Helper()
	micros := func(text string) time.Duration { return time.Duration(number(t, text)) * time.Microsecond }
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		words := strings.Fields(value)
		switch name {
		case "kind":
			m.Kind = Kind(1 + slices.Index(kindNames[1:], value))
			if m.Kind.hasSpan() {
				m.Span = everything
			}
		case "view":
			m.View = number(t, value)
		case "digest":
			copy(m.Digest[:], bytesOf(t, value))
		case "stamp":
			m.Stamp = micros(value)
		case "answer":
			m.Answer = &Answer{micros(words[0]), micros(words[1])}
		case "next":
			m.Next = micros(value)
		case "root":
			m.Relay = &Relay{Root: int(number(t, value)), Echoes: []Echo{}}
		case "echo":
			e := Echo{int(number(t, words[0])), Answer{micros(words[1]), micros(words[2])}}
			m.Relay.Echoes = append(m.Relay.Echoes, e)
		case "span":
			m.Span = Span{hexNumber(t, words[0]), hexNumber(t, words[1])}
		case "whole":
			m.Whole = true
		case "partial":
			m.Partial = true
		case "ask":
			m.Ask, m.Want = true, []crdt.CellID{}
			for _, id := range words {
				m.Want = append(m.Want, hexNumber(t, id))
			}
		case "sketch":
			n, of, _ := strings.Cut(value, " of ")
			m.Sketch = elements(t, of).Sketch(int(number(t, n)))
		case "delta":
			m.Delta = elements(t, value)
		default:
			t.Fatalf("no field %q", name)
		}
	}
	return m
}

// show writes a message's fields, one a line: times in microseconds, ids in hex.
func show(m message) string {
	var out strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	line("kind %v", m.Kind)
	line("view %d", m.View)
	line("digest %x", m.Digest[:])
	line("stamp %d", m.Stamp.Microseconds())
	if m.Answer != nil {
		line("answer %d %d", m.Answer.Stamp.Microseconds(), m.Answer.Wait.Microseconds())
	}
	if m.Kind == Scatter {
		line("next %d", m.Next.Microseconds())
	}
	if m.Relay != nil {
		line("root %d", m.Relay.Root)
		for _, e := range m.Relay.Echoes {
			line("echo %d %d %d", e.Member, e.Stamp.Microseconds(), e.Wait.Microseconds())
		}
	}
	if m.Kind.hasSpan() && m.Span != everything {
		line("span %x %x", uint64(m.Span.First), uint64(m.Span.Last))
	}
	if m.Whole {
		line("whole")
	}
	if m.Partial {
		line("partial")
	}
	if m.Ask {
		out.WriteString("ask")
		for _, id := range m.Want {
			fmt.Fprintf(&out, " %x", uint64(id))
		}
		out.WriteByte('\n')
	}
	if m.Sketch != nil {
		line("sketch %d", m.Sketch.Len())
	}
	if m.Delta != nil {
		line("delta %v", m.Delta)
	}
	return out.String()
}
