package sim

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"
)

// onDisks is a schedule without other faults whose nodes have disks.
func onDisks(events ...Event) Schedule {
	s := quietly(events...)
	s.Disk = true
	return s
}

// TestWhatDisksAcknowledgeSurvives plays schedules in which disks lose power, fill up and fail, and are set
// back, besides the faults that stop nodes. For a longer search:
//
//	go run ./cmd/lab sim --seeds 10000 --faults power,kill,full,fail,crash,tear,rollback,leave
func TestWhatDisksAcknowledgeSurvives(t *testing.T) {
	length, rate := 6*time.Second, 60.0
	var mu sync.Mutex
	var sum Disks
	Explore(context.Background(), 0, seeds(40), 2, func(seed uint64) {
		r := Play(Generate(seed, Options{
			Length: &length, Rate: &rate, Faults: []What{Power, Power, Kill, Full, Fail, Crash, Tear, Rollback, Leave},
		}))
		mu.Lock()
		defer mu.Unlock()
		sum.Add(r.Disks)
		if r.Violation != nil {
			t.Errorf("seed %d: %v", seed, r.Violation)
		}
	})
	t.Logf("%v", sum)
	for what, count := range map[string]int{
		"commits": sum.Commits, "compactions": sum.Compactions, "deaths": sum.Deaths, "refused updates": sum.Refused,
		"updates of unknown outcome": sum.Unknown, "folders set back": sum.SetBack, "new incarnations": sum.Renewed,
	} {
		if count == 0 {
			t.Errorf("no %s in any run", what)
		}
	}
}

