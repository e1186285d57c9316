package sim

import (
	"encoding/json"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/simnet"
)

// quietly is a schedule without faults.
func quietly(events ...Event) Schedule {
	return Schedule{
		Seed: 1, Lattice: GSet, Nodes: 4, Interval: 100 * time.Millisecond, Probe: 500 * time.Millisecond,
		Shape: Constant, Hop: 20 * time.Millisecond, MaxMessage: 40_000, End: 5 * time.Second, Events: events,
	}
}

func addition(at time.Duration, node int, value int64) Event {
	return Event{At: at, What: Update, Node: node, Value: value, Count: 1}
}

// TestAViolationIsFound has lattices lie about what they hold.
func TestAViolationIsFound(t *testing.T) {
	lies := func(lie func(yield func(int64, uint64) bool, x int64) bool) workload[*crdt.GSet, int64] {
		w := sets
		w.parts = func(s *crdt.GSet) iter.Seq2[int64, uint64] {
			return func(yield func(int64, uint64) bool) {
				for x := range s.All() {
					if !lie(yield, x) {
						return
					}
				}
			}
		}
		return w
	}
	asked := 0
	s := quietly(addition(time.Second, 0, 5), addition(2*time.Second, 1, 6))
	for want, w := range map[Invariant]workload[*crdt.GSet, int64]{
		NothingForeign: lies(func(yield func(int64, uint64) bool, x int64) bool {
			asked++ // the client's own is asked for first
			return yield(x+int64(asked/2), 1)
		}),
		OnlyGrows: lies(func(yield func(int64, uint64) bool, x int64) bool {
			for range 2 {
				if !yield(x, 1) {
					return false
				}
			}
			return true
		}),
		Acknowledged: {bottom: sets.bottom, parts: sets.parts, update: func(holder[*crdt.GSet], Event, crdt.Origin) (*crdt.GSet, error) { return nil, crdt.ErrOverflow }},
	} {
		r := play(Player{}, s, w)
		if r.Violation == nil || r.Violation.Invariant != want || r.Violation.At != time.Second || !strings.Contains(r.Violation.String(), string(want)) {
			t.Errorf("%v, want that %s", r.Violation, want)
		}
	}
	if r := play(Player{}, s, sets); r.Violation != nil || r.Updates < 2 { // and those at the end
		t.Errorf("with lattices that do not lie: %v, %d updates", r.Violation, r.Updates)
	}
}

// TestAPanicIsAViolation of a replica, or of the lattice that it replicates.
func TestAPanicIsAViolation(t *testing.T) {
	w := sets
	w.update = func(holder[*crdt.GSet], Event, crdt.Origin) (*crdt.GSet, error) { panic("out of order") }
	r := play(Player{}, quietly(addition(time.Second, 0, 5)), w)
	if r.Violation == nil || r.Violation.Invariant != NoPanic || !strings.Contains(r.Violation.What, "out of order") {
		t.Errorf("violation %v", r.Violation)
	}
}

// TestTimeThatStandsStillIsAViolation has clients call a node hundreds of thousands of times at once.
func TestTimeThatStandsStillIsAViolation(t *testing.T) {
	if testing.Short() {
		return // it takes most of a second, and ten times that under the race detector
	}
	var events []Event
	for range mostAtOnce + 100 {
		events = append(events, addition(time.Second, 0, 5))
	}
	if r := Play(quietly(events...)); r.Violation == nil || r.Violation.Invariant != Progress {
		t.Errorf("violation %v", r.Violation)
	}
}

// TestAnUpdateThatDoesNotSpreadIsAViolation loses what one node sends, unknown to the schedule. Its faults
// last for so long that all would be well by their end.
func TestAnUpdateThatDoesNotSpreadIsAViolation(t *testing.T) {
	s := quietly(addition(time.Second, 2, 5), addition(20*time.Second, 1, 6))
	s.End = 40 * time.Second
	r, err := newRun(Player{}, s, sets)
	if err != nil {
		t.Fatal(err)
	}
	r.net.Lose = func(p simnet.Packet[*crdt.GSet]) bool { return p.From == 2 }
	if v := r.guarded().Violation; v == nil || v.Invariant != Spreads || v.At > 15*time.Second {
		t.Errorf("violation %v", v)
	}
}

// TestClustersThatTakeTooLongAreFound of many of which each is in time.
func TestClustersThatTakeTooLongAreFound(t *testing.T) {
	for _, c := range []struct {
		runs, late int
		ok         bool
	}{{200, 0, true}, {200, 1, true}, {200, 10, false}, {50, 50, true}} {
		var s Settling
		for i := range c.runs {
			took := 100 * time.Millisecond
			if i < c.late {
				took = 4 * time.Second
			}
			s.Add(Result{Converged: took, Usual: time.Second})
		}
		if err := s.Check(); (err == nil) != c.ok {
			t.Errorf("of %d runs %d are late: %v; %v", c.runs, c.late, err, &s)
		}
	}
}

