package replica

import (
	"encoding/binary"
	"errors"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/crdt/riblt"
	"gset/internal/ring"
)

// decodedSketch returns the sketch that data is the binary form of.
func decodedSketch(t testing.TB, data []byte) *riblt.Sketch {
	t.Helper()
	s, err := riblt.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// endless returns a sketch that peels for ever: an item that is in its second coded symbol and
// not in its first.
func endless(t testing.TB) *riblt.Sketch {
	for x := int64(0); ; x += 256 {
		data := sketchBytes(crdt.SketchOf(set(x), 2))
		symbols := data[20+1+1+8:] // behind the counters, the numbers of items and symbols, the mask
		width := bits.OnesCount64(binary.BigEndian.Uint64(data[22:])) + 48
		for bit := range width {
			symbols[bit/8] &^= 0x80 >> (bit % 8)
		}
		s := decodedSketch(t, data)
		if _, _, err := decodedSketch(t, data).Peel(); errors.Is(err, riblt.ErrSketch) {
			return s
		}
	}
}

// malformed are messages that make no sense, for a leaf of the usual four.
func malformed(t testing.TB, leaf *setReplica) map[string]message {
	// The cells of the elements below 0, and the others.
	lower, upper := Range{0, 1<<55 - 1}, Range{1 << 55, Everything.Last}
	probe, sketch, point := crdt.SketchOf(set(), 0), crdt.SketchOf(set(5), 4), ring.Point("n2")
	own := leaf.point
	return map[string]message{
		"no kind":                         {},
		"a kind there is not":             {Kind: Cells + 1, Delta: set()},
		"a gather of nothing":             {Kind: Gather},
		"a scatter of nothing":            {Kind: Scatter},
		"an answer of nothing":            {Kind: Answer},
		"cells of nothing":                {Kind: Cells},
		"a diff of nothing":               {Kind: Diff, Range: Everything},
		"a probe of nothing":              {Kind: Probe, Range: Everything},
		"a probe by a delta":              {Kind: Probe, Range: Everything, Delta: set(1)},
		"a probe with coded symbols":      {Kind: Probe, Range: Everything, Sketch: sketch},
		"a diff without coded symbols":    {Kind: Diff, Range: Everything, Sketch: probe},
		"a cell behind its range":         {Kind: Diff, Range: lower, Delta: set(-7, 5)},
		"a cell before its range":         {Kind: Diff, Range: upper, Delta: set(-7, 5)},
		"a range that ends too soon":      {Kind: Diff, Range: Range{5, 4}, Delta: set(5)},
		"a rest that ends too soon":       {Kind: Cells, Rest: Range{5, 4}, Delta: set(5)},
		"a scatter of our own":            {Kind: Scatter, Root: leaf.cfg.Self, Delta: set()},
		"a scatter for all of the ring":   {Kind: Scatter, End: &own, Delta: set()},
		"a root with too long a name":     {Kind: Scatter, Root: ID(strings.Repeat("x", MaxID+1)), Delta: set()},
		"a gather for an arc":             {Kind: Gather, End: &point, Delta: set()},
		"a gather of another root":        {Kind: Gather, Root: "n2", Delta: set()},
		"a scatter with a rest":           {Kind: Scatter, Rest: Everything, Delta: set()},
		"a scatter with wants":            {Kind: Scatter, Want: []crdt.CellID{1}, Delta: set()},
		"a scatter with a sketch":         {Kind: Scatter, Sketch: sketch, Delta: set()},
		"a stamp below zero":              {Kind: Gather, Stamp: -1, Delta: set()},
		"a next below zero":               {Kind: Scatter, Next: -1, Delta: set()},
		"an echo of nobody":               {Kind: Gather, Echoes: []Echo{{}}, Delta: set()},
		"an echo with too long a name":    {Kind: Gather, Echoes: []Echo{{Member: ID(strings.Repeat("x", MaxID+1))}}, Delta: set()},
		"an echo of a time below zero":    {Kind: Gather, Echoes: []Echo{{"n1", -1, 0}}, Delta: set()},
		"an echo with a wait below zero":  {Kind: Gather, Echoes: []Echo{{"n1", 0, -1}}, Delta: set()},
		"an update that comes with that":  {Kind: Gather, Stamp: -1, Delta: set(1, 2)},
		"a view that comes with that":     {Kind: Diff, View: 9, Range: Range{5, 4}, Delta: set(5)},
		"an arc that comes with that":     {Kind: Scatter, View: 9, Root: leaf.cfg.Self, End: &point, Delta: set(1)},
		"a round trip that comes with it": {Kind: Gather, Stamp: -1, Echoes: []Echo{{leaf.cfg.Self, 0, 0}}, Delta: set(1)},
	}
}

// TestAMalformedMessageChangesNothing gives a replica messages that no replica would send.
func TestAMalformedMessageChangesNothing(t *testing.T) {
	for name, m := range malformed(t, newLeaf(t)) {
		t.Run(name, func(t *testing.T) {
			r := newLeaf(t)
			m.Cluster, m.Digest = r.cluster, crdt.Fingerprint{1} // another than that of the empty state
			requireRefused(t, r, "n2", m, ErrMalformed)
		})
	}
}

// TestASketchOfWhatCannotBeIsAnsweredAsOneTooShort: an honest sketch may look like that, once in millions.
func TestASketchOfWhatCannotBeIsAnsweredAsOneTooShort(t *testing.T) {
	for name, m := range map[string]message{
		"one that peels for ever":           {Kind: Diff, Range: Everything, Sketch: endless(t)},
		"one with a cell outside its range": {Kind: Diff, Range: Range{0, 1<<55 - 1}, Sketch: crdt.SketchOf(set(5), 4)},
	} {
		r := newLeaf(t)
		update(t, r, 0, set(1, 2))
		m.Digest = crdt.Fingerprint{1}
		if answer := of(receive(t, r, 1, "n2", m), Diff, Cells); len(answer) != 1 || answer[0].Message.Kind != Diff {
			t.Errorf("%s is answered by %v", name, answer)
		}
	}
}

// TestNobodyCannotSend refuses messages from no member that there could be, and from oneself.
func TestNobodyCannotSend(t *testing.T) {
	for name, from := range map[string]ID{
		"the empty name": "", "a name of 256 bytes": ID(strings.Repeat("x", MaxID+1)), "oneself": newLeaf(t).cfg.Self,
	} {
		t.Run(name, func(t *testing.T) {
			r := newLeaf(t)
			requireRefused(t, r, from, fromCluster(r, message{Kind: Gather, View: 7, Delta: set(1)}), ErrMalformed)
		})
	}
}

// TestAMessageOfAnotherClusterIsForeign refuses whatever comes from members with another key.
func TestAMessageOfAnotherClusterIsForeign(t *testing.T) {
	other := ClusterOf(crdt.Key{7, 7})
	for _, kind := range Kinds() {
		r := newLeaf(t)
		m := fromCluster(r, message{Kind: kind, View: 7, Range: Everything})
		if kind == Probe {
			m.Sketch, m.Delta = crdt.SketchOf(set(1), 0), nil
		}
		if m.Cluster = other; !kind.hasRange() {
			m.Range = Range{}
		}
		requireRefused(t, r, "n2", m, ErrForeign)
	}
}

// requireRefused fails the test unless a message is refused with an error and changes nothing.
func requireRefused[S crdt.Lattice[S]](t testing.TB, r *Replica[S], from ID, m Message[S], want error) {
	t.Helper()
	before, digest, deadline, hub := r.Status(), r.State().Digest(), r.Deadline(), r.Hub()
	out, err := r.Receive(time.Second, from, m)
	if !errors.Is(err, want) {
		t.Fatalf("the error is %v, want %v", err, want)
	}
	if !out.Empty() || !isNil(out.Durable) || r.Status() != before || r.State().Digest() != digest || r.Deadline() != deadline || r.Hub() != hub {
		t.Errorf("something changed: %+v, was %+v", r.Status(), before)
	}
	if later := r.Tick(time.Second / 100); !later.Empty() {
		t.Errorf("something was to be sent: %v", kindsOf(later))
	}
}

// TestWhatCannotBeToldFromATruthIsAnsweredAndNotBelieved has sketches of something else, or that lie, and
// wants of what nobody has. The answers are bounded, and the state stays.
func TestWhatCannotBeToldFromATruthIsAnsweredAndNotBelieved(t *testing.T) {
	ours := set()
	for i := range int64(300) {
		ours.Insert(i << 40)
	}
	whole := len(encode(t, message{Kind: Diff, Range: Everything, Delta: ours}))
	lying := sketchBytes(crdt.SketchOf(ours, 0))
	lying = append(append(lying[:20:20], 0xff, 0xff, 0xff, 0xff, 0x0f), 0) // more items than there can be
	noise := sketchBytes(crdt.SketchOf(ours, 50))
	for i := 40; i < len(noise)-1; i += 3 {
		noise[i] ^= 0x5a
	}
	var want []crdt.CellID
	for i := range crdt.CellID(1000) {
		want = append(want, i<<3+1)
	}
	for name, m := range map[string]message{
		"a sketch under another key":         {Kind: Diff, Sketch: crdt.SketchOf(crdt.NewGSet(crdt.Key{1}, 1, 2, 3), 50)},
		"noise in place of coded symbols":    {Kind: Diff, Sketch: decodedSketch(t, noise)},
		"a number of items that is a lie":    {Kind: Probe, Sketch: decodedSketch(t, lying)},
		"ids of cells that nobody has":       {Kind: Cells, Want: want},
		"ids that do not increase":           {Kind: Cells, Want: []crdt.CellID{9, 9, 3, 9}},
		"a sketch of what has long passed":   {Kind: Diff, Sketch: crdt.SketchOf(set(), 1)},
		"a rest before what was asked about": {Kind: Diff, Rest: Range{0, 5}, Sketch: crdt.SketchOf(set(), 1)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newLeaf(t)
			r.stable.Join(ours)
			out := receive(t, r, time.Second, "n2", m)
			size := 0
			for _, e := range out.Messages {
				size += len(encode(t, e.Message))
			}
			if most := whole + 200; size > most {
				t.Errorf("the answer takes %d bytes, more than the state's %d", size, whole)
			}
			if !r.State().Equal(ours) || out.Durable != nil {
				t.Error("the state changed")
			}
		})
	}
}

