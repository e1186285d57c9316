package replica

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gset/crdt"
)

// TestTranscripts plays the scenarios in testdata: rules/ has one file per rule of the protocol,
// stories/ what happens when something fails. Every message that is sent is held against the
// transcript. After a change of the protocol write them anew, and read the difference:
//
//	go test ./replica -run TestTranscripts -rewrite
//
// What a scenario asserts must hold whatever the transcript says. Commands:
//
//	cluster n=4 [interval=250ms] [probe=2s] [latency=100ms] [limit=40000] [fanout=128] [events]
//	    starts members n0, n1, ... at time 0; "events" prints what observers are told.
//	    An interval of 0 gathers nothing.
//	update n1 5 6..9
//	    has a client of n1 add elements
//	load n0 n1 gap=50ms for=2s
//	    has the members in turn add the next integer from 100 on while time passes
//	run 300ms [count]
//	    lets time pass; "count" leaves out the messages and gives their number
//	lose n1->n2 [gather]
//	    loses the next message, or the next one of a kind, from n1 to n2
//	cut n1->n2 n2->n1
//	    loses what arrives at n2 from n1, and so on, until "heal"
//	split n0 n1
//	    cuts n0 and n1 off from all others, until "heal"
//	only n3 n2
//	    cuts n3 off from all but n2, until "heal"
//	heal
//	stop n1
//	    takes a member away with all it knows
//	start n1 [5 6..9] [of=(n0 n1)] [key=7] [interval=1s] [limit=2000]
//	    gives it a new replica with a state
//	snapshot n1, restore n1
//	    keeps what n1 would keep on a disk; starts n1 with that
//	members n1 n2 of=(n0 n1 n2)
//	    tells some who is in the cluster from now on; "all" are those that run
//	unreachable n1 n2
//	    has the driver of n1 hint that n2 cannot be reached
//	inject n2->n1 scatter [view=7] [next=1s] [delta=(5 6)] [digest=same]
//	    hands n1 a message that n2 did not send; its digest is that of the empty state
//	    unless it is to be the "same" as the receiver's
//	state [n1]
//	    shows members: view, hub, state, and what is pending
//	assert [equal] [settled] [view<=1] [sent<=20]
//	    fails unless all that run hold the same, nothing is pending with them, views are
//	    so, and the last run sent so many messages
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		var s script
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.t, s.d = t, d
			s.out.Reset()
			s.play(d.Cmd, d.CmdArgs)
			s.flush()
			return s.out.String()
		})
	})
}

// script is a scenario under way.
type script struct {
	*cluster[*crdt.GSet]
	t   *testing.T
	d   *datadriven.TestData
	cfg Config // of the members, less Self and Observer

	out       strings.Builder
	said      line   // the last one, which may get more receivers
	saw       string // what an observer was told last
	count     bool   // print no messages
	sent      map[Kind]int
	losing    []losing
	cuts      []func(from, to ID) bool
	next      int64 // the next element that a load adds
	snapshots map[ID]Snapshot[*crdt.GSet]
	lives     uint64
	events    bool
}

type losing struct {
	from, to ID
	kind     string // "" is any
}

// line is what one member tells several.
type line struct {
	at   time.Duration
	from ID
	to   []string
	says string

	message message // with what follows its key range, in other messages
	parts   int     // messages
}

func (s *script) play(cmd string, args []datadriven.CmdArg) {
	if s.cluster == nil && cmd != "cluster" {
		s.fail("%s comes before any cluster", cmd)
	}
	plays := map[string]func([]datadriven.CmdArg){
		"cluster": s.begin, "update": s.add, "load": s.load, "run": s.pass, "lose": s.loseNext, "cut": s.cutLinks, "split": s.split,
		"only": s.only, "heal": func([]datadriven.CmdArg) { s.cuts = nil }, "stop": s.stop, "start": s.startOne,
		"snapshot": s.snapshot, "restore": s.restore, "members": s.members, "unreachable": s.hint, "inject": s.injectOne,
		"state": s.state, "assert": s.assert,
	}
	if plays[cmd] == nil {
		s.fail("no command %q", cmd)
	}
	plays[cmd](args)
}

func (s *script) fail(format string, args ...any) {
	s.t.Helper()
	s.d.Fatalf(s.t, format, args...)
}

// ok fails the test if there is an error.
func (s *script) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.fail("%v", err)
	}
}

