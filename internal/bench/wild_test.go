package bench

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gset/internal/bench/report"
	"gset/internal/bench/workload"
)

// wildBehaviour is how a node is told to do as it likes; a seed follows.
const wildBehaviour = "does as it likes, by seed "

// wild is a node that answers now and then, and does anything else besides.
type wild struct {
	rng    *rand.Rand
	out    io.Writer
	id     string
	begins bool // it has done nothing yet
	dead   bool
	status int
}

func runWild(seed string, stdin io.Reader, stdout io.WriteCloser, stderr io.Writer) int {
	hash := fnv.New64()
	fmt.Fprint(hash, seed)
	w := &wild{rng: rand.New(rand.NewPCG(hash.Sum64(), 0)), out: stdout, begins: true}
	for in := bufio.NewReader(stdin); !w.dead; {
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
		}
		if m.Body.Type == "init" {
			w.id = m.Body.NodeID
			fmt.Fprint(hash, w.id) // or all nodes would do the same
			w.rng = rand.New(rand.NewPCG(hash.Sum64(), 1))
		}
		if w.rng.IntN(10) > 0 || w.begins && w.rng.IntN(10) > 0 {
			w.answer(m.Src, m.Body)
		}
		for w.begins = false; w.rng.IntN(4) == 0 && !w.dead; {
			w.misbehave(m.Src, m.Body)
		}
	}
	return w.status
}

// answer replies as a node should that holds nothing.
func (w *wild) answer(src string, b nodeBody) {
	more := map[string]string{"read": `,"messages":[1,1,2.5,"x",{"a":1,"a":2}]`, "echo": `,"echo":` + string(b.Echo)}[b.Type]
	if w.rng.IntN(5) == 0 {
		more = `,"value":` + w.value()
	}
	fmt.Fprintf(w.out, `{"src":%q,"dest":%q,"body":{"type":"%s_ok","in_reply_to":%d%s}}`+"\n", w.id, src, b.Type, b.MsgID, more)
}

// value is JSON of some kind, or nearly so.
func (w *wild) value() string {
	return w.pick(`[]`, `null`, `""`, `[["type","x"]]`, `{"a":1,"a":{"b":1,"b":2}}`, `12345678901234567890`, `-9007199254740993`, `1e999`, "\"\x01\t\"",
		"\"\xff\"", `"\ud800"`, `{"a key":1,"":2}`, strings.Repeat("[", 200)+strings.Repeat("]", 200), `tru`, `{"type":"error","code":11,"text":["x"]}`,
		`{"type":"`+strings.Repeat("y", 300)+`"}`, `{"type":"write","key":"k","value":1,"msg_id":1}`, `{"type":"cas","key":"k","from":1,"to":{"x":[]},"msg_id":"2"}`,
		`{"type":"read","key":{"k":1},"msg_id":{}}`, `{"type":"ts","msg_id":3}`, `{"type":"init","node_id":5}`)
}

func (w *wild) pick(words ...string) string { return words[w.rng.IntN(len(words))] }

// name is that of somebody on the network, or of nobody.
func (w *wild) name() string {
	return w.pick(w.id, "n0", "n1", "n2", "c1", fmt.Sprint("c", w.rng.IntN(40)), "seq-kv", "lin-kv", "lww-kv", "lin-tso", "", "nobody")
}

// send sends from and to anyone.
func (w *wild) send(body string) {
	fmt.Fprintf(w.out, `{"src":%q,"dest":%q,"body":%s}`+"\n", w.pick(w.id, w.id, w.name()), w.name(), body)
}

// misbehave does one thing that a node should not, or need not, do.
func (w *wild) misbehave(src string, b nodeBody) {
	switch w.rng.IntN(12) {
	case 0:
		fmt.Fprintln(w.out, w.pick("Hello, world!", "", "{}", "[]", "panic: oh no", strings.Repeat("long ", 20_000), "{\"src\":\"n1\"}\r{}", "\x00\xff"))
	case 1, 2, 3, 4:
		w.send(w.value())
	case 5:
		for range 200 {
			w.send(`{"type":"flood","x":[1,2,3]}`)
		}
	case 6:
		fmt.Fprintf(w.out, `{"src":%q,"dest":%q,"body":{"type":"error","in_reply_to":%d,"code":%s,"text":%s}}`+"\n", w.id, src, b.MsgID, w.pick("11", "13", "x", "[]"), w.value())
	case 7:
		fmt.Fprintf(w.out, `{"src":%q,"dest":%q,"body":{"in_reply_to":%d,"type":%q,"echo":%s}}`+"\n", w.id, src, b.MsgID, b.Type+"_ok", w.value())
	case 8:
		time.Sleep(time.Duration(w.rng.IntN(300)) * time.Millisecond)
	case 9:
		fmt.Fprintf(w.out, `{"src":%q`, w.id) // and no end of the line yet
	case 10:
		if w.rng.IntN(4) == 0 {
			w.dead, w.status = true, w.rng.IntN(3)
		}
	default:
		w.answer(src, b) // again
	}
}

