package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/workload"
)

func TestGoodNodesAreValid(t *testing.T) {
	for _, workload := range workload.Names() {
		t.Run(workload, func(t *testing.T) {
			r := mustSimulate(t, testOptions(t, workload), workload)
			if r.Valid != checker.Valid || r.Stats.OKCount == 0 || r.Stats.OKCount != r.Stats.Count {
				t.Errorf("verdict %v, %d of %d operations ok", r.Valid, r.Stats.OKCount, r.Stats.Count)
			}
		})
	}
}

func TestMessagesAreCountedAsMaelstromCountsThem(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.Topology = "line"
	r := mustSimulate(t, o, "broadcast")
	n := r.Net
	ops := int64(r.Stats.Count) // all of them, reads and final reads included
	if n.Ops != ops {
		t.Errorf("%d operations counted, %d ran", n.Ops, ops)
	}
	// Each operation, and each node's init and topology, is a request and a reply.
	if want := 2*ops + 4*3; n.Clients.SendCount != want || n.Clients.RecvCount != want || n.Clients.MsgCount != want {
		t.Errorf("clients' messages %+v, want %d of each", n.Clients, want)
	}
	// A flood through a line of three nodes without duplicates takes two messages.
	if want := int64(2 * r.Set().AttemptCount); n.Servers.SendCount != want || n.ByType["gossip"] != want {
		t.Errorf("servers' messages %+v, by type %v, want %d", n.Servers, n.ByType, want)
	}
	if want := float64(n.Servers.MsgCount) / float64(ops); n.ServersMsgsPerOp != want {
		t.Errorf("%v messages an operation, want %v", n.ServersMsgsPerOp, want)
	}
	if want := float64(n.ServerBytes) / float64(ops); n.ServersBytesPerOp != want || want == 0 {
		t.Errorf("%v bytes an operation, want %v", n.ServersBytesPerOp, want)
	}
}

func TestLatencyDelaysMessagesBetweenNodesOnly(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.Topology, o.Latency = "line", 50
	o.TimeLimit = 10 * time.Second // enough operations for one of them to read just before the farthest node learns
	r := mustSimulate(t, o, "broadcast")
	q := r.Set().StableLatencies
	if q == nil || q.Max < 80 || q.Max > 100 {
		t.Errorf("stable latencies %+v over two hops of 50 ms", q)
	}
	if r.Valid != checker.Valid {
		t.Errorf("verdict %v", r.Valid)
	}
}

func TestLostMessagesHaveBeenSent(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.Topology, o.PLoss = "line", 1
	r := mustSimulate(t, o, "broadcast")
	if n := r.Net.Servers; n.SendCount == 0 || n.MsgCount != n.SendCount || n.RecvCount != 0 {
		t.Errorf("with all messages lost: %+v", n)
	}
	if n := r.Net.Clients; n.RecvCount != n.SendCount {
		t.Errorf("clients lost messages: %+v", n)
	}
}

func TestPartitionsLoseMessagesAndEnd(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.NodeCount, o.Topology = 5, "line"
	o.TimeLimit = time.Second
	o.Partition, o.NemesisInterval = true, 50*time.Millisecond
	r := mustSimulate(t, o, "broadcast")
	if r.Net.Servers.RecvCount >= r.Net.Servers.SendCount {
		t.Errorf("no message was dropped: %+v", r.Net.Servers)
	}
	starts := 0
	last := ""
	for op := range r.History.All() {
		if op.Process == history.Nemesis {
			last = op.F
			if op.F == "start-partition" {
				starts++
			}
		}
	}
	if starts < 4 || last != "stop-partition" {
		t.Errorf("%d entries of partitions starting, the last fault is %q", starts, last)
	}
	if r.Set().Valid != checker.Invalid || len(r.Set().Lost) == 0 {
		t.Error("a flood that never retries lost nothing to partitions")
	}
}

