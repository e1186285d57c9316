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

func TestMain(m *testing.M) {
	if behaviour := os.Getenv(behaviourVar); behaviour != "" {
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

func (n *testNode) handle(behaviour, src string, b nodeBody) {
	reply := func(format string, args ...any) {
		n.send(src, fmt.Sprintf(`{"in_reply_to":%d,"msg_id":%d,`, b.MsgID, b.MsgID)+fmt.Sprintf(format, args...)+"}")
	}
	switch b.Type {
	case "init":
		n.id, n.ids = b.NodeID, b.NodeIDs
		n.neighbours = slices.DeleteFunc(b.NodeIDs, func(id string) bool { return id == n.id })
		if behaviour == "answers init wrongly" {
			reply(`"type":"init_okay"`)
			return
		}
		reply(`"type":"init_ok"`)
		if behaviour == "dies later" {
			fmt.Fprintln(n.errs, "goodbye")
			n.status = 7
		}
	case "topology":
		n.neighbours = b.Topology[n.id]
		reply(`"type":"topology_ok"`)
	case "echo":
		switch behaviour {
		case "answers the wrong type":
			reply(`"type":"ok","echo":%s`, b.Echo)
		case "answers something else":
			reply(`"type":"echo_ok","echo":"what?"`)
		case "answers errors":
			reply(`"type":"error","code":11,"text":"not now"`)
		case "prints garbage later":
			fmt.Fprintln(n.out, "panic: oh no")
		case "swallows echoes":
		default:
			reply(`"type":"echo_ok","echo":%s`, b.Echo)
		}
	case "generate":
		n.adds++
		if behaviour == "generates ids of its own" {
			reply(`"type":"generate_ok","id":%d`, n.adds)
			return
		}
		reply(`"type":"generate_ok","id":[%q,%d]`, n.id, n.adds)
	case "broadcast":
		if behaviour == "answers late" && n.late == 0 {
			n.late, n.lateTo = b.MsgID, src
			return
		}
		n.add(string(b.Message), src)
		reply(`"type":"broadcast_ok"`)
	case "gossip":
		n.add(string(b.Message), src)
	case "count":
		n.sum += b.Delta
	case "add":
		if b.Element != nil {
			n.add(string(b.Element), src)
			reply(`"type":"add_ok"`)
			return
		}
		n.sum += b.Delta
		if behaviour != "a counter that keeps things to itself" {
			for _, neighbour := range n.neighbours {
				n.send(neighbour, fmt.Sprintf(`{"type":"count","delta":%d}`, b.Delta))
			}
		}
		switch n.adds++; {
		case behaviour == "a counter that swallows adds" && n.adds%2 == 0:
		case behaviour == "a counter that refuses adds" && n.adds%2 == 0:
			reply(`"type":"error","code":11,"text":"not now"`) // a lie: it was counted
		default:
			reply(`"type":"add_ok"`)
		}
	case "read":
		switch behaviour {
		case "g-set":
			reply(`"type":"read_ok","value":[%s]`, strings.Join(n.values, ","))
			return
		case "shows values twice":
			reply(`"type":"read_ok","messages":[%s]`, strings.Join(slices.Concat(n.values, n.values), ","))
			return
		case "a counter of floats":
			reply(`"type":"read_ok","value":%d.0`, n.sum)
			return
		case "a counter of strings":
			reply(`"type":"read_ok","value":"%d"`, n.sum)
			return
		case "a counter of nothing":
			reply(`"type":"read_ok"`)
			return
		case "a counter of the uncountable":
			reply(`"type":"read_ok","value":%d00000000000000000000`, max(1, n.sum))
			return
		}
		if strings.Contains(behaviour, "counter") {
			reply(`"type":"read_ok","value":%d`, n.sum)
			return
		}
		if n.late > 0 { // by now the client has given up
			n.send(n.lateTo, fmt.Sprintf(`{"in_reply_to":%d,"type":"broadcast_ok"}`, n.late))
			n.late = -1
		}
		reply(`"type":"read_ok","messages":[%s]`, strings.Join(n.values, ","))
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
