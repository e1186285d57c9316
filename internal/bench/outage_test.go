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
	"gset/internal/bench/nemesis"
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

// TestEveryFaultIsABandOfTheReport: kills and pauses too, with the nodes that they struck; and a fault of all messages
// is not said to have struck a part of the nodes.
func TestEveryFaultIsABandOfTheReport(t *testing.T) {
	o := outages(t, "broadcast", "partition,kill,pause,loss,duplicate,slow")
	o.TimeLimit = 6 * time.Second
	r := mustSimulate(t, o, "")
	bands, struck := map[string]int{}, map[string]bool{}
	for _, f := range faults(r.History, time.Second, time.Minute) {
		bands[f.Kind]++
		if f.From < time.Second || f.To <= f.From || f.To >= time.Minute {
			t.Errorf("%s lasts from %v to %v", f.Kind, f.From, f.To)
		}
		struck[f.Kind] = struck[f.Kind] || len(f.Nodes) > 0
		if f.Words != "" && (f.Kind == "loss" || f.Kind == "duplicate" || f.Kind == "slow") {
			t.Errorf("%s is said to be %q", f.Kind, f.Words)
		}
	}
	for _, fault := range nemesis.Faults {
		if bands[string(fault)] == 0 {
			t.Errorf("no band of %s: %v", fault, bands)
		}
		if ofNodes := fault == nemesis.Partition || fault == nemesis.Kill || fault == nemesis.Pause; struck[string(fault)] != ofNodes {
			t.Errorf("that some nodes are said to be struck by %s is %v", fault, !ofNodes)
		}
	}
}