func TestAnAnswerToAClientThatGaveUpMakesTheBenchDeaf(t *testing.T) {
	o := testOptions(t, "broadcast")
	// One worker, so that reads come after the write has timed out.
	o.NodeCount, o.Concurrency = 1, "1"
	o.TimeLimit, o.ClientTimeout, o.Recovery = 500*time.Millisecond, 100*time.Millisecond, 0
	r := mustSimulate(t, o, "answers late")
	if len(r.Faults) != 1 || r.Faults[0].Node != "n0" || !strings.Contains(r.Faults[0].Err.Error(), `the message's dest is the client "c`) {
		t.Fatalf("faults %v", r.Faults)
	}
	// The write's process was replaced when its outcome was unknown.
	crashed, deaf := false, false
	for op := range r.History.All() {
		switch {
		case op.F == "broadcast" && op.Type == history.Info:
			crashed = true
		case crashed && op.Type == history.Invoke && op.Process == 0:
			t.Errorf("process 0 goes on after an unknown outcome: %v", op)
		case op.Final && op.Type == history.Fail:
			deaf = true
		}
	}
	if !crashed || !deaf {
		t.Errorf("unknown write: %v, failed final read: %v", crashed, deaf)
	}
}

// What is said of nodes that end a test.
const (
	exitsAtOnce        = `node n0 exited before the test was over, .* s after its start: exit status 3(?s:.*)I have lost the will to live`
	printsGarbage      = `node n0 failed before it was set up: printed a line on standard output that is not a message: not JSON: byte 0 is 'H', where a value should be; the line: Hello, world!(?s:.*)standard output:\n\nHello, world!\n`
	answersInitWrongly = `node n0 answered init with a reply whose "type" is "init_okay", where "init_ok" should be`
	diesLater          = `node n0 exited before the test was over, .*: exit status 7(?s:.*)goodbye`
)

func TestBadNodesAreToldApart(t *testing.T) {
	tests := []struct {
		workload, behaviour string
		error               string           // a pattern, "" if there are results
		valid               checker.Validity // of the results
		log                 string           // a pattern, "" for no demand
	}{
		{"echo", "exits at once", exitsAtOnce, 0, ""},
		{"echo", "prints garbage", printsGarbage, 0, ""},
		{"echo", "answers init wrongly", answersInitWrongly, 0, ""},
		{"echo", "never answers", `node n0 did not answer init within 300ms(?s:.*)not a word`, 0, ""},
		{"echo", "dies later", diesLater, 0, ""},
		{"echo", "answers the wrong type", "", checker.Invalid, `malformed reply of node n0 to client c\d+'s echo request \(msg_id 1\): "type" is "ok", where "echo_ok" should be; it should be`},
		{"echo", "answers something else", "", checker.Invalid, ""},
		{"echo", "answers errors", "", checker.Invalid, ""},
		{"echo", "swallows echoes", "", checker.Invalid, ""},
		{"echo", "prints garbage later", "", checker.Invalid, `node n0: printed a line on standard output that is not a message: not JSON: byte 0 is 'p'`},
	}
	for _, test := range tests {
		t.Run(test.behaviour, func(t *testing.T) {
			o := testOptions(t, test.workload)
			o.NodeCount = 1
			o.InitTimeout, o.ClientTimeout = 300*time.Millisecond, 100*time.Millisecond
			var log strings.Builder
			o.Log = &log
			r, err := simulate(t, o, test.behaviour)
			if test.error != "" {
				wantNodeError(t, err, test.error)
			} else if err != nil {
				t.Fatal(err)
			} else if r.Valid != test.valid {
				t.Errorf("verdict %v, want %v", r.Valid, test.valid)
			}
			if !regexp.MustCompile(test.log).MatchString(log.String()) {
				t.Errorf("log %q does not match %s", log.String(), test.log)
			}
		})
	}
}

// wantNodeError checks that an error is of a node and matches a pattern.
func wantNodeError(t *testing.T, err error, pattern string) {
	t.Helper()
	var node *NodeError
	if !errors.As(err, &node) {
		t.Fatalf("error %v, want one of a node", err)
	}
	if !regexp.MustCompile(pattern).MatchString(err.Error()) {
		t.Errorf("error %q does not match %s", err, pattern)
	}
}

