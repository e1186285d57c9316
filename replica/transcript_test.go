package replica_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

// TestTranscripts plays the scenarios in testdata, one file per rule of the protocol,
// and holds every message that is sent against the transcript. After a change of
// the protocol write them anew, and read the difference:
//
//	go test ./replica -run TestTranscripts -rewrite
//
// Commands:
//
//	cluster n=4 interval=250ms probe=2s seed=1 latency=100ms limit=40000 fanout=64
//	    starts nodes n0, n1, ... at time 0; all but n are optional
//	update n1 5 6..9
//	    has a client of n1 add elements
//	load n0 n1 gap=50ms for=2s
//	    has the nodes in turn add the next integer from 100 on while time passes
//	run 300ms [count]
//	    lets time pass; "count" leaves out the messages and gives their number
//	lose n1->n2 [gather]
//	    loses the next message, or the next one of a kind, from n1 to n2
//	cut n1->n2 n2->n1
//	    loses what arrives at n2 from n1, and so on, until "heal"
//	heal
//	stop n1, start n1 [5 6..9]
//	    takes a node away with all it knows; gives it a new replica with a state
//	inject n2->n1 scatter view=7 next=1s delta=(5 6) digest=same
//	    hands n1 a message that n2 did not send; its digest is that of the empty
//	    state unless it is to be the "same" as the receiver's
//	decode 11 00 ff
//	    reads a message given in hexadecimal, and shows why it is turned away
//	state
//	    shows all nodes: view, hub, state, and what is pending
//	check
//	    tells whether all nodes hold the same, and how long the longest message was
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if !strings.HasSuffix(path, ".txt") {
			return
		}
		var s script
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.out.Reset()
			if err := s.play(d.Cmd, d.CmdArgs); err != nil {
				d.Fatalf(t, "%v", err)
			}
			return s.out.String()
		})
	})
}

var everything = replica.Span{First: 0, Last: ^crdt.CellID(0)}

// script is a scenario under way.
type script struct {
	net   *simnet.Net[*crdt.GSet]
	out   strings.Builder
	count bool     // print no messages
	lose  []losing // messages to lose
	cut   [][2]int // directions that are cut
	kinds map[string]int
	next  int64 // the next element that a load adds
}

type losing struct {
	from, to int
	kind     string // "" is any
}

func (s *script) play(cmd string, args []datadriven.CmdArg) error {
	if s.net == nil && cmd != "cluster" && cmd != "decode" {
		return fmt.Errorf("%s comes before any cluster", cmd)
	}
	switch cmd {
	case "cluster":
		return s.cluster(args)
	case "update":
		node, err := s.node(args[0].Key)
		if err != nil {
			return err
		}
		delta, err := set(args[1:])
		if err != nil {
			return err
		}
		s.net.Update(node, delta)
	case "load":
		return s.load(args)
	case "check":
		fmt.Fprintf(&s.out, "equal: %v; the longest message: %d bytes\n", s.net.Converged(), s.net.Largest)
	case "run":
		return s.run(args)
	case "lose":
		from, to, err := s.link(args[0].Key)
		if err != nil {
			return err
		}
		l := losing{from: from, to: to}
		if len(args) > 1 {
			l.kind = args[1].Key
		}
		s.lose = append(s.lose, l)
	case "cut":
		for _, arg := range args {
			from, to, err := s.link(arg.Key)
			if err != nil {
				return err
			}
			s.cut = append(s.cut, [2]int{from, to})
		}
	case "heal":
		s.cut = nil
	case "stop":
		node, err := s.node(args[0].Key)
		if err != nil {
			return err
		}
		s.net.Stop(node)
	case "start":
		node, err := s.node(args[0].Key)
		if err != nil {
			return err
		}
		state, err := set(args[1:])
		if err != nil {
			return err
		}
		return s.net.Start(node, state)
	case "inject":
		return s.inject(args)
	case "decode":
		return s.decode(args)
	case "state":
		s.state()
	default:
		return fmt.Errorf("no command %q", cmd)
	}
	return nil
}