func TestAnyScheduleCanBeWrittenDown(t *testing.T) {
	for seed := range seeds(50) {
		s := Generate(seed, Options{})
		if err := s.Validate(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var again Schedule
		if err := json.Unmarshal(data, &again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s, again) {
			t.Errorf("seed %d: a schedule is not what was written", seed)
		}
		if lines := strings.Count(s.String(), "\n"); lines < len(s.Events) {
			t.Errorf("seed %d: %d lines list %d events", seed, lines, len(s.Events))
		}
	}
}

func TestSchedulesThatCannotBePlayed(t *testing.T) {
	good := quietly(addition(time.Second, 0, 5))
	for what, spoil := range map[string]func(*Schedule){
		"one node":        func(s *Schedule) { s.Nodes = 1 },
		"no lattice":      func(s *Schedule) { s.Lattice = "" },
		"a strange one":   func(s *Schedule) { s.Lattice = "tree" },
		"a strange event": func(s *Schedule) { s.Events[0].What = "flood" },
		"a strange node":  func(s *Schedule) { s.Events[0].Node = 4 },
		"a strange cut":   func(s *Schedule) { s.Events[0] = Event{What: Cut, Kind: "diagonal"} },
		"too late":        func(s *Schedule) { s.Events[0].At = s.End + 1 },
		"too fast":        func(s *Schedule) { s.Events[0] = Event{What: Skew, Value: 1_000_000} },
		"too far":         func(s *Schedule) { s.Events[0] = Event{What: Jump, Value: -1 << 62} },
		"too many":        func(s *Schedule) { s.Events[0].Count = 1 << 30 },
		"too short":       func(s *Schedule) { s.MaxMessage = 100 },
		"no bandwidth":    func(s *Schedule) { s.Bandwidth = -1 },
		"too much loss":   func(s *Schedule) { s.Loss = 1001 },
		"too much damage": func(s *Schedule) { s.Corruption = 1001 },
		"no buffers":      func(s *Schedule) { s.Buffer = -1 },
		"back too far":    func(s *Schedule) { s.Events[0] = Event{What: Rollback, Value: -1} },
	} {
		bad := good
		bad.Events = []Event{good.Events[0]}
		spoil(&bad)
		if bad.Validate() == nil {
			t.Errorf("%s is fine", what)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

// TestFaultsDoWhatTheySay has an element be added in the middle of a fault that keeps
// somebody from hearing of it. Without faults it is everywhere long before they end.
func TestFaultsDoWhatTheySay(t *testing.T) {
	const second = time.Second
	play := func(e Event) Result {
		t.Helper()
		events := []Event{addition(2*second, 1, 7)}
		if e.What != "" {
			events = append(events, e)
		}
		r := Play(quietly(events...))
		if r.Violation != nil {
			t.Errorf("%v: %v", e, r.Violation)
		}
		return r
	}
	if r := play(Event{}); r.Converged > 0 {
		t.Errorf("without faults it takes %v longer than them", r.Converged)
	}
	for _, e := range []Event{
		{At: second, What: Cut, Kind: "majority", Seed: 1, For: 4 * second},
		{At: second, What: Slow, Node: 2, For: 4 * second, Value: int64(3500 * time.Millisecond)},
		{At: second, What: Crash, Node: 2, For: 4 * second},
		{What: Crash, Node: 2, For: 5 * second, Lose: true},
		{At: 4 * second, What: Crash, Node: 2, For: second, Lose: true},
		{At: 4 * second, What: Crash, Hub: true, For: second, Lose: true},
		{At: 4 * second, What: Rollback, Node: 2, For: second, Value: int64(3 * second)},
		{At: 4 * second, What: Leave, Node: 2, For: second, Value: int64(second), Lose: true},
	} {
		if r := play(e); r.Converged == 0 {
			t.Errorf("%v: all hold the same before it ends", e)
		}
	}
	// A node that keeps its state has it when it comes back, also if it was alone with it.
	alone := play(Event{At: 2*second + 1, What: Crash, Node: 1, For: 2 * second})
	if alone.Converged > 0 {
		t.Errorf("after a crash of its maker it takes %v longer than faults", alone.Converged)
	}
	for _, e := range []Event{
		{At: second, What: Freeze, Node: 2, For: 4 * second},
		{At: second, What: Break, Node: 1, Peer: 3, For: 4 * second},
		{At: second, What: Flap, Node: 1, Peer: 3, For: 4 * second, Value: int64(400 * time.Millisecond)},
		{At: second, What: Skew, Node: 1, Value: 100_000},
		{At: second, What: Jump, Node: 1, Value: int64(-5 * second)},
		{At: second, What: Crash, Node: 3},
		{At: second, What: Tear, Node: 1, For: second, Value: -1},
		{At: second, What: Tear, Node: 1, For: second, Value: 2},
		{At: second, What: Leave, Node: 3, For: 2 * second, Value: int64(second)},
		{At: second, What: Leave, Node: 3, Value: int64(second)},
		{At: second, What: Forget, Hub: true, Peer: 3, For: 4 * second},
	} {
		if r, without := play(e), play(Event{}); r.Trace == without.Trace {
			t.Errorf("%v: nothing is different", e)
		}
	}
}

// TestWhatOnceFailed plays schedules that have found something, shrunk, one file for each.
// lab sim --play plays one of them again.
func TestWhatOnceFailed(t *testing.T) {
	files, err := filepath.Glob("testdata/failed/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var s Schedule
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if r := Play(s); r.Violation != nil {
			t.Errorf("%s: %v", file, r.Violation)
		}
	}
}