func TestCountersThatDisagreeAreInvalid(t *testing.T) {
	r := mustSimulate(t, testOptions(t, "g-counter"), "a counter that keeps things to itself")
	c := r.Counter()
	if r.Valid != checker.Invalid || c.Valid != checker.Invalid || len(c.FinalReads) != 3 || len(c.Errors) == 0 || len(c.Acceptable) != 1 {
		t.Errorf("verdict %v, %s", r.Valid, edn.Append(nil, c.EDN()))
	}
	for _, op := range c.Errors {
		if !op.Final || op.Type != history.OK || op.Value == c.Acceptable[0].Low {
			t.Errorf("an error is %s", edn.Append(nil, op))
		}
	}
}

// An add whose outcome is unknown may count, and every value that such adds
// can make is acceptable.
func TestUnknownAddsWidenWhatACounterMayShow(t *testing.T) {
	for behaviour, class := range map[string]edn.Keyword{
		"a counter that swallows adds": "net-timeout",
		"a counter that refuses adds":  "rpc-error",
	} {
		t.Run(behaviour, func(t *testing.T) {
			o := testOptions(t, "pn-counter")
			o.ClientTimeout = 50 * time.Millisecond
			var log strings.Builder
			o.Log = &log
			r := mustSimulate(t, o, behaviour)
			c := r.Counter()
			adds := r.Stats.ByF["add"]
			if r.Valid != checker.Valid || adds.InfoCount == 0 || adds.FailCount != 0 || c.Acceptable[0] == (checker.Range{Low: c.FinalReads[0], High: c.FinalReads[0]}) {
				t.Errorf("verdict %v, adds %+v, %s", r.Valid, adds, edn.Append(nil, c.EDN()))
			}
			if len(r.Crashes) != 1 || r.Crashes[0].Class != class || r.Crashes[0].Count != adds.InfoCount {
				t.Errorf("crashes %+v", r.Crashes)
			}
			if got := strings.Count(log.String(), "further crashes of this class, "+string(class)); got != 1 {
				t.Errorf("%d warnings in the log:\n%s", got, log.String())
			}
		})
	}
}

func TestCountersThatShowNoNumberAreNamed(t *testing.T) {
	for behaviour, want := range map[string]string{
		"a counter of floats":          `"value" is -?\d+\.0, where a whole number of 64 bits should be; it should be`,
		"a counter of strings":         `"value" is "-?\d+", where a whole number`,
		"a counter of nothing":         `"value" is missing`,
		"a counter of the uncountable": `"value" is \d+00000000000000000000, where a whole number`,
	} {
		t.Run(behaviour, func(t *testing.T) {
			o := testOptions(t, "pn-counter")
			r := mustSimulate(t, o, behaviour)
			// No read ever succeeded, which is not the checker's but the statistics' to find.
			if r.Valid != checker.Invalid || r.Counter().Valid != checker.Valid || r.Stats.ByF["read"].Valid != checker.Invalid {
				t.Errorf("verdict %v, stats %+v", r.Valid, r.Stats.ByF["read"])
			}
			want := regexp.MustCompile(`malformed reply of node n\d to client c\d+'s read request \(msg_id \d+\): ` + want)
			if text := string(edn.Append(nil, r.Crashes[0].Example)); r.Crashes[0].Class != "malformed-rpc-response" || !want.MatchString(strings.ReplaceAll(text, `\"`, `"`)) {
				t.Errorf("crash %s does not match %v", text, want)
			}
		})
	}
}

func TestNobodyButBroadcastIsToldATopology(t *testing.T) {
	r := mustSimulate(t, testOptions(t, "g-set"), "g-set")
	ops := int64(r.Stats.Count)
	// Each operation, and each node's init, is a request and a reply.
	if want := 2*ops + 2*3; r.Net.Clients.MsgCount != want {
		t.Errorf("%d messages of clients, want %d", r.Net.Clients.MsgCount, want)
	}
}

