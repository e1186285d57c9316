package words

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/journal"
	"gset/internal/bench/nemesis"
	"gset/internal/bench/report"
)

// The transcripts hold a history as a table, and the words that it leads to. Lines of a table:
//
//	TIME PROCESS invoke F [VALUE]      an operation of a client begins
//	TIME PROCESS ok|fail|info [VALUE]  it ends; of info and fail the value is the error
//	TIME final PROCESS VALUE|fail      a final read, all at once
//	TIME nemesis F [VALUE] [NODE<NODE,NODE]... [NODE=OUTCOME]...
//	TIME drop SRC DEST BODY            a message that was cut, or whose receiver was down
//	TIME loss SRC DEST BODY            one that was lost by chance
//	TIME muted NODE REASON / LAST LINE
//	TIME late NODE REASON / LAST LINE  muted for a reply to a client that had left
//	TIME came ELEMENT NODE FROM MESSAGE  how an element came to a node; FROM may be "client"
//	0 stderr NODE LINE / LINE          the last lines of a node
//	0 sent NODE COUNT                  messages to other nodes
//	TIME ended NODE REASON / LAST LINE the node ended the test
func TestTheVerdictInWords(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			test, failure := testOf(t, d)
			var lines []string
			if failure != nil {
				lines = FailureLines(test, failure)
			} else {
				lines = Lines(test)
			}
			if len(lines) > maxLines {
				t.Errorf("%d lines", len(lines))
			}
			return strings.Join(lines, "\n") + "\n"
		})
	})
}

// testOf reads a command of a transcript, which is a workload, with its table.
func testOf(t *testing.T, d *datadriven.TestData) (*Test, *Failure) {
	test := &Test{Workload: d.Cmd, TimeLimit: 2 * time.Second, Nodes: []string{"n1", "n2", "n3"}, Rate: 0.5, Drops: &journal.Drops{},
		History: &history.History{}, Origin: time.Second, Command: "squall test -w " + d.Cmd + " --bin node --seed 7"}
	for _, arg := range d.CmdArgs {
		switch arg.Key {
		case "nodes":
			test.Nodes = arg.Vals
		case "faults":
			test.Faults = arg.Vals
		case "strict":
			test.Strict = true
		case "rate":
			test.Rate, _ = strconv.ParseFloat(arg.Vals[0], 64)
		case "lag":
			test.Lag, _ = time.ParseDuration(arg.Vals[0])
		case "dir":
			test.Dir = arg.Vals[0]
		default:
			t.Fatalf("%s: what is %s?", d.Pos, arg.Key)
		}
	}
	test.Workers = len(test.Nodes)
	table := table{test: test, began: map[int]*history.Op{}, stderr: map[string]string{}, ways: map[int64][]Way{}}
	test.Ways = func(element int64) []Way { return slices.Clone(table.ways[element]) }
	test.Stderr = func(node string) string { return table.stderr[node] }
	for line := range strings.Lines(d.Input) {
		table.read(t, strings.Fields(line))
	}
	judge(test)
	return test, table.failure
}

// judge has a test's history checked.
func judge(test *Test) {
	test.Stats = checker.CheckStats(test.History)
	test.Availability = checker.CheckAvailability(&test.Stats, nil)
	switch test.Workload {
	case "broadcast":
		test.Result = checker.CheckSet(test.History, "broadcast", "read")
	case "g-set":
		test.Result = checker.CheckSet(test.History, "add", "read")
	case "echo":
		test.Result = checker.CheckEcho(test.History)
	case "unique-ids":
		test.Result = checker.CheckUniqueIDs(test.History)
	default:
		test.Result = checker.CheckCounter(test.History)
	}
	results := report.Results{Stats: test.Stats, Workload: test.Result, FinalReads: checker.CountFinalReads(test.History), Strict: test.Strict}
	for _, m := range test.Muted {
		results.Faults = append(results.Faults, report.NodeFault{Node: m.Node, Err: errors.New(m.Reason), Late: m.Late})
	}
	results.Judge()
	test.Valid, test.Objections = results.Valid, len(results.Objections())
}

type table struct {
	test    *Test
	began   map[int]*history.Op
	failure *Failure
	stderr  map[string]string
	ways    map[int64][]Way
}

func (tb *table) read(t *testing.T, words []string) {
	s, err := strconv.ParseFloat(words[0], 64)
	if err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	at := time.Duration(s * float64(time.Second)).Round(time.Millisecond)
	h := tb.test.History
	rest := strings.Join(words[min(4, len(words)):], " ")
	switch words[1] {
	case "nemesis":
		h.Add(history.Op{Time: at, Type: history.Info, Process: history.Nemesis, F: words[2], Value: nemesisValue(words[3:]), Began: -1})
	case "drop", "loss":
		tb.test.Drops.Add(journal.Drop{At: at + tb.test.Origin, Src: words[2], Dest: words[3], Body: []byte(rest), Chance: words[1] == "loss"})
	case "muted", "late":
		reason, last, _ := strings.Cut(strings.Join(words[3:], " "), " / ")
		tb.test.Muted = append(tb.test.Muted, Muted{Node: words[2], At: at, Reason: reason, Late: words[1] == "late", Last: strings.ReplaceAll(last, " / ", "\n")})
	case "came":
		tb.came(at, words)
	case "sent":
		if tb.test.Sent == nil {
			tb.test.Sent = map[string]int64{}
		}
		tb.test.Sent[words[2]], _ = strconv.ParseInt(words[3], 10, 64)
	case "stderr":
		tb.stderr[words[2]] = strings.ReplaceAll(strings.Join(words[3:], " "), " / ", "\n") + "\n"
	case "ended":
		reason, last, _ := strings.Cut(strings.Join(words[3:], " "), " / ")
		tb.failure = &Failure{Node: words[2], Reason: reason, At: at, Stderr: strings.ReplaceAll(last, " / ", "\n"), Stdout: `{"src":"n1"}` + "\n"}
	case "final":
		process, _ := strconv.Atoi(words[2])
		h.Add(history.Op{Time: at, Process: process, F: "read", Final: true, Began: -1})
		invoked := h.At(h.Len() - 1)
		if rest == "" && words[len(words)-1] == "fail" {
			h.Add(history.Op{Time: at, Type: history.Fail, Process: process, F: "read", Final: true, Began: invoked.Index, Error: edn.Keyword("net-timeout")})
			return
		}
		h.Add(history.Op{Time: at, Type: history.OK, Process: process, F: "read", Final: true, Began: invoked.Index,
			Value: tb.value("read", strings.Join(words[3:], " "))})
	default:
		tb.operation(at, words)
	}
}