// wildOptions draws the options of a test of nodes that do as they like.
func wildOptions(t *testing.T, seed uint64) Options {
	rng := rand.New(rand.NewPCG(seed, 1))
	names := workload.Names()
	o := testOptions(t, names[rng.IntN(len(names))])
	o.InitTimeout, o.ClientTimeout = 300*time.Millisecond, 100*time.Millisecond
	o.Latency, o.LatencyDist = rng.IntN(20), "uniform"
	o.NemesisInterval = 50 * time.Millisecond
	for _, on := range []*bool{&o.Partition, &o.Kill, &o.Pause, &o.Loss, &o.Duplicate, &o.Slow} {
		*on = rng.IntN(2) == 0
	}
	o.Concurrency, o.Log = "2n", io.Discard
	return o
}

// playWild runs a test of three nodes that do as they like. Whatever they do, the test comes
// to results, or to an error that names a node, and leaves a store that can be read.
func playWild(t *testing.T, seed uint64) {
	t.Helper()
	o := wildOptions(t, seed)
	r, err := simulate(t, o, fmt.Sprint(wildBehaviour, seed))
	checkWild(t, o, seed, r, err)
}

// checkWild checks what came of such a test.
func checkWild(t *testing.T, o Options, seed uint64, r *report.Results, err error) {
	t.Helper()
	dir := filepath.Join(o.StoreDir, "current")
	files := []string{"history.edn", "results.edn"}
	if err != nil {
		var node *NodeError
		if !errors.As(err, &node) || !strings.Contains(err.Error(), "node "+node.Node+" ") {
			t.Fatalf("seed %d: error %v", seed, err)
		}
		files = nil // there may have been no operation yet
	}
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if err := checkEDN(text); err != nil {
			t.Fatalf("seed %d: %s: %v", seed, name, err)
		}
	}
	verdict, readErr := os.ReadFile(filepath.Join(dir, "verdict.txt"))
	if lines := strings.Count(string(verdict), "\n"); readErr != nil || lines == 0 || lines > 10 {
		t.Fatalf("seed %d: a verdict of %d lines (%v): %s", seed, lines, readErr, verdict)
	}
	if r == nil {
		return
	}
	for _, f := range r.Faults[:min(2, len(r.Faults))] {
		if !strings.Contains(string(verdict), "\n"+f.Node+" was muted ") {
			t.Fatalf("seed %d: %s was muted, which the verdict does not say: %s", seed, f.Node, verdict)
		}
	}
}

var wildTests = flag.Uint64("wild", 300, "how many tests of three random nodes TestNoNodeEndsTheBench plays")

func TestNoNodeEndsTheBench(t *testing.T) {
	runs := *wildTests
	if testing.Short() {
		runs = min(runs, 50)
	}
	for seed := range runs {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { playWild(t, seed) }) // whose store goes with it
	}
}

// The same with nodes that are processes, each of which holds a pipe open while it, or a child of it, exists.
func TestNoProcessEndsTheBench(t *testing.T) {
	for seed := range *wildTests / 30 {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			o := wildOptions(t, seed)
			existence := fifo(t)
			r, err := run(t, o, fmt.Sprint(wildBehaviour, seed))
			checkWild(t, o, seed, r, err)
			if _, err := io.Copy(io.Discard, existence); err != nil { // ends when no process is left
				t.Error(err)
			}
		})
	}
}

// FuzzNodes plays any seed: go test -run - -fuzz FuzzNodes ./internal/bench
func FuzzNodes(f *testing.F) {
	f.Add(uint64(1000))
	f.Fuzz(playWild)
}