func (s *script) begin(args []datadriven.CmdArg) {
	n, latency := 0, 100*time.Millisecond
	var cfg Config
	events := false
	for _, arg := range args {
		var err error
		switch arg.Key {
		case "n":
			n, err = strconv.Atoi(arg.Vals[0])
		case "latency":
			latency, err = time.ParseDuration(arg.Vals[0])
		case "events":
			events = true
		default:
			err = option(&cfg, arg)
		}
		s.ok(err)
	}
	cfg.Members = listOf(s.t, names(n)...)
	*s = script{
		t: s.t, d: s.d, cfg: cfg, cluster: newCluster[*crdt.GSet](s.t), sent: map[Kind]int{}, next: 100,
		snapshots: map[ID]Snapshot[*crdt.GSet]{}, events: events,
	}
	s.latency = constant(latency)
	s.cut = func(from, to ID) bool {
		return slices.ContainsFunc(s.cuts, func(c func(from, to ID) bool) bool { return c(from, to) })
	}
	s.lose = func(l letter[*crdt.GSet]) bool {
		i := slices.IndexFunc(s.losing, func(x losing) bool {
			return x.from == l.from && x.to == l.To && (x.kind == "" || x.kind == l.Message.Kind.String())
		})
		if i >= 0 {
			s.losing = slices.Delete(s.losing, i, i+1)
		}
		return i >= 0
	}
	s.watch = s.print
	for _, id := range names(n) {
		s.cluster.start(s.config(id, cfg), bottom.New())
	}
}

// option sets a field of a configuration.
func option(cfg *Config, arg datadriven.CmdArg) (err error) {
	switch value := arg.Vals[0]; arg.Key {
	case "interval":
		if cfg.Interval, err = time.ParseDuration(value); cfg.Interval == 0 {
			cfg.Interval = Eager
		}
	case "probe":
		cfg.Probe, err = time.ParseDuration(value)
	case "limit":
		cfg.MaxMessage, err = strconv.Atoi(value)
	case "fanout":
		cfg.Fanout, err = strconv.Atoi(value)
	default:
		err = fmt.Errorf("no option %q", arg.Key)
	}
	return err
}

// config is a member's own.
func (s *script) config(id ID, cfg Config) Config {
	cfg.Self = id
	if s.events {
		cfg.Observer = func(e Event) { s.observed(id, e) }
	}
	return cfg
}

func (s *script) add(args []datadriven.CmdArg) { s.update(ID(args[0].Key), s.elements(args[1:])) }

func (s *script) load(args []datadriven.CmdArg) {
	var (
		ids       []ID
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
			ids = append(ids, ID(arg.Key))
		}
		s.ok(err)
	}
	clear(s.sent)
	s.count = true
	for i := 0; time.Duration(i)*gap < long; i++ {
		s.update(ids[i%len(ids)], set(s.next))
		s.next++
		s.run(gap)
	}
	s.count = false
	s.summarise()
}

func (s *script) pass(args []datadriven.CmdArg) {
	d, err := time.ParseDuration(args[0].Key)
	s.ok(err)
	clear(s.sent)
	s.count = len(args) > 1 && args[1].Key == "count"
	s.run(d)
	s.count = false
	s.summarise()
}

func (s *script) loseNext(args []datadriven.CmdArg) {
	from, to := s.link(args[0].Key)
	l := losing{from: from, to: to}
	if len(args) > 1 {
		l.kind = args[1].Key
	}
	s.losing = append(s.losing, l)
}

func (s *script) cutLinks(args []datadriven.CmdArg) {
	for _, arg := range args {
		a, b := s.link(arg.Key)
		s.cuts = append(s.cuts, func(from, to ID) bool { return from == a && to == b })
	}
}

func (s *script) split(args []datadriven.CmdArg) {
	part := ids(args)
	s.cuts = append(s.cuts, func(from, to ID) bool { return slices.Contains(part, from) != slices.Contains(part, to) })
}

func (s *script) only(args []datadriven.CmdArg) {
	leaf, peer := ID(args[0].Key), ID(args[1].Key)
	s.cuts = append(s.cuts, func(from, to ID) bool { return from == leaf && to != peer || to == leaf && from != peer })
}

func (s *script) stop(args []datadriven.CmdArg) { s.node(ID(args[0].Key)).Replica = nil }

func (s *script) startOne(args []datadriven.CmdArg) {
	cfg, hashKey := s.cfg, key
	var words []string
	for _, arg := range args[1:] {
		switch {
		case len(arg.Vals) == 0:
			words = append(words, arg.Key)
		case arg.Key == "of":
			cfg.Members = listOf(s.t, idsOf(arg.Vals[0])...)
		case arg.Key == "key":
			n, err := strconv.ParseUint(arg.Vals[0], 10, 64)
			s.ok(err)
			hashKey = crdt.Key{n, n}
		default:
			s.ok(option(&cfg, arg))
		}
	}
	state, err := parseSet(hashKey, words)
	s.ok(err)
	s.cluster.start(s.config(ID(args[0].Key), cfg), state)
}