func (s *script) cluster(args []datadriven.CmdArg) error {
	cfg := simnet.Config{Interval: 250 * time.Millisecond, Probe: 2 * time.Second, Seed: 1}
	for _, arg := range args {
		var err error
		value := arg.Vals[0]
		switch arg.Key {
		case "n":
			cfg.Nodes, err = strconv.Atoi(value)
		case "interval":
			cfg.Interval, err = time.ParseDuration(value)
		case "probe":
			cfg.Probe, err = time.ParseDuration(value)
		case "seed":
			cfg.Seed, err = strconv.ParseUint(value, 10, 64)
		case "latency":
			var latency time.Duration
			latency, err = time.ParseDuration(value)
			cfg.Latency = simnet.Constant(latency)
		case "limit":
			cfg.MaxMessage, err = strconv.Atoi(value)
		case "fanout":
			cfg.Fanout, err = strconv.Atoi(value)
		default:
			err = fmt.Errorf("no such option")
		}
		if err != nil {
			return fmt.Errorf("cluster: %s: %w", arg.Key, err)
		}
	}
	net, err := simnet.New(cfg, crdt.NewGSet(crdt.Key{}))
	if err != nil {
		fmt.Fprintf(&s.out, "%v\n", err)
		return nil
	}
	*s = script{net: net, kinds: make(map[string]int), next: 100}
	net.Cut = func(from, to int) bool { return slices.Contains(s.cut, [2]int{from, to}) }
	net.Lose = func(p simnet.Packet[*crdt.GSet]) bool {
		i := slices.IndexFunc(s.lose, func(l losing) bool {
			return l.from == p.From && l.to == p.To && (l.kind == "" || l.kind == p.Message.Kind.String())
		})
		if i >= 0 {
			s.lose = slices.Delete(s.lose, i, i+1)
		}
		return i >= 0
	}
	net.Watch = s.watch
	return nil
}

func (s *script) watch(fate simnet.Fate, p simnet.Packet[*crdt.GSet]) {
	if fate == simnet.Received {
		return
	}
	if fate == simnet.Sent {
		s.kinds[p.Message.Kind.String()]++
	}
	if s.count {
		return
	}
	fmt.Fprintf(&s.out, "%v n%d -> n%d %v", round(s.net.Now()), p.From, p.To, p.Message.Kind)
	if fate == simnet.Lost {
		s.out.WriteString(" is lost\n")
		return
	}
	s.describe(p.Message, s.net.Clock(p.To)-s.net.Now())
	s.out.WriteByte('\n')
}

// describe prints a message's fields. Stamps are given in virtual time: origin is
// what the clock that made the answered stamp showed at time 0.
func (s *script) describe(m replica.Message[*crdt.GSet], origin time.Duration) {
	fmt.Fprintf(&s.out, " view %d", m.View)
	if m.Kind == replica.Sketch {
		fmt.Fprintf(&s.out, " of %d coded cells", m.Sketch.Len())
	}
	for _, is := range []struct {
		set  bool
		name string
	}{{m.Whole, "whole"}, {m.Partial, "partial"}, {m.Ask, "asks"}} {
		if is.set {
			fmt.Fprintf(&s.out, " %s", is.name)
		}
	}
	if len(m.Want) > 0 {
		s.out.WriteString(" want")
		for _, id := range m.Want {
			fmt.Fprintf(&s.out, " %s", page(id))
		}
	}
	if m.Delta != nil {
		fmt.Fprintf(&s.out, " %s", show(m.Delta))
	}
	if m.Span != (replica.Span{}) && m.Span != everything {
		first, last := page(m.Span.First), page(m.Span.Last)
		if m.Span.First == 0 {
			first = "start"
		}
		if m.Span.Last == everything.Last {
			last = "end"
		}
		fmt.Fprintf(&s.out, " span %s to %s", first, last)
	}
	fmt.Fprintf(&s.out, " digest %s", m.Digest.String()[:4])
	if m.Kind == replica.Scatter {
		fmt.Fprintf(&s.out, " next %v", round(m.Next))
	}
	if m.Relay != nil {
		fmt.Fprintf(&s.out, " root n%d", m.Relay.Root) // of fewer than ten
		for _, e := range m.Relay.Echoes {
			fmt.Fprintf(&s.out, " echo n%d", e.Member)
		}
	}
	if m.Answer != nil {
		fmt.Fprintf(&s.out, " answer %v+%v", round(m.Answer.Stamp-origin), round(m.Answer.Wait))
	}
}