// TestWhatIsWrongWithAMessageIsSaidOnce damages messages, and has a replica decode and receive them: every
// error is an ErrMalformed, names this package once, and says what is wrong.
func TestWhatIsWrongWithAMessageIsSaidOnce(t *testing.T) {
	corpus := decodeCorpus(t)
	names := slices.Sorted(maps.Keys(corpus))
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		data := slices.Clone(corpus[rapid.SampledFrom(names).Draw(t, "message")])
		switch at := rapid.IntRange(0, max(len(data)-1, 0)).Draw(t, "at"); rapid.SampledFrom([]string{"cut", "flip", "add"}).Draw(t, "damage") {
		case "cut":
			data = data[:at]
		case "add":
			data = append(data, rapid.Byte().Draw(t, "byte"))
		default:
			if len(data) > 0 {
				data[at] ^= rapid.ByteRange(1, 255).Draw(t, "bits")
			}
		}
		m, err := Decode(bottom, data)
		if err == nil {
			r := newLeaf(t)
			m.Cluster = r.cluster
			_, err = r.Receive(time.Second, "n2", m)
		}
		if err == nil {
			return
		}
		refused++
		what, ok := strings.CutPrefix(err.Error(), ErrMalformed.Error()+": ")
		if !errors.Is(err, ErrMalformed) || !ok || what == "" || strings.Contains(what, "replica:") {
			t.Fatalf("the error of %x is %q", data, err)
		}
	})
	if refused == 0 {
		t.Error("nothing was refused")
	}
}