func (s *script) snapshot(args []datadriven.CmdArg) {
	id := ID(args[0].Key)
	kept := s.node(id).Snapshot()
	s.snapshots[id] = Snapshot[*crdt.GSet]{kept.View, kept.Stable.Clone(), kept.Pending.Clone()}
}

func (s *script) restore(args []datadriven.CmdArg) {
	id := ID(args[0].Key)
	cfg := s.config(id, s.cfg)
	s.lives++
	cfg.Incarnation = s.lives
	x := s.find(id)
	r, err := Restore(cfg, s.snapshots[id], x.clock(s.now))
	s.ok(err)
	x.Replica = r
}

func (s *script) members(args []datadriven.CmdArg) {
	var who []ID
	for _, arg := range args {
		switch {
		case arg.Key == "all":
			for _, x := range s.running() {
				who = append(who, x.id)
			}
		case arg.Key == "of":
			for _, id := range who {
				s.setMembers(id, listOf(s.t, idsOf(arg.Vals[0])...))
			}
			s.cfg.Members = listOf(s.t, idsOf(arg.Vals[0])...)
		default:
			who = append(who, ID(arg.Key))
		}
	}
}

func (s *script) hint(args []datadriven.CmdArg) {
	x := s.node(ID(args[0].Key))
	_ = s.event(x, func(now time.Duration) (output, error) { return x.Unreachable(now, ID(args[1].Key)), nil })
}

func (s *script) injectOne(args []datadriven.CmdArg) {
	from, to := s.link(args[0].Key)
	m := message{Delta: set()}
	if x := s.find(from); x != nil {
		m.Stamp = whole(x.clock(s.now))
	}
	m.Kind = Kind(slices.Index(kindNames[:], args[1].Key))
	if m.Kind == Probe {
		m.Sketch, m.Delta = crdt.SketchOf(set(), 0), nil
	}
	for _, arg := range args[2:] {
		var err error
		switch arg.Key {
		case "view":
			m.View, err = strconv.ParseUint(arg.Vals[0], 10, 64)
		case "next":
			m.Next, err = time.ParseDuration(arg.Vals[0])
		case "delta":
			m.Delta, err = parseSet(key, strings.Fields(arg.Vals[0]))
		case "digest":
			m.Digest = s.node(to).fingerprint()
		default:
			err = fmt.Errorf("no field %q", arg.Key)
		}
		s.ok(err)
	}
	if err := s.inject(from, to, fromCluster(s.node(to).Replica, m)); err != nil {
		s.say("%v", err)
	}
}

func (s *script) assert(args []datadriven.CmdArg) {
	for _, arg := range args {
		switch {
		case arg.Key == "equal":
			s.holds(s.equal(), "all that run hold the same")
		case arg.Key == "settled":
			s.holds(s.settled(), "nothing is pending")
		case strings.HasPrefix(arg.Key, "view<"):
			for _, x := range s.running() {
				s.holds(x.View() <= s.number(arg), "%s is at most in view %d: it is in view %d", x.id, s.number(arg), x.View())
			}
		case strings.HasPrefix(arg.Key, "sent<"):
			total := 0
			for _, n := range s.sent {
				total += n
			}
			s.holds(uint64(total) <= s.number(arg), "at most %d messages are sent: there are %d", s.number(arg), total)
		default:
			s.fail("nobody can assert %q", arg.Key)
		}
	}
}

func (s *script) holds(so bool, format string, args ...any) {
	s.t.Helper()
	if !so {
		s.fail("it does not hold that "+format, args...)
	}
}

// number is the bound of view<=1, which is parsed as a key "view<" and a value.
func (s *script) number(arg datadriven.CmdArg) uint64 {
	n, err := strconv.ParseUint(arg.Vals[0], 10, 64)
	s.ok(err)
	return n
}

func (s *script) link(arg string) (from, to ID) {
	a, b, ok := strings.Cut(arg, "->")
	if !ok {
		s.fail("no link %q", arg)
	}
	return ID(a), ID(b)
}

func (s *script) elements(args []datadriven.CmdArg) *crdt.GSet {
	var words []string
	for _, arg := range args {
		words = append(words, arg.Key)
	}
	elements, err := parseSet(key, words)
	s.ok(err)
	return elements
}

func ids(args []datadriven.CmdArg) (list []ID) {
	for _, arg := range args {
		list = append(list, ID(arg.Key))
	}
	return list
}

func idsOf(words string) (list []ID) {
	for word := range strings.FieldsSeq(words) {
		list = append(list, ID(word))
	}
	return list
}