func (s *script) load(args []datadriven.CmdArg) error {
	var (
		nodes     []int
		gap, long time.Duration
		err       error
	)
	for _, arg := range args {
		switch arg.Key {
		case "gap":
			gap, err = time.ParseDuration(arg.Vals[0])
		case "for":
			long, err = time.ParseDuration(arg.Vals[0])
		default:
			var node int
			node, err = s.node(arg.Key)
			nodes = append(nodes, node)
		}
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
	}
	start := s.net.Now()
	for i := 0; time.Duration(i)*gap < long; i++ {
		s.net.At(start+time.Duration(i)*gap, func() {
			s.net.Update(nodes[i%len(nodes)], crdt.NewGSet(crdt.Key{}, s.next))
			s.next++
		})
	}
	return nil
}

func (s *script) run(args []datadriven.CmdArg) error {
	d, err := time.ParseDuration(args[0].Key)
	if err != nil {
		return err
	}
	clear(s.kinds)
	s.count = len(args) > 1 && args[1].Key == "count"
	s.net.Run(s.net.Now() + d)
	s.count = false
	total, parts := 0, []string{}
	for _, kind := range replica.Kinds() {
		if n := s.kinds[kind.String()]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %v", n, kind))
		}
	}
	fmt.Fprintf(&s.out, "%v: %d sent", round(s.net.Now()), total)
	if total > 0 {
		fmt.Fprintf(&s.out, " = %s", strings.Join(parts, " + "))
	}
	s.out.WriteByte('\n')
	return nil
}

func (s *script) inject(args []datadriven.CmdArg) error {
	names := strings.Split(args[0].Key, "->")
	if len(names) != 2 {
		return fmt.Errorf("no link %q", args[0].Key)
	}
	to, err := s.node(names[1])
	if err != nil {
		return err
	}
	var m replica.Message[*crdt.GSet]
	if from, err := s.node(names[0]); err == nil {
		m.Stamp = s.net.Clock(from)
	}
	for _, kind := range replica.Kinds() {
		if kind.String() == args[1].Key {
			m.Kind = kind
		}
	}
	switch m.Kind {
	case replica.Gather, replica.Scatter:
		m.Delta = crdt.NewGSet(crdt.Key{})
	case replica.Repair:
		m.Delta, m.Span = crdt.NewGSet(crdt.Key{}), everything
	case replica.Probe:
		m.Sketch = crdt.NewGSet(crdt.Key{}).Sketch(0)
	}
	for _, arg := range args[2:] {
		var err error
		switch arg.Key {
		case "view":
			m.View, err = strconv.ParseUint(arg.Vals[0], 10, 64)
		case "next":
			m.Next, err = time.ParseDuration(arg.Vals[0])
		case "delta":
			m.Delta, err = elements(strings.Fields(arg.Vals[0]))
		case "digest":
			m.Digest = s.net.Replica(to).Settled().Fingerprint()
		default:
			err = fmt.Errorf("no such field")
		}
		if err != nil {
			return fmt.Errorf("inject: %s: %w", arg.Key, err)
		}
	}
	if err := s.net.Inject(replica.ID(names[0]), to, m); err != nil {
		fmt.Fprintf(&s.out, "%v\n", err)
	}
	return nil
}

