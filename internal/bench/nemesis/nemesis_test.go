package nemesis

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// diary is a world that notes what a nemesis does. It finishes with processes when it is told to.
type diary struct {
	entries    []string
	held       bool
	conditions Conditions
	unfinished func()
}

func (d *diary) Record(f string, _ any)   { d.entries = append(d.entries, f) }
func (d *diary) Hold(g Grudge)            { d.held = g != nil }
func (d *diary) Suffer(c Conditions)      { d.conditions = c }
func (d *diary) saw(f string) (times int) { return len(d.entries) - len(d.without(f)) }

func (d *diary) without(f string) []string {
	return slices.DeleteFunc(slices.Clone(d.entries), func(e string) bool { return e == f })
}

func (d *diary) Processes(_ Act, nodes []string, done func([]edn.Keyword)) {
	d.unfinished = func() { done(make([]edn.Keyword, len(nodes))) }
}

// finish ends what is done to processes, if anything is.
func (d *diary) finish() {
	if f := d.unfinished; f != nil {
		d.unfinished = nil
		f()
	}
}

// begun returns a nemesis of faults that acts once a second on average for an hour.
func begun(faults ...Fault) (*Nemesis, *diary) {
	d := &diary{}
	random := func(f Fault) *rand.Rand { return rand.New(rand.NewPCG(7, uint64(slices.Index(Faults, f)))) }
	n := New(nodeNames(5), faults, time.Second, random, func(string, ...any) {})
	n.Begin(d, 0, time.Hour)
	return n, d
}

func TestEachFaultBeginsAndEndsInTurn(t *testing.T) {
	for fault, fs := range map[Fault][2]string{
		Partition: {"start-partition", "stop-partition"}, Kill: {"kill", "start"}, Pause: {"pause", "resume"},
		Loss: {"start-loss", "stop-loss"}, Duplicate: {"start-duplicate", "stop-duplicate"}, Slow: {"start-slow", "stop-slow"},
	} {
		n, d := begun(fault)
		for !n.Over() {
			n.Act(n.Next())
			d.finish()
		}
		for i, f := range d.entries {
			if want := fs[i/2%2]; f != want { // each operation makes two entries
				t.Fatalf("%s: entry %d is %s, want %s", fault, i, f, want)
			}
		}
		if got := len(d.entries) / 2; got < 3400 || got > 3800 {
			t.Errorf("%s: %d operations in an hour of seconds", fault, got)
		}
	}
}

func TestKillsAndPausesShareASchedule(t *testing.T) {
	n, d := begun(Kill, Pause)
	for !n.Over() {
		n.Act(n.Next())
		d.finish()
	}
	kills, pauses := d.saw("kill"), d.saw("pause")
	if ops := len(d.entries) / 2; ops < 3400 || ops > 3800 || kills < pauses*8/10 || pauses < kills*8/10 {
		t.Errorf("%d operations, %d kills and %d pauses", ops, kills/2, pauses/2)
	}
}

func TestNothingBeginsWhileProcessesAreBeingStarted(t *testing.T) {
	n, d := begun(Kill, Partition)
	n.Act(0) // the partition, and then the kill, which goes on
	if d.unfinished == nil {
		t.Fatal("nothing is under way")
	}
	before := len(d.entries)
	n.Act(time.Minute)
	if len(d.entries) != before || n.Over() || n.Next() < time.Hour {
		t.Errorf("%v, over: %v, next at %v", d.entries[before:], n.Over(), n.Next())
	}
	d.finish()
	n.Act(time.Minute)
	if len(d.entries) <= before+1 {
		t.Error("nothing begins afterwards")
	}
}

func TestHealingEndsEveryFault(t *testing.T) {
	n, d := begun(Faults...)
	for !d.held || n.Fault() == "none" {
		n.Act(n.Next())
		d.finish()
	}
	for n.busy {
		d.finish()
	}
	d.entries = nil
	healed := false
	n.Heal(func() { healed = true })
	for !healed {
		if d.unfinished == nil {
			t.Fatal("it stays ill")
		}
		d.finish()
	}
	want := []string{"stop-partition", "resume", "start", "stop-loss", "stop-duplicate", "stop-slow"}
	if got := slices.Compact(d.entries); fmt.Sprint(got) != fmt.Sprint(want) || d.held || d.conditions != (Conditions{}) || n.Fault() != "none" {
		t.Errorf("%v, held: %v, %+v, %s", got, d.held, d.conditions, n.Fault())
	}
}

// Fewer than a third of three nodes are none: the reference draws such a partition or kill all the same, and whoever
// explains a history must not blame it.
func TestFaultsThatStrikeNobodyAreToldApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n, want := range map[int]string{3: "cut no message path", 4: ""} {
		h := &history.History{}
		for _, value := range []any{edn.Keyword(MinorityThird), edn.Vector{edn.Keyword("isolated"), MinorityThird.grudge(nodeNames(n), rng)}} {
			h.Add(history.Op{Type: history.Info, Process: history.Nemesis, F: "start-partition", Value: value, Began: -1})
		}
		if spells := Spells(h); len(spells) != 1 || spells[0].Idle() != want {
			t.Errorf("%d nodes: %+v", n, spells)
		}
	}
	for _, test := range []struct {
		outcome edn.Map
		want    string
	}{{edn.Map{}, "hit no node"}, {edn.Map{{"n1", edn.Keyword("killed")}}, ""}} {
		h := &history.History{}
		for _, value := range []any{MinorityOfThird.edn(), test.outcome} {
			h.Add(history.Op{Type: history.Info, Process: history.Nemesis, F: "kill", Value: value, Began: -1})
		}
		if spells := Spells(h); len(spells) != 1 || spells[0].Idle() != test.want {
			t.Errorf("%v: %+v", test.outcome, spells)
		}
	}
}