// TestFaultsOfDisksDoWhatTheySay has each of them befall a node that is given work.
func TestFaultsOfDisksDoWhatTheySay(t *testing.T) {
	const second = time.Second
	work := func(more ...Event) (events []Event) {
		for i := range int64(150) {
			e := addition(second+time.Duration(i)*10*time.Millisecond, int(i%4), 1_000_000*i)
			e.Count, e.Step = 1+int(i%4)*50, 4001
			events = append(events, e)
		}
		return append(events, more...)
	}
	for _, c := range []struct {
		event Event
		shows func(Result) bool
	}{
		{Event{}, func(r Result) bool {
			return r.Disks.Compactions > 0 && r.Disks == (Disks{Commits: r.Disks.Commits, Compactions: r.Disks.Compactions})
		}},
		{Event{What: Power, Value: -1}, func(r Result) bool { return r.Disks.Deaths == 0 && r.Disks.Unknown == 0 }},
		{Event{What: Power, Value: 3}, func(r Result) bool { return r.Disks.Deaths == 1 }},
		{Event{What: Kill, Value: 7}, func(r Result) bool { return r.Disks.Deaths == 1 }},
		{Event{What: Full, Value: 1}, func(r Result) bool { return r.Disks.Refused > 5 && r.Disks.Unknown == 0 }},
		{Event{What: Fail, Value: 300}, func(r Result) bool { return r.Disks.Unknown > 0 }},
		{Event{What: Crash, Lose: true}, func(r Result) bool { return r.Disks.SetBack == 1 && r.Disks.Renewed == 1 }},
		{Event{What: Crash}, func(r Result) bool { return r.Disks.SetBack == 0 && r.Disks.Renewed == 0 }},
		{Event{What: Rollback, Value: int64(second)}, func(r Result) bool { return r.Disks.SetBack == 1 && r.Disks.Renewed == 1 }},
		{Event{What: Leave, Lose: true}, func(r Result) bool { return r.Disks.SetBack == 1 && r.Disks.Renewed == 1 }},
	} {
		c.event.At, c.event.For, c.event.Node = 2*second, second, 1
		s := onDisks(work(c.event)...)
		switch c.event.What {
		case "":
			s = onDisks(work()...)
		case Leave: // which is done when nothing is pending
			s = onDisks(addition(second, 1, 5), c.event)
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		if r := Play(s); r.Violation != nil || !c.shows(r) {
			t.Errorf("%v: %v; %v", c.event, r.Violation, r.Disks)
		}
	}
}

// TestATornCommitIsDropped fails the power in commits of several sectors until a part of one is left.
func TestATornCommitIsDropped(t *testing.T) {
	torn := 0
	for value := range int64(40) {
		burst := addition(time.Second, 1, 5)
		burst.Count, burst.Step = 900, 3001
		s := onDisks(addition(900*time.Millisecond, 1, 4), burst, Event{At: 950 * time.Millisecond, What: Power, Node: 1, Value: value % 4, For: time.Second})
		s.Seed = uint64(value)
		r := Play(s)
		if torn += r.Disks.Torn; r.Violation != nil || r.Disks.Torn > 0 && r.Disks.Renewed == 0 {
			t.Errorf("%v; %v", r.Violation, r.Disks)
		}
	}
	if torn < 3 {
		t.Errorf("%d commits are cut off", torn)
	}
}

// TestAFullDiskRefusesUpdatesAndGossipGoesOn with a node that has no room for three seconds.
func TestAFullDiskRefusesUpdatesAndGossipGoesOn(t *testing.T) {
	const full = 1
	var events []Event
	add := func(at time.Duration, node int, value int64) Event {
		e := addition(at, node, value)
		e.Count, e.Step = 900, 4001 // the log file that is filled ahead has no room for a second one
		return e
	}
	events = append(events, Event{At: time.Second, What: Full, Node: full, Value: 1, For: 3 * time.Second})
	for i := range int64(10) {
		events = append(events, add(1100*ms+time.Duration(i)*50*ms, full, 10_000_000*i))
	}
	others := add(2000*ms, 2, 500_000_000)
	back := add(4100*ms, full, 600_000_000)
	events = append(events, others, back)
	s := onDisks(events...)
	r, err := newRun(Player{}, s, sets)
	if err != nil {
		t.Fatal(err)
	}
	r.net.At(2500*ms, func() {
		at := r.net.Replica(full)
		if at == nil || !at.State().Contains(others.Value) {
			t.Errorf("a node without room does not hear the others: %v", at)
		}
	})
	result := r.guarded()
	if result.Violation != nil || result.Disks.Refused < 8 || result.Disks.Unknown > 0 || result.Disks.Waits > 0 {
		t.Errorf("%v; %v", result.Violation, result.Disks)
	}
	for _, at := range r.live() {
		if !r.net.Replica(at).State().Contains(back.Value) {
			t.Errorf("n%d does not have what was added when there was room again", at)
		}
	}
}

// TestACounterIsExactAfterFiveHundredRestarts of three nodes, each in the middle of a call of its disk. Its
// entries are as few as the lives that nodes had to begin anew.
func TestACounterIsExactAfterFiveHundredRestarts(t *testing.T) {
	const restarts = 500
	for _, lattice := range []Lattice{GCounter, PNCounter} {
		s := onDisks()
		s.Lattice, s.Nodes, s.End = lattice, 3, 100*time.Second
		for i := range restarts {
			at := s.End * time.Duration(i) / restarts
			for k := range 4 {
				s.Events = append(s.Events, Event{At: at + time.Duration(k)*time.Millisecond, What: Update, Node: i % 3, Value: int64(i + k)})
			}
			what := []What{Power, Kill}[i%2]
			s.Events = append(s.Events, Event{At: at, What: what, Node: i % 3, Value: int64(i % 9), For: 50 * time.Millisecond})
		}
		if lattice == GCounter {
			r, err := newRun(Player{}, s, gcounters)
			requireFewEntries(t, restarts, r, err)
		} else {
			r, err := newRun(Player{}, s, pncounters)
			requireFewEntries(t, restarts, r, err)
		}
	}
}

// requireFewEntries plays a run, and looks for entries of lives that need not have ended.
func requireFewEntries[S state[S], K comparable](t *testing.T, restarts int, r *run[S, K], err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	result := r.guarded()
	entries := 0
	for range r.net.Replica(0).State().Cells(0) {
		entries++
	}
	t.Logf("%d entries; %v", entries, result.Disks)
	if result.Violation != nil || result.Disks.Deaths < restarts*3/4 || entries > r.s.Nodes+result.Disks.Renewed {
		t.Errorf("%v; %d entries; %v", result.Violation, entries, result.Disks)
	}
}

func TestFaultsOfDisksTakeDisks(t *testing.T) {
	for _, what := range diskFaults() {
		s := onDisks(addition(time.Second, 0, 5), Event{At: time.Second, What: what, Value: 5, For: time.Second})
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		if text := s.String(); !strings.Contains(text, string(what)) && !strings.Contains(text, "process") {
			t.Errorf("a schedule does not say %s:\n%s", what, text)
		}
		for _, spoil := range []func(*Schedule){
			func(s *Schedule) { s.Disk = false },
			func(s *Schedule) { s.Events[1].Value = -2 },
			func(s *Schedule) { s.Events[1].Value = 1 << 40 },
		} {
			bad := onDisks(s.Events...)
			bad.Events = append([]Event(nil), s.Events...)
			if spoil(&bad); bad.Validate() == nil {
				t.Errorf("this is fine:\n%v", bad)
			}
		}
	}
}