func (s *script) decode(args []datadriven.CmdArg) error {
	var data []byte
	for _, arg := range args {
		b, err := hex.DecodeString(arg.Key)
		if err != nil {
			return err
		}
		data = append(data, b...)
	}
	m, err := replica.Decode(crdt.NewGSet(crdt.Key{}), data)
	if err != nil {
		fmt.Fprintf(&s.out, "%v\n", err)
		return nil
	}
	s.out.WriteString(m.Kind.String())
	s.describe(m, 0)
	s.out.WriteByte('\n')
	return nil
}

func (s *script) state() {
	for i := range s.net.Nodes() {
		r := s.net.Replica(i)
		if r == nil {
			fmt.Fprintf(&s.out, "n%d is stopped\n", i)
			continue
		}
		fmt.Fprintf(&s.out, "n%d view %d hub %s %s digest %s", i, r.View(), r.Hub(), show(r.State()), short(r.Settled()))
		if r.Fresh().Len() > 0 {
			fmt.Fprintf(&s.out, " fresh %s", show(r.Fresh()))
		}
		for _, sent := range r.Sent() {
			fmt.Fprintf(&s.out, " sent %s", show(sent))
		}
		if r.Doubted() != "" {
			fmt.Fprintf(&s.out, " doubts %s", r.Doubted())
		}
		s.out.WriteByte('\n')
	}
}

func (s *script) node(name string) (int, error) {
	i, err := strconv.Atoi(strings.TrimPrefix(name, "n"))
	if err != nil || i < 0 || i >= s.net.Nodes() {
		return 0, fmt.Errorf("no node %q", name)
	}
	return i, nil
}

func (s *script) link(arg string) (from, to int, err error) {
	a, b, ok := strings.Cut(arg, "->")
	if !ok {
		return 0, 0, fmt.Errorf("no link %q", arg)
	}
	if from, err = s.node(a); err != nil {
		return 0, 0, err
	}
	to, err = s.node(b)
	return from, to, err
}

func set(args []datadriven.CmdArg) (*crdt.GSet, error) {
	var words []string
	for _, arg := range args {
		words = append(words, arg.Key)
	}
	return elements(words)
}

// elements reads what GSet.String writes: numbers, and runs of them as 1..9. A run
// may have a step: 0..900/100.
func elements(words []string) (*crdt.GSet, error) {
	s := crdt.NewGSet(crdt.Key{})
	for _, word := range words {
		word, by, stepped := strings.Cut(word, "/")
		first, last, run := strings.Cut(word, "..")
		if !run {
			last = first
		}
		if !stepped {
			by = "1"
		}
		a, errA := strconv.ParseInt(first, 10, 64)
		b, errB := strconv.ParseInt(last, 10, 64)
		step, errS := strconv.ParseInt(by, 10, 64)
		if errA != nil || errB != nil || errS != nil || step < 1 {
			return nil, fmt.Errorf("no elements %q", word)
		}
		for x := a; x <= b; x += step {
			s.Insert(x)
		}
	}
	return s, nil
}

// round leaves out what random waits have below a tenth of a millisecond.
func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// show lists a set's elements, unless there are too many to be read.
func show(s *crdt.GSet) string {
	text := s.String()
	if len(text) <= 100 {
		return text
	}
	all := s.Elements()
	return fmt.Sprintf("{%d elements, %d to %d}", len(all), all[0], all[len(all)-1])
}

// page names a cell of a set by the first element it has room for.
func page(id crdt.CellID) string {
	return strconv.FormatInt(int64(uint64(id)<<8^1<<63), 10)
}

// short is a digest to the eye: the count, and enough of the hash to tell digests apart.
func short(d crdt.Digest) string {
	count, hash, _ := strings.Cut(d.String(), "#")
	return count + "#" + hash[:4]
}
