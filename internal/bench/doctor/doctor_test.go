package doctor

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gset/internal/bench/network"
	"gset/internal/bench/process"
)

// The test binary is also a node that is a process, if this variable names a behaviour. In
// all other tests nodes are goroutines, and time is virtual.
const behaviourVar = "DOCTOR_TEST_NODE"

func TestMain(m *testing.M) {
	if behaviour := os.Getenv(behaviourVar); behaviour != "" {
		os.Exit(node(behaviour, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// request is what the tests' nodes understand of a message.
type request struct {
	Src  string
	Body struct {
		Type    string
		MsgID   int64    `json:"msg_id"`
		NodeID  string   `json:"node_id"`
		NodeIDs []string `json:"node_ids"`
		Message, Element, Delta,
		Echo json.RawMessage
	}
}

// testNode is a node of a workload, with a fault.
type testNode struct {
	kind, fault string
	out, errs   io.Writer
	id          string
	ids, values []string
	status      int // with which it exits at once, if it is not 0
}

// node runs a node of the workload that its behaviour begins with, and has the fault that follows.
func node(behaviour string, stdin io.Reader, stdout, stderr io.Writer) int {
	n := &testNode{out: stdout, errs: stderr}
	n.kind, n.fault, _ = strings.Cut(behaviour, ": ")
	limit := 1 << 20
	switch n.fault {
	case "exits":
		fmt.Fprintln(stderr, "no licence")
		return 3
	case "greets":
		fmt.Fprintln(stdout, "Hello, world!")
	case "short lines":
		limit = 64 << 10
	case "shorter lines":
		limit = 4 << 10
	case "starts slowly":
		time.Sleep(6 * time.Second)
	}
	in := bufio.NewScanner(stdin)
	in.Buffer(nil, limit)
	for n.status == 0 && in.Scan() {
		switch n.fault {
		case "mute":
			continue
		case "repeats":
			fmt.Fprintf(stdout, "%s\n", in.Bytes())
			continue
		}
		var m request
		if err := json.Unmarshal(in.Bytes(), &m); err != nil {
			fmt.Fprintln(stderr, err)
			return 1
		}
		n.handle(m)
	}
	if n.fault == "stays" {
		time.Sleep(time.Second)
	}
	return n.status
}

func (n *testNode) send(dest, body string) {
	fmt.Fprintf(n.out, `{"src":%q,"dest":%q,"body":{%s}}`+"\n", n.id, dest, body)
}

func (n *testNode) reply(m request, typ, more string) {
	n.send(m.Src, fmt.Sprintf(`"type":%q,"in_reply_to":%d%s`, typ, m.Body.MsgID, more))
}

func (n *testNode) handle(m request) {
	switch what := n.kind + " " + m.Body.Type; {
	case m.Body.Type == "init":
		n.init(m)
	case m.Body.Type == "gossip":
		if n.id == "" && n.fault == "needs init" {
			fmt.Fprintln(n.errs, "who am I?")
			n.status = 1
		}
	case what == "echo echo":
		n.reply(m, "echo_ok", `,"echo":`+string(m.Body.Echo))
	case what == "broadcast topology":
		n.reply(m, "topology_ok", "")
	case what == "broadcast broadcast", what == "g-set add" && m.Body.Element != nil, what == "g-counter add" && m.Body.Delta != nil:
		n.write(m, string(m.Body.Message)+string(m.Body.Element)+string(m.Body.Delta))
	case what == "g-counter read":
		n.reply(m, "read_ok", `,"value":`+append(n.values, "0")[0])
	case what == "g-set read":
		n.reply(m, "read_ok", `,"value":[`+strings.Join(n.values, ",")+"]")
	case what == "broadcast read" && n.fault == "wrong read":
		n.reply(m, "read_ok", `,"messages":"0"`)
	case what == "broadcast read":
		n.reply(m, "read_ok", `,"messages":[`+strings.Join(n.values, ",")+"]")
	case what == "unique-ids generate":
		n.values = append(n.values, "0")
		n.reply(m, "generate_ok", fmt.Sprintf(`,"id":"%s-%d"`, n.id, len(n.values)))
	case n.fault == "ignores others":
	case n.fault == "strict":
		fmt.Fprintln(n.errs, "no handler for", m.Body.Type)
		n.status = 1
	default:
		n.reply(m, "error", `,"code":10,"text":"not supported"`)
	}
}

func (n *testNode) init(m request) {
	n.id, n.ids = m.Body.NodeID, m.Body.NodeIDs
	switch n.fault {
	case "wrong init":
		n.reply(m, "init_okay", "")
		return
	case "wrong src":
		n.id = "me"
	}
	n.reply(m, "init_ok", "")
}

// write takes a value in, acknowledges it, and tells the others.
func (n *testNode) write(m request, value string) {
	done, more := m.Body.Type+"_ok", ""
	if n.fault != "forgets" {
		n.values = append(n.values, value)
	}
	switch n.fault {
	case "extra key":
		more = `,"message":` + value
	case "noise":
		fmt.Fprintln(n.out, "received", value)
	case "nobody":
		n.send("n7", `"type":"gossip"`)
	case "twice":
		n.reply(m, done, "")
	}
	if n.fault != "no replies" {
		n.reply(m, done, more)
	}
	for _, other := range n.ids {
		if other != n.id && n.fault != "no gossip" {
			n.send(other, `"type":"gossip"`)
		}
	}
}

// actors launches goroutines that are nodes of a behaviour.
type actors struct {
	behaviour string
	activity  func() (process.Activity, bool) // nil: the system does not tell
}

// pipe is a pipe in memory.
type pipe struct{ net.Conn }

func (p pipe) Offer(batch []byte) []byte {
	_, _ = p.Write(batch)
	return nil
}

func (a actors) Close() {}

func (a actors) Launch(string, []string, *os.File) (*process.Program, error) {
	if a.behaviour == "missing" {
		return nil, errors.New("no such program")
	}
	stdin, itsStdin := net.Pipe()
	stdout, itsStdout := net.Pipe()
	stderr, itsStderr := net.Pipe()
	done := make(chan int, 1)
	killed := make(chan struct{})
	go func() {
		done <- node(a.behaviour, itsStdin, itsStdout, itsStderr)
		for _, end := range []net.Conn{itsStdin, itsStdout, itsStderr} {
			_ = end.Close()
		}
	}()
	return &process.Program{
		Stdin: pipe{stdin}, Stdout: stdout, Stderr: stderr,
		Kill: func() { close(killed); _ = stdin.Close() },
		Wait: func() string {
			select {
			case status := <-done:
				return fmt.Sprintf("exit status %d", status)
			case <-killed:
				return "killed"
			}
		},
		Activity: a.activity,
	}, nil
}

// examined examines a node of a behaviour, in virtual time.
func examined(t *testing.T, behaviour, workload string) (r *Report, took time.Duration) {
	t.Helper()
	return examinedActors(t, actors{behaviour: behaviour}, workload)
}

func examinedActors(t *testing.T, nodes actors, workload string) (r *Report, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		o := DefaultOptions()
		o.Workload = workload
		var err error
		r, err = examine(t.Context(), machine{network.NewTimerAlarm, func() process.Launcher { return nodes }}, o)
		if err != nil {
			t.Fatalf("%s: %v", nodes.behaviour, err)
		}
		took = time.Since(began)
		time.Sleep(time.Minute) // a goroutine that stays cannot be killed
	})
	return r, took
}

// asleep is the activity of nodes that sleep whenever they are looked at.
func asleep(unread int) func() (process.Activity, bool) {
	return func() (process.Activity, bool) { return process.Activity{Idle: true, Unread: unread}, true }
}

// step returns the step of a name that is worst.
func (r *Report) step(name string) (worst Step) {
	for _, s := range r.Steps {
		if s.Name == name && (worst.Name == "" || s.Status > worst.Status) {
			worst = s
		}
	}
	return worst
}

func TestANodeInOrderIsHealthy(t *testing.T) {
	for _, kind := range []string{"broadcast", "g-set", "g-counter", "echo", "unique-ids"} {
		for _, others := range []string{"", ": strict", ": ignores others"} {
			for _, activity := range []func() (process.Activity, bool){nil, asleep(0)} {
				r, took := examinedActors(t, actors{kind + others, activity}, "")
				if r.Workload != kind || !r.Healthy() || activity != nil && took >= 2*time.Second {
					t.Errorf("%s%s: workload %s, %v: %+v", kind, others, r.Workload, took, r.Steps)
				}
			}
		}
	}
}

// A node that only sleeps is given up long before Maelstrom's limits; one that works, or waits for its turn, is not.
func TestPatienceIsForNodesThatDoSomething(t *testing.T) {
	busy := func() (process.Activity, bool) { return process.Activity{Unread: 100}, true }
	starved := func() (process.Activity, bool) { // in virtual time the year is 2000
		return process.Activity{Queued: time.Since(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) / 2}, true
	}
	for _, test := range []struct {
		behaviour   string
		activity    func() (process.Activity, bool)
		step, seen  string
		least, most time.Duration
	}{
		{"broadcast: mute", asleep(0), "init", "had read the request and then did nothing for 500ms", 500 * time.Millisecond, time.Second},
		{"broadcast: mute", asleep(100), "init", "did nothing for 1.5s and left its standard input unread", 1500 * time.Millisecond, 2 * time.Second},
		{"broadcast: mute", busy, "init", "no reply to init within 10s", 10 * time.Second, 11 * time.Second},
		{"broadcast: mute", starved, "init", "no reply to init within 10s", 19 * time.Second, 21 * time.Second},
		{"broadcast: no replies", asleep(0), "broadcast", "no reply to broadcast: it had read the request", 500 * time.Millisecond, 2 * time.Second},
		{"broadcast: no replies", busy, "broadcast", "no reply to broadcast within 5s", 5 * time.Second, 6 * time.Second},
		{"broadcast: stays", asleep(0), "end of input", "runs on", 500 * time.Millisecond, 2 * time.Second},
		{"broadcast: no gossip", asleep(0), "gossip before init", "told n1 nothing", 500 * time.Millisecond, 2 * time.Second},
		{"broadcast: starts slowly", busy, "init", "init_ok 6000 ms after its start, and a test waits for 10s", 6 * time.Second, 8 * time.Second},
	} {
		r, took := examinedActors(t, actors{test.behaviour, test.activity}, "broadcast")
		if s := r.step(test.step); !strings.Contains(s.Seen, test.seen) || took < test.least || took > test.most {
			t.Errorf("%s, %v: %+v\nof %+v", test.behaviour, took, s, r.Steps)
		}
	}
}

func TestEachFaultIsFoundAndItsMendNamed(t *testing.T) {
	for _, test := range []struct {
		behaviour, step string
		status          Status
		seen, mend      string
	}{
		{"missing", "start", Bad, "no such program", "#!/usr/bin/env"},
		{"broadcast: exits", "init", Bad, "no licence", "look why it exits"},
		{"broadcast: mute", "init", Bad, "no reply to init within 10s", "flush"},
		{"broadcast: wrong init", "init", Bad, "init_okay", "init_ok"},
		{"broadcast: greets", "standard output", Bad, "Hello, world!", "standard error"},
		{"broadcast: wrong src", "src", Bad, `"src":"me"`, "node_id"},
		{"broadcast: short lines", "long line", Note, "256 KiB", "bufio.Scanner"},
		{"broadcast: shorter lines", "long line", Bad, "16 KiB", "any length"},
		{"broadcast: repeats", "src", Bad, `"src":"c1"`, "node_id"},
		{"broadcast: extra key", "broadcast", Bad, `"message" should not be there`, `"type": "broadcast_ok"`},
		{"broadcast: noise", "standard output", Bad, "received 0", "standard error"},
		{"broadcast: nobody", "dest", Bad, `"dest":"n7"`, "node_ids"},
		{"broadcast: twice", "second replies", Note, "broadcast_ok", "once"},
		{"broadcast: no replies", "broadcast", Bad, "no reply to broadcast within 1s", "in_reply_to"},
		{"broadcast: wrong read", "read", Bad, `"messages" is "0"`, "an array"},
		{"broadcast: forgets", "own writes", Bad, "0 was acknowledged", "keep what is written"},
		{"broadcast: stays", "end of input", Note, "runs on", "exit when"},
		{"broadcast: no gossip", "gossip before init", Note, "told n1 nothing", ""},
		{"broadcast: needs init", "gossip before init", Bad, "who am I?", "bear messages"},
	} {
		r, took := examined(t, test.behaviour, "broadcast")
		s := r.step(test.step)
		if s.Name == "" || s.Status != test.status || !strings.Contains(s.Seen, test.seen) || !strings.Contains(s.Mend, test.mend) {
			t.Errorf("%s: %+v\nof %+v", test.behaviour, s, r.Steps)
		}
		if r.Healthy() != (test.status != Bad) {
			t.Errorf("%s: healthy is %v", test.behaviour, r.Healthy())
		}
		if took >= 2*time.Second && !strings.HasSuffix(test.behaviour, "mute") {
			t.Errorf("%s: took %v", test.behaviour, took)
		}
	}
}

func TestARequestThatANodeDoesNotKnowIsNamed(t *testing.T) {
	r, _ := examined(t, "echo", "broadcast")
	if s := r.step("topology"); s.Status != Bad || !strings.Contains(s.Seen, "not-supported") || r.Healthy() {
		t.Errorf("%+v", r.Steps)
	}
}

func TestANodeOfNoWorkloadIsToldSo(t *testing.T) {
	r, _ := examined(t, "nothing", "")
	if s := r.step("workload"); s.Status != Bad || r.Healthy() {
		t.Errorf("%+v", r.Steps)
	}
}

func TestAReportSaysWhatToMend(t *testing.T) {
	r, _ := examined(t, "broadcast: extra key", "broadcast")
	var text strings.Builder
	if err := r.Print(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"BAD   broadcast: ", "\n      Mend: ", "\n1 of ", "workload broadcast."} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in:\n%s", want, text.String())
		}
	}
}

