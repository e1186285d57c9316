package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is also the nodes of the tests that need processes: started
// with this variable set, it behaves as the variable says.
const behaviourVar = "SQUALL_TEST_NODE"

// exists is open until the process ends, in a node that is to show that it exists.
var exists *os.File

func TestMain(m *testing.M) {
	if behaviour := os.Getenv(behaviourVar); behaviour != "" {
		if name := os.Getenv(existenceVar); strings.HasPrefix(behaviour, wildBehaviour) && name != "" {
			var err error
			if exists, err = os.OpenFile(name, os.O_WRONLY, 0); err != nil {
				panic(err)
			}
		}
		os.Exit(runNode(behaviour, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// nodeBody is what the tests' nodes understand of a message's body.
type nodeBody struct {
	Type     string              `json:"type"`
	MsgID    int64               `json:"msg_id"`
	NodeID   string              `json:"node_id"`
	NodeIDs  []string            `json:"node_ids"`
	Topology map[string][]string `json:"topology"`
	Message  json.RawMessage     `json:"message"`
	Element  json.RawMessage     `json:"element"`
	Delta    int64               `json:"delta"`
	Echo     json.RawMessage     `json:"echo"`
}

type testNode struct {
	out        *bufio.Writer
	errs       io.Writer
	status     int // with which it exits, if it is not 0
	id         string
	ids        []string
	neighbours []string
	seen       map[string]bool
	values     []string
	sum, adds  int64
	late       int64 // a request that was not answered in time, if it is positive
	lateTo     string
}

func (n *testNode) send(dest, body string) {
	fmt.Fprintf(n.out, `{"src":%q,"dest":%q,"body":%s}`+"\n", n.id, dest, body)
}

// runNode is a node with the given behaviour: those named after a workload are
// good ones, all others have some fault and otherwise do as those. It returns
// the node's exit status.
func runNode(behaviour string, stdin io.Reader, stdout io.WriteCloser, stderr io.Writer) int {
	if seed, ok := strings.CutPrefix(behaviour, wildBehaviour); ok {
		return runWild(seed, stdin, stdout, stderr)
	}
	n := &testNode{out: bufio.NewWriter(stdout), errs: stderr, seen: map[string]bool{}}
	in := bufio.NewReaderSize(stdin, 1<<16)
	switch behaviour {
	case "exits at once":
		fmt.Fprintln(stderr, "I have lost the will to live")
		return 3
	case "prints garbage":
		fmt.Fprintln(stdout, "Hello, world!")
	case "never answers":
		fmt.Fprintln(stderr, "not a word")
		_, _ = io.Copy(io.Discard, stdin)
		return 0
	case "leaves children", "leaves daemons", "leaves daemons that forget":
		attributes := &syscall.SysProcAttr{Setsid: behaviour != "leaves children"}
		if err := leaveChild(attributes, behaviour == "leaves daemons that forget"); err != nil {
			fmt.Fprintln(stderr, err)
			return 1
		}
	case "child":
		beChild()
	}
	for n.status == 0 {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		var m struct {
			Src  string
			Body nodeBody
		}
		if err := json.Unmarshal(line, &m); err != nil {
			fmt.Fprintf(stderr, "cannot read %s: %v\n", line, err)
			return 1
		}
		if behaviour == "notes what it is asked" {
			fmt.Fprintln(stderr, m.Body.Type)
		}
		n.handle(behaviour, m.Src, m.Body)
		if in.Buffered() == 0 || n.status != 0 {
			_ = n.out.Flush()
		}
	}
	return n.status
}

// asked is a request to a node.
type asked struct {
	src  string
	body nodeBody
}

func (n *testNode) reply(a asked, format string, args ...any) {
	n.send(a.src, fmt.Sprintf(`{"in_reply_to":%d,"msg_id":%d,`, a.body.MsgID, a.body.MsgID)+fmt.Sprintf(format, args...)+"}")
}

func (n *testNode) handle(behaviour, src string, b nodeBody) {
	a := asked{src, b}
	switch b.Type {
	case "init":
		n.init(behaviour, a)
	case "topology":
		n.neighbours = b.Topology[n.id]
		n.reply(a, `"type":"topology_ok"`)
	case "echo":
		n.echo(behaviour, a)
	case "generate":
		n.adds++
		if behaviour == "generates ids of its own" {
			n.reply(a, `"type":"generate_ok","id":%d`, n.adds)
			return
		}
		n.reply(a, `"type":"generate_ok","id":[%q,%d]`, n.id, n.adds)
	case "broadcast":
		if behaviour == "answers late" && n.late == 0 {
			n.late, n.lateTo = b.MsgID, src
			return
		}
		n.add(string(b.Message), src)
		if behaviour == "prints garbage in mid-run" && len(n.values) > 10 {
			fmt.Fprintln(n.out, "debug: eleven values")
		}
		n.reply(a, `"type":"broadcast_ok"`)
	case "gossip":
		n.add(string(b.Message), src)
	case "count":
		n.sum += b.Delta
	case "add":
		n.take(behaviour, a)
	case "read":
		n.read(behaviour, a)
	}
}

func (n *testNode) init(behaviour string, a asked) {
	n.id, n.ids = a.body.NodeID, a.body.NodeIDs
	n.neighbours = slices.DeleteFunc(a.body.NodeIDs, func(id string) bool { return id == n.id })
	if behaviour == "answers init wrongly" {
		n.reply(a, `"type":"init_okay"`)
		return
	}
	if behaviour == "answers init after a second" {
		time.Sleep(time.Second)
	}
	n.reply(a, `"type":"init_ok"`)
	if behaviour == "dies later" {
		fmt.Fprintln(n.errs, "goodbye")
		n.status = 7
	}
}

func (n *testNode) echo(behaviour string, a asked) {
	switch behaviour {
	case "answers the wrong type":
		n.reply(a, `"type":"ok","echo":%s`, a.body.Echo)
	case "answers something else":
		n.reply(a, `"type":"echo_ok","echo":"what?"`)
	case "answers errors":
		n.reply(a, `"type":"error","code":11,"text":"not now"`)
	case "prints garbage later":
		fmt.Fprintln(n.out, "panic: oh no")
	case "claims to be another":
		fmt.Fprintf(n.out, `{"src":"c7","dest":%q,"body":{"in_reply_to":%d,"type":"echo_ok","echo":%s}}`+"\n", a.src, a.body.MsgID, a.body.Echo)
	case "sends to nobody":
		n.send("nobody", `{"type":"hello"}`)
	case "floods":
		for range 1000 {
			n.send(n.ids[0], `{"type":"flood"}`)
		}
		n.reply(a, `"type":"echo_ok","echo":%s`, a.body.Echo)
	case "swallows echoes":
	default:
		n.reply(a, `"type":"echo_ok","echo":%s`, a.body.Echo)
	}
}

// take takes an add in, to a set or to a counter.
func (n *testNode) take(behaviour string, a asked) {
	if a.body.Element != nil {
		n.add(string(a.body.Element), a.src)
		n.reply(a, `"type":"add_ok"`)
		return
	}
	n.sum += a.body.Delta
	if behaviour != "a counter that keeps things to itself" {
		for _, neighbour := range n.neighbours {
			n.send(neighbour, fmt.Sprintf(`{"type":"count","delta":%d}`, a.body.Delta))
		}
	}
	switch n.adds++; {
	case behaviour == "a counter that swallows adds" && n.adds%2 == 0:
	case behaviour == "a counter that refuses adds" && n.adds%2 == 0:
		n.reply(a, `"type":"error","code":11,"text":"not now"`) // a lie: it was counted
	default:
		n.reply(a, `"type":"add_ok"`)
	}
}

// read shows the set or the counter.
func (n *testNode) read(behaviour string, a asked) {
	values := strings.Join(n.values, ",")
	switch behaviour {
	case "g-set":
		n.reply(a, `"type":"read_ok","value":[%s]`, values)
	case "shows values twice":
		n.reply(a, `"type":"read_ok","messages":[%s]`, strings.Join(slices.Concat(n.values, n.values), ","))
	case "a counter of floats":
		n.reply(a, `"type":"read_ok","value":%d.0`, n.sum)
	case "a counter of strings":
		n.reply(a, `"type":"read_ok","value":"%d"`, n.sum)
	case "a counter of nothing":
		n.reply(a, `"type":"read_ok"`)
	case "a counter of the uncountable":
		n.reply(a, `"type":"read_ok","value":%d00000000000000000000`, max(1, n.sum))
	default:
		if strings.Contains(behaviour, "counter") {
			n.reply(a, `"type":"read_ok","value":%d`, n.sum)
			return
		}
		if n.late > 0 { // by now the client has given up
			n.send(n.lateTo, fmt.Sprintf(`{"in_reply_to":%d,"type":"broadcast_ok"}`, n.late))
			n.late = -1
		}
		n.reply(a, `"type":"read_ok","messages":[%s]`, values)
	}
}

// add floods a value through the topology.
func (n *testNode) add(value, from string) {
	if n.seen[value] {
		return
	}
	n.seen[value] = true
	n.values = append(n.values, value)
	for _, neighbour := range n.neighbours {
		if neighbour != from {
			n.send(neighbour, `{"type":"gossip","message":`+value+`}`)
		}
	}
}

// testOptions are those of a short test. It is patient: a test of processes,
// which get processor time when they get it, must wait for what they do.
func testOptions(t testing.TB, workload string) Options {
	t.Helper()
	o := DefaultOptions()
	o.Workload, o.Bin = workload, os.Args[0]
	o.NodeCount = 3
	o.TimeLimit = 300 * time.Millisecond
	o.Rate = 200
	o.Recovery = 200 * time.Millisecond
	o.ClientTimeout, o.InitTimeout = time.Hour, time.Hour
	o.StoreDir = t.TempDir()
	o.Log = logWriter{t}
	o.Seed = 1
	return o
}

// logWriter shows what the bench logs among a test's output.
type logWriter struct{ t testing.TB }

func (w logWriter) Write(p []byte) (int, error) {
	w.t.Logf("%s", p)
	return len(p), nil
}
