package bench

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gset/internal/bench/history"
	"gset/internal/bench/report/html"
	"gset/internal/bench/report/messages"
	"gset/internal/bench/report/serve"
)

// recorded reads the messages that a test has written.
func recorded(t *testing.T, dir string) map[messages.Fate]int64 {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, messagesFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fates := make(map[messages.Fate]int64)
	for m, err := range messages.Read(f) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Type == "" || m.Src == "" || m.Dest == "" {
			t.Errorf("message %+v", m)
		}
		fates[m.Fate]++
	}
	return fates
}

func TestEveryMessageIsRecordedWithItsFate(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.StoreDir = t.TempDir()
	o.NodeCount, o.Latency, o.PLoss, o.Partition = 5, 10, 0.1, true
	o.TimeLimit, o.NemesisInterval = 10*time.Second, time.Second
	r := mustSimulate(t, o, "broadcast")
	fates := recorded(t, r.Dir)
	total := int64(0)
	for _, n := range fates {
		total += n
	}
	if total != r.Net.All.SendCount {
		t.Errorf("%d messages are recorded, %d were sent: %v", total, r.Net.All.SendCount, fates)
	}
	if fates[messages.Lost] == 0 || fates[messages.Cut] == 0 || fates[messages.Delivered] == 0 {
		t.Errorf("fates %v", fates)
	}
	summary := summaryOf(t, r.Dir)
	if string(summary.Verdict) != r.Valid.String() || len(summary.Words) == 0 || summary.Nodes != 5 {
		t.Errorf("summary %+v", summary)
	}
	if page, err := os.ReadFile(filepath.Join(r.Dir, serve.ReportFile)); err != nil || !strings.Contains(string(page), `"kind":"partition"`) {
		t.Errorf("the report has no partition, or %v", err)
	}
}

// The verdict, the history, the report and the record of messages have one zero: when all nodes were up. What was
// sent before that has times below it.
func TestMessagesAreRecordedOnTheHistorysClock(t *testing.T) {
	o := testOptions(t, "broadcast")
	o.StoreDir = t.TempDir()
	r := mustSimulate(t, o, "answers init after a second")
	f, err := os.Open(filepath.Join(r.Dir, messagesFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	asked := make(map[string]bool) // when messages of clients were sent
	for m, err := range messages.Read(f) {
		if err != nil {
			t.Fatal(err)
		}
		switch m.Type {
		case "init":
			if m.Sent > -time.Second || m.Sent < -1100*time.Millisecond {
				t.Errorf("init was sent at %v", m.Sent)
			}
		case "broadcast":
			asked[m.Sent.String()] = true
		}
	}
	for op := range r.History.All() {
		if op.F == "broadcast" && op.Type == history.Invoke && !asked[op.Time.String()] {
			t.Errorf("no broadcast was sent at %v, when one was asked for", op.Time)
		}
	}
	if left, err := filepath.Glob(filepath.Join(r.Dir, messagesFile+"?*")); err != nil || left != nil {
		t.Errorf("left over: %v, %v", left, err)
	}
	if page, err := os.ReadFile(filepath.Join(r.Dir, serve.ReportFile)); err != nil || !regexp.MustCompile(`"zero":10\d{5},`).Match(page) {
		t.Errorf("the report's zero is not when nodes were up, or %v", err)
	}
}

func summaryOf(t *testing.T, dir string) *html.Summary {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, serve.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := html.ReadSummary(f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestATestThatFailsLeavesAReportThatSaysWhy(t *testing.T) {
	o := testOptions(t, "echo")
	o.StoreDir = t.TempDir()
	if _, err := simulate(t, o, "exits at once"); err == nil {
		t.Fatal("a node that exits did not fail the test")
	}
	dirs, err := filepath.Glob(filepath.Join(o.StoreDir, "echo", "2*"))
	if err != nil || len(dirs) != 1 {
		t.Fatal(dirs, err)
	}
	if verdict, err := os.ReadFile(filepath.Join(dirs[0], "verdict.txt")); err != nil || !strings.Contains(string(verdict), "times count from the beginning") {
		t.Errorf("%q, %v: the nodes were never up", verdict, err)
	}
	if s := summaryOf(t, dirs[0]); s.Verdict != html.Failed || !strings.Contains(strings.Join(s.Words, " "), "FAILED: echo on 3 nodes") {
		t.Errorf("summary %+v", s)
	}
}

func TestTheCommandLineRepeatsTheTest(t *testing.T) {
	o := DefaultOptions()
	o.Workload, o.Bin, o.Seed, o.Partition, o.Args = "broadcast", "/it's mine/node", 7, true, []string{"-x", "a b", ""}
	o.TimeLimit, o.NodeCount, o.Rate = 20*time.Second, 25, 100
	const want = `squall test -w broadcast --bin '/it'\''s mine/node' --node-count 25 --time-limit 20 --rate 100 --nemesis partition --seed 7 -- -x 'a b' ''`
	if got := o.command(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	// Whoever has built squall here calls it ./squall, and keeps results elsewhere perhaps.
	o.Program, o.StoreDir, o.Args = "./squall", "my store", nil
	if got, want := o.command(), strings.Replace(strings.Replace(want, "squall", "./squall", 1), "--seed 7 -- -x 'a b' ''", "--store 'my store' --seed 7", 1); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