// What comes next can be pasted: squall is called as the user called it, the node gets its arguments, and one that
// started slowly the time it needs.
func TestWhatComesNextCanBePasted(t *testing.T) {
	busy := func() (process.Activity, bool) { return process.Activity{Unread: 100}, true }
	r, _ := examinedActors(t, actors{"broadcast: starts slowly", busy}, "broadcast")
	r.Program, r.Bin, r.Args = "./squall", "./my node", []string{"-interval", "1s"}
	var text strings.Builder
	if err := r.Print(&text); err != nil {
		t.Fatal(err)
	}
	const want = "Next: ./squall test -w broadcast --bin './my node' --time-limit 20 --nemesis partition --init-timeout 12 -- -interval 1s\n"
	if !strings.HasSuffix(text.String(), want) || r.step("init").Status != Note || !strings.Contains(r.step("init").Mend, "--init-timeout 12") {
		t.Errorf("%q is not at the end of:\n%s", want, text.String())
	}
}

// TestAProcessIsExamined bounds no time: a busy computer makes it wait, and must not make it fail.
func TestAProcessIsExamined(t *testing.T) {
	for behaviour, healthy := range map[string]bool{"broadcast": true, "broadcast: needs init": false, "g-set: exits": false} {
		t.Setenv(behaviourVar, behaviour)
		o := Options{Bin: os.Args[0], Workload: "broadcast", InitTimeout: time.Hour, ReplyTimeout: time.Hour, QuietTimeout: time.Hour}
		r, err := Examine(t.Context(), o)
		if err != nil || r.Healthy() != healthy {
			t.Errorf("%s: %v %+v", behaviour, err, r)
		}
	}
}

func TestAnExaminationEndsWithItsContext(t *testing.T) {
	t.Setenv(behaviourVar, "broadcast: mute")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Examine(ctx, Options{Bin: os.Args[0], InitTimeout: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
