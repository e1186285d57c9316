package replica

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gset/crdt"
)

// TestCorpora writes the corpora of the fuzz targets anew, after a change of a binary
// form: messages as replicas send them, and some that are cut, flipped, or lie.
//
//	go test ./replica -run TestCorpora -rewrite
func TestCorpora(t *testing.T) {
	if flag.Lookup("rewrite").Value.String() != "true" {
		t.Skip("only with -rewrite")
	}
	write := func(target, name string, m message, damage ...func([]byte) []byte) {
		data := encode(t, m)[1:]
		for _, d := range damage {
			data = d(data)
		}
		for _, hub := range []bool{true, false} {
			n := name
			if !hub {
				n += "-leaf"
			}
			dir := filepath.Join("testdata", "fuzz", target)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\nbool(%v)\n", data, hub)
			if err := os.WriteFile(filepath.Join(dir, n), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The first byte is the target's own.
	cut := func(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 0x55; return b }
	}
	d := set(1, 2, 3).Digest().Fingerprint()
	base := message{View: 3, Digest: d, Stamp: time.Second}
	answered := base
	answered.Answer = &Answer{time.Second, time.Millisecond}
	m := base
	m.Kind, m.Delta = Gather, set(5, 6, 7, 300)
	write("FuzzGather", "news", m)
	write("FuzzGather", "cut", m, cut(1))
	m = answered
	m.Kind, m.Delta = Gather, set(-1, 1<<62)
	write("FuzzGather", "answer", m)
	m.Kind, m.Next = Scatter, 250*time.Millisecond
	write("FuzzScatter", "round", m)
	write("FuzzScatter", "flipped", m, flip(-3))
	m.Relay = &Relay{0, []Echo{{2, Answer{time.Second, time.Millisecond}}, {3, Answer{}}}}
	write("FuzzScatter", "relay", m)
	write("FuzzScatter", "lying-relay", m, func(b []byte) []byte { b[len(b)-13] = 0xff; return b })
	m.Relay = nil
	m.View, m.Delta, m.Answer = maxView, set(), nil
	write("FuzzScatter", "announcement", m)
	m = base
	m.Kind, m.Sketch = Probe, set(1, 2, 3).Sketch(0)
	write("FuzzProbe", "other", m)
	write("FuzzProbe", "cut", m, cut(3))
	write("FuzzProbe", "estimator-flipped", m, flip(-7))
	m.Digest = set(1, 2).Digest().Fingerprint()
	write("FuzzProbe", "near", m)
	m = base
	m.Kind, m.Span, m.Sketch = Sketch, everything, set(1, 2, 9, 1<<41).Sketch(8)
	write("FuzzSketch", "decodes", m)
	write("FuzzSketch", "flipped", m, flip(-9))
	write("FuzzSketch", "cut", m, cut(4))
	far := set()
	for i := range int64(100) {
		far.Insert(i << 50)
	}
	m.Sketch = far.Sketch(20)
	write("FuzzSketch", "too-short", m)
	m.Span = Span{1 << 55, 1<<55 + 9}
	write("FuzzSketch", "outside-its-span", m)
	m.Sketch = set(1, 700).Sketch(9)
	write("FuzzSketch", "span", m)
	m = base
	m.Kind, m.Span, m.Delta = Repair, everything, set(9, 10, 5000)
	write("FuzzRepair", "answer", m)
	m.Partial = true
	write("FuzzRepair", "partial", m)
	m.Ask, m.Want = true, []crdt.CellID{1 << 55, 1<<55 + 7, 1 << 63}
	write("FuzzRepair", "asks", m)
	write("FuzzRepair", "lying-count", m, func(b []byte) []byte { b[len(b)-12] = 0xff; return b })
	m.Ask, m.Want, m.Whole = false, nil, true
	write("FuzzRepair", "whole", m)
	m.Span = Span{1 << 55, 1<<55 + 900}
	write("FuzzRepair", "whole-span", m)
	m.Span = Span{1<<55 + 1, 1<<55 + 2}
	write("FuzzRepair", "outside-its-span", m)
}
