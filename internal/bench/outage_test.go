package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/report"
)

// outages are options of a test with many of the faults that are named.
func outages(t *testing.T, workload, faults string) Options {
	t.Helper()
	o := testOptions(t, workload)
	if err := o.SetFaults(faults); err != nil {
		t.Fatal(err)
	}
	o.TimeLimit, o.NemesisInterval = 2*time.Second, 50*time.Millisecond
	o.InitTimeout, o.ClientTimeout = time.Second, 100*time.Millisecond
	return o
}

// outcomes counts what became of a node in the nemesis's operations.
func outcomes(r *report.Results, node string) map[edn.Keyword]int {
	counts := map[edn.Keyword]int{}
	for op := range r.History.All() {
		if outcome, ok := op.Value.(edn.Map); ok && op.Process == history.Nemesis {
			for _, pair := range outcome {
				if pair[0] == node {
					counts[pair[1].(edn.Keyword)]++
				}
			}
		}
	}
	return counts
}

// The processes of a node write to the same log, one after the other.
func TestAKilledNodeIsStartedAgainAndGetsInitButNoTopology(t *testing.T) {
	r := mustSimulate(t, outages(t, "broadcast", "kill"), "notes what it is asked")
	for _, node := range []string{"n0", "n1", "n2"} {
		text, err := os.ReadFile(filepath.Join(r.Dir, "node-logs", node+".log"))
		if err != nil {
			t.Fatal(err)
		}
		got, log := outcomes(r, node), string(text)
		if got["killed"] < 3 || got["started"] != got["killed"] {
			t.Errorf("%s: %v", node, got)
		}
		if inits := strings.Count(log, "init\n"); inits != 1+got["started"] {
			t.Errorf("%s was sent init %d times, and started again %d times", node, inits, got["started"])
		}
		if topologies := strings.Count(log, "topology\n"); topologies != 1 {
			t.Errorf("%s was told a topology %d times", node, topologies)
		}
	}
	// The nodes keep nothing on a disk, so they have lost what only they knew.
	if len(r.Set().Lost) == 0 {
		t.Error("no value was lost by being killed")
	}
	finals := 0
	for op := range r.History.All() {
		if op.Final && op.Type == history.OK {
			finals++
		}
	}
	if finals != 3 {
		t.Errorf("%d of 3 nodes were up for the final reads", finals)
	}
}

func TestPausedNodesGoOnWhereTheyWere(t *testing.T) {
	r := mustSimulate(t, outages(t, "broadcast", "pause"), "broadcast")
	for _, node := range []string{"n0", "n1", "n2"} {
		if got := outcomes(r, node); got["paused"] < 3 || got["resumed"] < 3 || len(got) != 2 {
			t.Errorf("%s: %v", node, got)
		}
	}
	if r.Stats.OKCount == r.Stats.Count {
		t.Error("every operation was answered")
	}
	// A client that has given up leaves the network, and an answer to it makes the bench deaf.
	if len(r.Faults) == 0 && r.Set().Valid != checker.Valid {
		t.Errorf("nodes that lose no message lost %v", r.Set().Lost)
	}
}

func TestPatientClientsLoseNothingToPauses(t *testing.T) {
	o := outages(t, "broadcast", "pause")
	o.ClientTimeout = time.Hour
	r := mustSimulate(t, o, "broadcast")
	// What the last pause holds up is not answered, since it ends only after all operations have.
	if r.Valid != checker.Valid || r.Stats.Count-r.Stats.OKCount > 3 || r.Set().StableLatencies.Max == 0 {
		t.Errorf("verdict %v, %d of %d operations ok, latencies %+v", r.Valid, r.Stats.OKCount, r.Stats.Count, r.Set().StableLatencies)
	}
}

func TestANodeThatDiesByItselfIsAtFaultAmongKills(t *testing.T) {
	o := outages(t, "echo", "kill,pause")
	o.NodeCount = 1
	_, err := simulate(t, o, "dies later")
	wantNodeError(t, err, diesLater)
}

func TestSpellsOfLossDuplicatesAndSlowness(t *testing.T) {
	for faults, holds := range map[string]func(r *report.Results) bool{
		"loss":      func(r *report.Results) bool { return r.Net.Servers.RecvCount < r.Net.Servers.SendCount*9/10 },
		"duplicate": func(r *report.Results) bool { return r.Net.Servers.RecvCount > r.Net.Servers.SendCount*11/10 },
		"slow":      func(r *report.Results) bool { return r.Set().StableLatencies.Max >= 100 && r.Valid == checker.Valid },
	} {
		o := outages(t, "broadcast", faults)
		if r := mustSimulate(t, o, "broadcast"); !holds(r) {
			t.Errorf("%s: %+v, verdict %v, latencies %+v", faults, r.Net.Servers, r.Valid, r.Set().StableLatencies)
		}
	}
}

// In real time, with processes: how operations end depends on the computer, but the test comes to an end.
func TestProcessesAreKilledAndPaused(t *testing.T) {
	o := outages(t, "echo", "kill,pause")
	o.TimeLimit, o.InitTimeout = time.Second, time.Hour
	r, err := run(t, o, "echo")
	if err != nil {
		t.Fatal(err)
	}
	total := map[edn.Keyword]int{}
	for _, node := range []string{"n0", "n1", "n2"} {
		for outcome, times := range outcomes(r, node) {
			total[outcome] += times
		}
	}
	t.Logf("%v", total)
	if total["failed"] > 0 {
		t.Errorf("outcomes %v", total)
	}
}