// came notes how an element came to a node. It came to no others, as far as the table goes.
func (tb *table) came(at time.Duration, words []string) {
	element, _ := strconv.ParseInt(words[2], 10, 64)
	if tb.ways[element] == nil {
		for _, node := range tb.test.Nodes {
			tb.ways[element] = append(tb.ways[element], Way{Node: node})
		}
	}
	for i, node := range tb.test.Nodes {
		if node == words[3] {
			message, _ := strconv.ParseInt(words[5], 10, 64)
			tb.ways[element][i] = Way{node, true, strings.TrimPrefix(words[4], "client"), message, at + tb.test.Origin}
		}
	}
}

// operation adds the beginning or the end of a client's operation.
func (tb *table) operation(at time.Duration, words []string) {
	process, _ := strconv.Atoi(words[1])
	h := tb.test.History
	op := history.Op{Time: at, Process: process, Began: -1}
	if words[2] == "invoke" {
		op.F = words[3]
		if len(words) > 4 {
			op.Value = tb.value(op.F, words[4])
		}
		tb.began[process] = h.At(h.Add(op))
		return
	}
	invoked := tb.began[process]
	op.Type = map[string]history.OpType{"ok": history.OK, "fail": history.Fail, "info": history.Info}[words[2]]
	op.F, op.Value, op.Began = invoked.F, invoked.Value, invoked.Index
	rest := strings.Join(words[3:], " ")
	switch {
	case op.Type != history.OK:
		op.Error = edn.Keyword(rest)
	case op.F == "read":
		op.Value = tb.value("read", rest)
	case op.F == "generate":
		op.Value = history.ID(rest)
	case op.F == "echo":
		op.Value = history.EchoReply{Body: `{"type":"echo_ok","echo":"` + rest + `"}`, Same: rest == invoked.Value}
	}
	h.Add(op)
}

func (tb *table) value(f, text string) any {
	if f == "read" && (tb.test.Workload == "broadcast" || tb.test.Workload == "g-set") {
		return history.ParseElements([]byte("[" + strings.ReplaceAll(text, " ", ",") + "]"))
	}
	if f == "echo" {
		return text
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// nemesisValue is a keyword; a grudge if there are words such as n2<n1,n3; or what became of nodes if there
// are words such as n1=killed.
func nemesisValue(words []string) any {
	switch {
	case len(words) == 0:
		return nil
	case strings.Contains(words[0], "="):
		outcome := edn.Map{}
		for _, word := range words {
			node, what, _ := strings.Cut(word, "=")
			if node == "" {
				continue // nobody was hit
			}
			outcome = append(outcome, edn.Pair{node, edn.Keyword(what)})
		}
		return outcome
	case !strings.Contains(words[0], "<"): // a target
		return edn.Keyword(words[0])
	}
	grudge := nemesis.Grudge{}
	for _, word := range words {
		node, others, _ := strings.Cut(word, "<")
		grudge[node] = strings.FieldsFunc(others, func(c rune) bool { return c == ',' })
	}
	return edn.Vector{edn.Keyword("isolated"), grudge}
}

// However long the nodes' texts and however many things went wrong, the verdict stays short.
func TestTheVerdictIsBounded(t *testing.T) {
	long := strings.Repeat("ü\n", 10_000)
	test := &Test{Workload: "broadcast", Workers: 100, TimeLimit: time.Second, Rate: 1e6, History: &history.History{}}
	for i := range 100 {
		node := fmt.Sprintf("n%d", i)
		test.Nodes = append(test.Nodes, node)
		test.Muted = append(test.Muted, Muted{Node: node, Reason: long, Last: long})
	}
	h := test.History
	elements := fmt.Appendf(nil, "[5, 5, %q, %q]", long, long)
	for i := range int64(1000) {
		shown := history.NewElements(5, 5) // of most reads a history keeps no more
		if i < 10 {
			shown = history.ParseElements(elements)
		}
		p := int(i) % 100
		began := h.Add(history.Op{Process: p, F: "broadcast", Value: i, Began: -1})
		h.Add(history.Op{Type: history.OK, Process: p, F: "broadcast", Value: i, Began: began})
		began = h.Add(history.Op{Process: p, F: "read", Final: true, Began: -1})
		h.Add(history.Op{Type: history.OK, Process: p, F: "read", Final: true, Began: began, Value: shown})
		began = h.Add(history.Op{Process: p, F: "read", Began: -1})
		h.Add(history.Op{Type: history.Fail, Process: p, F: "read", Error: long, Began: began})
	}
	test.Stats = checker.CheckStats(h)
	test.Result = checker.CheckSet(h, "broadcast", "read")
	test.Command = "squall"
	lines := Lines(test)
	if len(lines) > maxLines {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if len(line) > maxLength || strings.ContainsAny(line, "\n\r") {
			t.Errorf("%d bytes: %s", len(line), line)
		}
	}
}
