package store_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

var about = store.About{Cluster: "c", State: "numbers", Member: "m"}

// numbers is a state for tests: a set of numbers. A delta is one of them, with some filling.
type numbers map[uint32]bool

func deltaOf(n uint32, filling int) []byte {
	b := make([]byte, 4+filling)
	binary.LittleEndian.PutUint32(b, n)
	for i := range filling {
		b[4+i] = byte(n) // zeros are among them
	}
	return b
}

func (s numbers) apply(delta []byte) error {
	if len(delta) < 4 {
		return fmt.Errorf("a delta of %d bytes", len(delta))
	}
	s[binary.LittleEndian.Uint32(delta)] = true
	return nil
}

func (s numbers) parts() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, n := range slices.Sorted(maps.Keys(s)) {
			if !yield(deltaOf(n, int(n%50)), nil) {
				return
			}
		}
	}
}

var (
	errDead  = errors.New("the process is dead")
	errFault = &modelFault{}
)

type modelFault struct{}

func (*modelFault) Error() string { return "input/output error" }
func (*modelFault) Unwrap() error { return syscall.EIO }

// machine drives a store over a model of a file system, and knows what the store owes.
type machine struct {
	t     *rapid.T
	fs    *modelfs.FS
	store *store.Store
	last  uint32 // the delta drawn last

	kept  numbers // acknowledged, or recovered
	maybe numbers // commits that failed and may be found, until a later one succeeds

	incarnation uint64
	dieIn       int     // calls of the file system until the process dies; below 0 it lives
	faults      float64 // the probability that a call fails, in percent
	faultSeed   uint64
}

func (m *machine) fault(op modelfs.Op, _ string) error {
	if m.dieIn == 0 {
		return errDead
	}
	if m.dieIn > 0 {
		m.dieIn--
	}
	if m.faults > 0 && op != modelfs.Read && op != modelfs.Names && op != modelfs.Open {
		m.faultSeed = m.faultSeed*6364136223846793005 + 1442695040888963407
		if float64(m.faultSeed>>33%100) < m.faults {
			return errFault
		}
	}
	return nil
}

// open opens the store, and checks what it holds against what it owes.
func (m *machine) open() {
	got := numbers{}
	s, recovered, err := store.Open(store.Config{About: about, Dir: "d", Segment: store.MinSegment, FS: m.fs}, got.apply)
	if err != nil {
		if m.dieIn < 0 && m.faults == 0 && m.fs.Capacity == 0 {
			m.t.Fatalf("the store does not open: %v", err)
		}
		if errors.As(err, new(*store.DamageError)) {
			m.t.Fatalf("a crash is taken for damage: %v", err)
		}
		return
	}
	for n := range m.kept {
		if !got[n] {
			m.t.Fatalf("%d was acknowledged and is lost; %+v", n, recovered)
		}
	}
	for n := range got {
		if !m.kept[n] && !m.maybe[n] {
			m.t.Fatalf("%d is there: its commit failed for certain, or was void", n)
		}
	}
	if recovered.Renewed == "" && m.incarnation != 0 && s.Incarnation() != m.incarnation {
		m.t.Fatalf("another incarnation, and not a word about it")
	}
	m.store, m.kept, m.maybe, m.incarnation = s, got, numbers{}, s.Incarnation()
	s.Settle()
}

// committed notes how a commit ended.
func (m *machine) committed(deltas numbers, err error) {
	switch {
	case err == nil:
		maps.Copy(m.kept, deltas)
		m.maybe = numbers{}
	case errors.Is(err, store.ErrUncertain):
		maps.Copy(m.maybe, deltas)
	}
}

func (m *machine) draw() (uint32, []byte) {
	m.last++
	return m.last, deltaOf(m.last, rapid.SampledFrom([]int{0, 0, 1, 20, 600, 3000, 9000}).Draw(m.t, "filling"))
}

func (m *machine) commit() {
	deltas, bytes := numbers{}, [][]byte(nil)
	for range rapid.IntRange(1, 4).Draw(m.t, "deltas") {
		n, b := m.draw()
		deltas[n], bytes = true, append(bytes, b)
	}
	m.committed(deltas, m.store.Commit(bytes...))
}

func (m *machine) compact() {
	if err := m.store.Compact(m.kept.parts()); err != nil && m.dieIn < 0 && m.faults == 0 && m.fs.Capacity == 0 {
		m.t.Fatal(err)
	}
}

func (m *machine) renew() {
	incarnation, err := m.store.Renew() // 0 after an error
	if err == nil {
		m.maybe = numbers{} // a log file more has been begun
	}
	m.incarnation = incarnation
}

// end ends this life of the store in one of three ways.
func (m *machine) end() {
	switch rapid.SampledFrom([]string{"close", "kill", "crash"}).Draw(m.t, "end") {
	case "close":
		m.store.Settle()
		_ = m.store.Close() // fails where the process is dead
		m.fs.Kill()
	case "kill":
		m.fs.Kill()
	case "crash":
		m.fs.Crash()
	}
	m.store = nil
	m.dieIn, m.faults, m.fs.Capacity = -1, 0, 0
}

func (m *machine) step() {
	if m.store == nil {
		if m.open(); m.store == nil {
			m.fs.Crash()
			m.dieIn, m.faults, m.fs.Capacity = -1, 0, 0
		}
		return
	}
	switch rapid.SampledFrom([]string{"commit", "commit", "commit", "commit", "compact", "renew", "end", "die", "faults", "full", "free"}).Draw(m.t, "step") {
	case "commit":
		m.commit()
	case "compact":
		m.compact()
	case "renew":
		m.renew()
	case "end":
		m.end()
		m.dieIn = rapid.SampledFrom([]int{-1, -1, 3, 7, 10, 12, 14, 20}).Draw(m.t, "dies opening in")
	case "die":
		m.dieIn = rapid.IntRange(0, 12).Draw(m.t, "dies in")
	case "faults":
		m.faults = rapid.SampledFrom([]float64{3, 20, 60}).Draw(m.t, "faults")
		m.faultSeed = rapid.Uint64().Draw(m.t, "which")
	case "full":
		m.fs.Capacity = m.fs.Size() + rapid.Int64Range(0, 9000).Draw(m.t, "free")
	case "free":
		m.faults, m.fs.Capacity = 0, 0
	}
	if m.store != nil {
		m.store.Settle()
	}
}

func TestWhatIsAcknowledgedSurvivesCrashesFailingSyncsAndAFullDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &machine{t: t, fs: modelfs.New(rapid.Uint64().Draw(t, "seed")), kept: numbers{}, maybe: numbers{}, dieIn: -1}
		m.fs.Fault = m.fault
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			m.step()
		}
		if m.store != nil {
			m.end()
		}
		m.dieIn, m.faults, m.fs.Capacity = -1, 0, 0
		m.open()
		m.commit()
		if len(m.maybe) > 0 {
			t.Fatal("a healthy store does not commit")
		}
		_ = m.store.Close()
	})
}