func TestStoreHoldsTheTest(t *testing.T) {
	o := testOptions(t, "broadcast")
	r := mustSimulate(t, o, "broadcast")
	for _, link := range []string{"latest", "current", "broadcast/latest"} {
		for _, name := range []string{"results.edn", "history.edn", "history.txt", "squall.log", "verdict.txt", "node-logs/n0.log", "node-logs/n2.log"} {
			if _, err := os.Stat(filepath.Join(o.StoreDir, link, name)); err != nil {
				t.Error(err)
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(r.Dir, "results.edn"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{":squall {:seed 1", ":nemesis-interval 10.0", ":muted-nodes ()", ":duplicates {}", ":exceptions {", ":stats {", ":availability {", ":net {", ":msgs-per-op ", ":bytes-per-op ", ":workload {", "\n :valid? true}"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("results.edn has no %s:\n%s", want, text)
		}
	}
	history, err := os.ReadFile(filepath.Join(r.Dir, "history.edn"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(history), "\n"), "\n")
	if len(lines) != r.History.Len() || !regexp.MustCompile(`^{:index 0, :time \d+, :type :invoke, :process \d, :f :(read|broadcast), :value (nil|0)}$`).MatchString(lines[0]) {
		t.Errorf("%d lines of history for %d entries, the first: %s", len(lines), r.History.Len(), lines[0])
	}
}

func TestSameSeedSameOperationsAndFaults(t *testing.T) {
	run := func() (ops, faults []string) {
		o := testOptions(t, "broadcast")
		o.NodeCount, o.Seed = 5, 42
		o.Rate = 50
		o.Partition, o.NemesisInterval = true, 50*time.Millisecond
		r := mustSimulate(t, o, "broadcast")
		for op := range r.History.All() {
			what := fmt.Sprintf("%v %s %s", op.Time, op.F, edn.Append(nil, op.Value))
			switch {
			case op.Process == history.Nemesis:
				faults = append(faults, what)
			case op.Type == history.Invoke && !op.Final:
				ops = append(ops, what)
			}
		}
		return ops, faults
	}
	ops1, faults1 := run()
	ops2, faults2 := run()
	if len(ops1) < 5 || !slices.Equal(ops1, ops2) {
		t.Errorf("operations are\n%s\nand then\n%s", strings.Join(ops1, "\n"), strings.Join(ops2, "\n"))
	}
	if len(faults1) < 5 || !slices.Equal(faults1, faults2) {
		t.Errorf("faults are\n%s\nand then\n%s", strings.Join(faults1, "\n"), strings.Join(faults2, "\n"))
	}
}

func TestIDsThatTwoNodesGenerateAreInvalid(t *testing.T) {
	r := mustSimulate(t, testOptions(t, "unique-ids"), "generates ids of its own")
	ids := r.Workload.(*checker.UniqueIDs)
	if r.Valid != checker.Invalid || len(ids.Duplicated) == 0 || ids.Acknowledged != ids.Attempted || ids.Least != "1" {
		t.Errorf("verdict %v, %v", r.Valid, ids)
	}
}

func TestUnknownIfNothingWasWritten(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.Rate = 0
	r := mustSimulate(t, o, "broadcast")
	if r.Valid != checker.Unknown || r.Valid.ExitStatus() != 2 || r.Stats.Count != 3 {
		t.Errorf("verdict %v of %d operations", r.Valid, r.Stats.Count)
	}
	if want := o.TimeLimit + o.Recovery; r.Elapsed != want {
		t.Errorf("took %v, want %v: without operations the phases must still last", r.Elapsed, want)
	}
}

// Jepsen's set-full finds no duplicates, so neither does the verdict.
func TestValuesShownTwiceAreInvalidIfJudgedStrictly(t *testing.T) {
	for strict, want := range map[bool]checker.Validity{false: checker.Valid, true: checker.Invalid} {
		o := testOptions(t, "broadcast")
		o.Strict = strict
		r := mustSimulate(t, o, "shows values twice")
		if r.Valid != want || r.Set().Valid != checker.Valid || r.Set().Duplicates["0"] != 2 {
			t.Errorf("strict: %v: verdict %v, of the set %v, duplicates %v", strict, r.Valid, r.Set().Valid, r.Set().Duplicates)
		}
		var out strings.Builder
		if err := r.Print(&out); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		for _, part := range []string{":duplicated-count 0", ":duplicated {}", ":duplicates {0 2,", "values were returned more than once by one read. 0: 2 times at most, first by the "} {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in\n%s", part, text)
			}
		}
	}
}

func TestTheVerdictInWordsEndsWhatIsPrintedAndIsStored(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.Args = []string{"-some", "arg's"}
	r := mustSimulate(t, o, "broadcast")
	var out strings.Builder
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(r.Words, "\n") + "\n"
	if !strings.HasSuffix(out.String(), "\n\n"+text) {
		t.Errorf("%q is not at the end of\n%s", text, out.String())
	}
	if stored, err := os.ReadFile(filepath.Join(r.Dir, "verdict.txt")); err != nil || string(stored) != text {
		t.Errorf("verdict.txt is %q, %v", stored, err)
	}
	if results, err := os.ReadFile(filepath.Join(r.Dir, "results.edn")); err != nil || !strings.Contains(string(results), ":words [\"VALID: broadcast on 3 nodes") {
		t.Errorf("no words in results.edn (%v):\n%s", err, results)
	}
	if want := " --seed 1 -- -some 'arg'\\''s'"; !strings.HasSuffix(r.Words[len(r.Words)-1], want) {
		t.Errorf("%q does not end with %q", r.Words[len(r.Words)-1], want)
	}
}

func TestATestThatANodeEndsStoresWhyAndHowToRepeatIt(t *testing.T) {
	o := testOptions(t, "echo")
	_, err := simulate(t, o, "dies later")
	wantNodeError(t, err, `exited before the test was over[^$]*goodbye[^$]*To repeat it: squall test -w echo .* --seed 1`)
	text, err := os.ReadFile(filepath.Join(o.StoreDir, "latest", "verdict.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if want := regexp.MustCompile("^FAILED: echo on 3 nodes for 300ms, no faults injected: node n\\d exited .*: exit status 7\nIts last lines on standard error: `goodbye` (.|\n)*To repeat it: squall test -w echo .* --seed 1\n$"); !want.Match(text) {
		t.Errorf("verdict.txt is %q", text)
	}
}

// Maelstrom's checkers see neither that nodes were muted nor that nobody gave a final read: the verdict is
// theirs, but its first line says so, and --strict fails the test.
func TestNodesMutedForWhatTheyPrintAreInvalidIfJudgedStrictly(t *testing.T) {
	for strict, want := range map[bool]checker.Validity{false: checker.Valid, true: checker.Invalid} {
		o := testOptions(t, "broadcast")
		o.Strict = strict
		o.TimeLimit, o.ClientTimeout = 2*time.Second, 500*time.Millisecond
		r := mustSimulate(t, o, "prints garbage in mid-run")
		if r.Valid != want || len(r.Faults) != 3 || r.Faults[0].Late || !r.FinalReads.None() {
			t.Errorf("strict: %v: verdict %v, faults %v, final reads %+v", strict, r.Valid, r.Faults, r.FinalReads)
		}
		for _, part := range []string{"Muted: all 3 nodes; no final read succeeded; only ", " operations asked for were begun ("} {
			if !strings.Contains(r.Words[0], part) {
				t.Errorf("%q is not in %q", part, r.Words[0])
			}
		}
		if s := summaryOf(t, r.Dir); s.Objected != !strict {
			t.Errorf("the list of runs is told that there are objections: %v", s.Objected)
		}
		if results := string(r.Pretty()); !strings.Contains(results, ":final-reads {:asked 3, :ok 0}") || !strings.Contains(results, "none of the 3 final reads succeeded") {
			t.Errorf("results.edn does not tell of the final reads: %s", results)
		}
	}
}

// A pause makes replies late, and a node that gives one is muted. That is no fault of the node.
func TestNodesMutedForLateRepliesAreNotFoundInvalid(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.NodeCount, o.Concurrency, o.Strict = 2, "2", true
	o.TimeLimit, o.ClientTimeout, o.Recovery = 500*time.Millisecond, 100*time.Millisecond, 0
	r := mustSimulate(t, o, "answers late")
	if len(r.Faults) == 0 || !r.Faults[0].Late {
		t.Fatalf("faults %v", r.Faults)
	}
	for _, objection := range r.Objections() {
		if strings.Contains(objection, "muted") {
			t.Errorf("a late reply is objected to: %s", objection)
		}
	}
}
