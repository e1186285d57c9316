package replica

import (
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// metered is a set that counts the work that is done with it: cells looked at, elements copied, joined or encoded. So the
// work of an event can be bounded without a clock. All that are made of one count together.
type metered struct {
	*crdt.GSet
	work *int
}

func (m *metered) add(n int) { *m.work += n }

func (m *metered) of(s *crdt.GSet) *metered { return &metered{s, m.work} }

func (m *metered) New() *metered { return m.of(m.GSet.New()) }

func (m *metered) Clone() *metered {
	m.add(m.Len())
	return m.of(m.GSet.Clone())
}

func (m *metered) Join(delta *metered) *metered {
	m.add(delta.Len())
	return m.of(m.GSet.Join(delta.GSet))
}

func (m *metered) Minus(other *metered) *metered {
	m.add(m.Len())
	return m.of(m.GSet.Minus(other.GSet))
}

func (m *metered) Extract(ids []crdt.CellID) *metered {
	m.add(len(ids))
	return m.of(m.GSet.Extract(ids))
}

func (m *metered) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	return func(yield func(crdt.Cell) bool) {
		for c := range m.GSet.Cells(first) {
			if m.add(1); !yield(c) {
				return
			}
		}
	}
}

func (m *metered) Sketch(n int) *riblt.Sketch {
	m.add(n)
	return m.GSet.Sketch(n)
}

func (m *metered) AppendBinary(b []byte) ([]byte, error) {
	m.add(m.Len())
	return m.GSet.AppendBinary(b)
}

func (m *metered) Decode(data []byte) (*metered, error) {
	s, err := m.GSet.Decode(data)
	return m.of(s), err
}

// TestTheWorkOfAnEventDoesNotGrowWithTheState: whatever is asked, with updates pending, of a state of 80,000 random integers or
// of 240,000. That is the promise of bounded steps; beside it messages and bytes are bounded.
func TestTheWorkOfAnEventDoesNotGrowWithTheState(t *testing.T) {
	events := hostileEvents()
	states := map[int]*crdt.GSet{}
	for _, count := range []int{80_000, 240_000} {
		states[count] = random(rand.New(rand.NewPCG(1, uint64(count))), count)
	}
	var all []string
	for name := range events {
		all = append(all, name)
	}
	slices.Sort(all)
	for _, name := range all {
		t.Run(name, func(t *testing.T) {
			var work []int
			for _, count := range []int{80_000, 240_000} {
				r, meter := meteredMember(t, states[count])
				events[name](t, r) // builds what is built once, as sketches
				for range 8 {      // the walk that it began ends
					tick(t, r, r.Deadline())
				}
				*meter.work = 0
				events[name](t, r)
				work = append(work, *meter.work)
			}
			// What a step of a walk looks at: a few messages' worth of elements, several times.
			const step = 400_000
			if work[1] > work[0]*5/4+2000 || work[1] > step {
				t.Errorf("of 80,000 elements it looks at %d, of 240,000 at %d", work[0], work[1])
			}
		})
	}
}

func meteredMember(t *testing.T, state *crdt.GSet) (*Replica[*metered], *metered) {
	meter := &metered{state.Clone(), new(int)}
	r := start(t, Config{Self: "n1", Members: listOf(t, names(4)...)}, meter)
	busy(r, 0)
	update(t, r, 0, meter.of(set(5, 6, 7))) // is pending
	return r, meter
}

// hostileEvents are messages that ask for much, and updates.
func hostileEvents() map[string]func(t *testing.T, r *Replica[*metered]) {
	say := func(m Message[*metered]) func(t *testing.T, r *Replica[*metered]) {
		return func(t *testing.T, r *Replica[*metered]) {
			m := m
			m.Digest = crdt.Fingerprint{1}
			if m.Delta == nil && m.Sketch == nil {
				m.Delta = r.stable.New()
			}
			out, err := r.Receive(max(time.Second, r.Deadline()), "n2", fromCluster(r, m))
			if err != nil {
				t.Fatal(err)
			}
			checkOutput(t, r, out)
		}
	}
	half := Range{1 << 54, 1<<55 + 1<<54}
	sketch := func(n int) *riblt.Sketch { return crdt.SketchOf(random(rand.New(rand.NewPCG(2, 2)), 3000), n) }
	var wants []crdt.CellID
	for i := range crdt.CellID(4000) {
		wants = append(wants, i<<43)
	}
	return map[string]func(t *testing.T, r *Replica[*metered]){
		"a probe of nothing":          say(Message[*metered]{Kind: Probe, Sketch: riblt.New(0)}),
		"a probe of something":        say(Message[*metered]{Kind: Probe, Sketch: sketch(0)}),
		"a probe of half":             say(Message[*metered]{Kind: Probe, Range: half, Sketch: sketch(0)}),
		"a probe of half of nothing":  say(Message[*metered]{Kind: Probe, Range: half, Sketch: riblt.New(0)}),
		"a short sketch":              say(Message[*metered]{Kind: Diff, Sketch: sketch(1)}),
		"a long sketch":               say(Message[*metered]{Kind: Diff, Sketch: sketch(3000)}),
		"a short sketch of half":      say(Message[*metered]{Kind: Diff, Range: half, Sketch: sketch(1)}),
		"all cells, which are none":   say(Message[*metered]{Kind: Diff}),
		"all cells of half":           say(Message[*metered]{Kind: Diff, Range: half}),
		"many wants":                  say(Message[*metered]{Kind: Cells, Want: wants}),
		"a rest of everything":        say(Message[*metered]{Kind: Cells, Rest: Everything}),
		"a rest of half":              say(Message[*metered]{Kind: Cells, Rest: half}),
		"a rest of half, of a sketch": say(Message[*metered]{Kind: Diff, Rest: half, Sketch: sketch(1)}),
		"a scatter":                   say(Message[*metered]{Kind: Scatter}),
		"a gather":                    say(Message[*metered]{Kind: Gather}),
		"an update": func(t *testing.T, r *Replica[*metered]) {
			checkOutput(t, r, update(t, r, max(time.Second, r.Deadline()), r.stable.of(set(99, 1<<50))))
		},
		"a tick": func(t *testing.T, r *Replica[*metered]) { checkOutput(t, r, r.Tick(r.Deadline())) },
	}
}
