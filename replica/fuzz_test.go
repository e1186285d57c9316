package replica

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/ring"
)

// To look for more than the corpora in testdata/fuzz have: go test ./replica -fuzz FuzzDecode

// FuzzDecode decodes any bytes. What cannot be read is an error, and whatever is read is written as it
// was. A replica refuses the message, which changes nothing, or takes it in: the replica only
// grows, answers within its budget, and is not busy for ever.
func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, hub bool) {
		requireCanonical(t, data)
		m, err := Decode(bottom, data)
		if err != nil {
			return
		}
		const now = 5 * time.Second
		r := memberOf(t, 4, hub, Config{MaxMessage: MinMessage})
		peer := peers(r)
		m.Cluster = r.cluster
		check := func(out output) { checkOutput(t, r, withoutRelayed(out)) }
		check(update(t, r, now, set(1, 2, 3)))
		check(update(t, r, now, set(1<<40)))
		// Some of it is stable, for a probe or a diff to ask about, some is pending.
		check(receive(t, r, now, peer[0], message{Kind: Scatter, Delta: set(1, 2, 1<<41)}))
		for _, from := range peer[:2] {
			before, digest, deadline := r.Status(), r.State().Digest(), r.Deadline()
			out, err := r.Receive(now, from, m)
			if err != nil {
				if !errors.Is(err, ErrMalformed) {
					t.Fatal(err)
				}
				if r.Status() != before || r.State().Digest() != digest || r.Deadline() != deadline || !out.Empty() {
					t.Fatalf("a message that is refused (%v) changed something", err)
				}
			}
			check(out)
			check(update(t, r, now, set(4)))
		}
		later := now
		for range 20 {
			due := max(later, r.Deadline())
			check(r.Tick(due))
			later = due
		}
		if later == now {
			t.Fatal("after 20 ticks there is still something due at once")
		}
		if set(1, 2, 3, 4, 1<<40, 1<<41).Minus(r.State()).Len() > 0 {
			t.Error("the state shrank")
		}
	})
}

// TestTheCorpusOfFuzzDecodeIsOfThisVersion holds the files in testdata/fuzz/FuzzDecode against the
// messages that they are meant to be: such as replicas send, and some that are cut, flipped,
// or lie. After a change of the binary form write them anew:
//
//	go test ./replica -run Corpus -rewrite
func TestTheCorpusOfFuzzDecodeIsOfThisVersion(t *testing.T) {
	want := map[string]string{}
	for name, data := range decodeCorpus(t) {
		for _, hub := range []bool{true, false} {
			at := map[bool]string{true: "hub", false: "leaf"}[hub]
			want[name+"-"+at] = fmt.Sprintf("go test fuzz v1\n[]byte(%q)\nbool(%v)\n", data, hub)
		}
	}
	holdCorpus(t, "FuzzDecode", want)
}

// holdCorpus compares files of a corpus with what they should be, or writes them if the tests run
// with -rewrite.
func holdCorpus(t *testing.T, target string, want map[string]string) {
	t.Helper()
	dir := filepath.Join("testdata", "fuzz", target)
	rewrite := flag.Lookup("rewrite").Value.String() == "true"
	if rewrite {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		path := filepath.Join(dir, name)
		if rewrite {
			if err := os.WriteFile(path, []byte(want[name]), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want[name] {
			t.Errorf("%s is not what it is meant to be; %v", path, err)
		}
	}
}

func decodeCorpus(t *testing.T) map[string][]byte {
	corpus := map[string][]byte{}
	add := func(name string, m message, damage ...func([]byte) []byte) {
		m.Cluster = ClusterOf(key)
		if m.Kind.hasRange() && m.Range == (Range{}) {
			m.Range = Everything
		}
		data := encode(t, m)
		for _, d := range damage {
			data = d(data)
		}
		corpus[m.Kind.String()+"-"+name] = data
	}
	cut := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 0x55; return b }
	}
	d := set(1, 2, 3).Digest().Fingerprint()
	echoes := []Echo{{"n1", time.Second, time.Millisecond}, {"n2", 0, 0}}
	point := ring.Point("n2")

	add("updates", message{Kind: Gather, View: 3, Digest: d, Stamp: time.Second, Delta: set(5, 6, 7, 300)})
	add("cut", message{Kind: Gather, View: 3, Delta: set(5, 6, 7, 300)}, cut(1))
	add("echo", message{Kind: Gather, Echoes: echoes[:1], Delta: set(-1, 1<<62)})
	add("round", message{Kind: Scatter, Digest: d, Echoes: echoes[:1], Next: 250 * time.Millisecond, Delta: set(1, 5)})
	add("greatest-view", message{Kind: Scatter, View: 1<<64 - 1, Digest: d, Delta: set()})
	add("arc", message{Kind: Scatter, Digest: d, Root: "n0", End: &point, Echoes: echoes, Delta: set(1, 5)})
	add("flipped", message{Kind: Scatter, Digest: d, Root: "n0", End: &point, Echoes: echoes, Delta: set(1, 5)}, flip(-3))
	add("acknowledges", message{Kind: Answer, Digest: d, Next: time.Second, Delta: set(3)})
	add("nothing", message{Kind: Answer, View: 1, Digest: d, Delta: set()})
	add("other", message{Kind: Probe, Digest: d, Sketch: crdt.SketchOf(set(1, 2, 3), 0)})
	add("estimator-flipped", message{Kind: Probe, Digest: d, Sketch: crdt.SketchOf(set(1, 2, 3), 0)}, flip(-7))
	add("range", message{Kind: Probe, Digest: d, Range: Range{1 << 55, 1<<55 + 900}, Rest: Range{1<<55 + 901, 1 << 56}, Sketch: crdt.SketchOf(set(1), 0)})
	add("decodes", message{Kind: Diff, Digest: d, Sketch: crdt.SketchOf(set(1, 2, 9, 1<<41), 8)})
	add("too-short", message{Kind: Diff, Digest: d, Sketch: crdt.SketchOf(apart(0, 100), 20)})
	add("endless", message{Kind: Diff, Digest: d, Sketch: endless(t)})
	add("sketch-flipped", message{Kind: Diff, Digest: d, Sketch: crdt.SketchOf(set(1, 2, 9, 1<<41), 8)}, flip(-9))
	add("sketch-range", message{Kind: Diff, Digest: d, Range: Range{1 << 55, 1<<55 + 9}, Sketch: crdt.SketchOf(set(1, 700), 9)})
	add("all-cells", message{Kind: Diff, Digest: d, Delta: set(9, 10, 5000)})
	add("all-cells-of-a-range", message{Kind: Diff, Digest: d, Range: Range{1 << 55, 1<<55 + 900}, Rest: Range{1<<55 + 901, 1 << 56}, Delta: set(9, 10, 5000)})
	add("outside", message{Kind: Diff, Digest: d, Range: Range{1<<55 + 1, 1<<55 + 2}, Delta: set(9, 10, 5000)})
	add("cells", message{Kind: Cells, Digest: d, Delta: set(9, 10, 5000)})
	add("wants", message{Kind: Cells, Digest: d, Want: []crdt.CellID{1 << 55, 1<<55 + 7, 1 << 63}, Delta: set(9)})
	add("lying-count", message{Kind: Cells, Digest: d, Want: []crdt.CellID{1 << 55, 1<<55 + 7, 1 << 63}, Delta: set()}, func(b []byte) []byte { b[18] = 0x7f; return b })
	add("elsewhere", message{Kind: Cells, Digest: d, Rest: Everything, Delta: set()})
	return corpus
}
