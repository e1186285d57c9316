package store_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"gset/internal/seeded"
	"gset/internal/store"
	"gset/internal/store/modelfs"
)

// frozen is a folder with more than 64 KiB of commits in the last log, as a kill has left it; with history, behind
// a snapshot and other logs.
type frozen struct {
	fs     *modelfs.FS
	all    numbers
	last   string            // the last log
	ends   map[int64]numbers // what is kept when the last log's commits end there
	begins int64             // where the commits of this test begin in the last log
	end    int64
}

const segment = 96 << 10

func openAt(fs *modelfs.FS, salvage bool) (s *store.Store, got numbers, r *store.Recovered, err error) {
	got = numbers{}
	s, r, err = store.Open(store.Config{About: about, Dir: "d", Segment: segment, FS: fs, Salvage: salvage}, got.apply)
	return s, got, r, err
}

func freeze(t *testing.T, history bool) *frozen {
	f := &frozen{fs: modelfs.New(1), all: numbers{}, ends: map[int64]numbers{}}
	s, _, _, err := openAt(f.fs, false)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	n := uint32(0)
	commit := func() {
		var deltas [][]byte
		for range 1 + rng.IntN(5) {
			n++
			deltas = append(deltas, deltaOf(n, []int{0, 12, 100, 700, 2500}[rng.IntN(5)]))
			f.all[n] = true
		}
		if err := s.Commit(deltas...); err != nil {
			t.Fatal(err)
		}
	}
	logs := func() int { return strings.Count(strings.Join(f.fs.Files(), " "), ".log") }
	for history && logs() < 2 {
		commit()
	}
	if err := s.Compact(f.all.parts()); err != nil {
		t.Fatal(err)
	}
	for history && logs() < 3 {
		commit()
	}
	f.begins = store.End(s)
	f.ends[f.begins] = maps.Clone(f.all)
	for store.End(s) < segment-4000 {
		commit()
		f.ends[store.End(s)] = maps.Clone(f.all)
	}
	f.end = store.End(s)
	s.Settle()
	f.fs.Kill()
	for _, name := range f.fs.Files() {
		if strings.HasSuffix(name, ".log") {
			f.last = name
		}
	}
	if f.end-f.begins < 64<<10 {
		t.Fatalf("only %d bytes of commits in the last log", f.end-f.begins)
	}
	return f
}

// upTo returns what was acknowledged in commits that end at an offset of the last log at most.
func (f *frozen) upTo(at int64) numbers {
	best := f.begins
	for end := range f.ends {
		if end <= at && end > best {
			best = end
		}
	}
	return f.ends[best]
}

// holds fails if something is missing.
func holds(t *testing.T, what string, got, want numbers) {
	t.Helper()
	for n := range want {
		if !got[n] {
			t.Fatalf("%s: %d is lost", what, n)
		}
	}
}

// goesOn writes more, kills the process, and opens the store again: all must be there.
func goesOn(t *testing.T, what string, fs *modelfs.FS, s *store.Store, got numbers) {
	t.Helper()
	for n := uint32(1 << 20); n < 1<<20+3; n++ {
		if err := s.Commit(deltaOf(n, 300)); err != nil {
			t.Fatal(err)
		}
		got[n] = true
	}
	s.Settle()
	fs.Crash()
	s, again, _, err := openAt(fs, false)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if !maps.Equal(got, again) {
		t.Fatalf("%s: %d deltas are there of %d", what, len(again), len(got))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// refused checks that an error says what is wrong where, and what to do.
func refused(t *testing.T, what string, err error, file string) {
	t.Helper()
	damage := (*store.DamageError)(nil)
	if !errors.As(err, &damage) || damage.File != file || !strings.Contains(err.Error(), fmt.Sprint("offset ", damage.Offset)) ||
		!strings.Contains(err.Error(), "salvage") {
		t.Fatalf("%s: %v", what, err)
	}
}

func TestAFileCutAtAnyByteIsRefusedAndSalvagedUpToTheCut(t *testing.T) {
	f := freeze(t, true)
	var whole []byte
	f.fs.Edit(f.last, func(b []byte) []byte { whole = slices.Clone(b); return b })
	for at := f.end - 64<<10; at <= int64(len(whole)-1); at += shortened(1, 61) {
		what := fmt.Sprintf("cut at %d", at)
		f.fs.Edit(f.last, func([]byte) []byte { return whole[:at:at] })
		_, _, _, err := openAt(f.fs, false)
		refused(t, what, err, f.last)
		if at%499 != 0 {
			continue
		}
		fs := f.fs.Clone()
		s, got, recovered, err := openAt(fs, true)
		if err != nil || len(recovered.Lost) == 0 {
			t.Fatalf("%s: %v, %+v", what, err, recovered)
		}
		holds(t, what, got, f.upTo(at))
		goesOn(t, what, fs, s, got)
	}
}

// A disk that loses what it had synced, from some byte on, opens with all that is before it.
func TestALogThatEndsInZerosFromAnyByteOnOpensWithAllBeforeOrIsRefused(t *testing.T) {
	f := freeze(t, false)
	opened := 0
	for at := f.end - 1; at >= f.end-64<<10; at -= shortened(1, 61) {
		what := fmt.Sprintf("zeros from %d on", at)
		f.fs.Edit(f.last, func(b []byte) []byte {
			clear(b[at:])
			return b
		})
		fs := f.fs
		if at%251 == 0 {
			fs = f.fs.Clone()
		} else {
			fs.Fault = func(op modelfs.Op, _ string) error { // look, and change nothing
				if op == modelfs.Create {
					return errDead
				}
				return nil
			}
		}
		s, got, _, err := openAt(fs, false)
		fs.Fault = nil
		if err != nil && !errors.Is(err, errDead) {
			refused(t, what, err, f.last)
			continue
		}
		opened++
		if !maps.Equal(got, f.upTo(at)) && !maps.Equal(got, f.upTo(at+frameGrain)) { // the cut was in padding
			t.Fatalf("%s: %d deltas, want %d", what, len(got), len(f.upTo(at)))
		}
		if s != nil {
			goesOn(t, what, fs, s, got)
		}
	}
	t.Logf("%d opened, the others were refused", opened)
}

const frameGrain = 16

// shortened returns the first number; with -short, as under the race detector, the second.
func shortened(n, short int64) int64 {
	if testing.Short() {
		return short
	}
	return n
}

func TestAFlippedBitIsToldOrDoesNoHarm(t *testing.T) {
	f := freeze(t, true)
	rng := rand.New(rand.NewPCG(seeded.Seed(t), 0))
	var files []string
	for _, name := range f.fs.Files() {
		if path.Ext(name) != ".tmp" {
			files = append(files, name)
		}
	}
	outcomes := map[string]int{}
	for range shortened(10_000, 300) {
		name := files[rng.IntN(len(files))]
		fs := f.fs
		var at, bit int
		flip := func(b []byte) []byte { b[at] ^= 1 << bit; return b }
		fs.Edit(name, func(b []byte) []byte { at, bit = rng.IntN(len(b)), rng.IntN(8); return flip(b) })
		what := fmt.Sprintf("bit %d of byte %d of %s", bit, at, name)
		try := fs.Clone()
		s, got, recovered, err := openAt(try, false)
		fs.Edit(name, flip)
		switch {
		case err != nil:
			outcomes["refused"]++
			refused(t, what, err, name)
			if rng.IntN(20) == 0 {
				salvaged(t, what, try, f)
			}
			continue
		case maps.Equal(got, f.all):
			outcomes["no harm"]++
		default:
			holds(t, what, got, f.upTo(f.end-1))
			if recovered.Torn == 0 || recovered.Renewed == "" {
				t.Fatalf("%s: not a word about the loss of the last commit", what)
			}
			outcomes["taken for cut off"]++
		}
		if rng.IntN(20) == 0 {
			goesOn(t, what, try, s, got)
		} else {
			s.Settle()
			_ = s.Close()
		}
	}
	t.Log(outcomes)
}

// salvaged checks that a flipped bit costs one commit or part at most, or the file whose header it is in.
func salvaged(t *testing.T, what string, fs *modelfs.FS, f *frozen) {
	s, got, recovered, err := openAt(fs, true)
	if err != nil || len(recovered.Lost) == 0 || recovered.Renewed == "" {
		t.Fatalf("%s: %v, %+v", what, err, recovered)
	}
	for n := range got {
		if !f.all[n] {
			t.Fatalf("%s: %d was never there", what, n)
		}
	}
	inHeader := recovered.Lost[0].(*store.DamageError).Offset == 0
	if lost := len(f.all) - len(got); lost > 5 && !inHeader {
		t.Fatalf("%s: %d deltas are lost", what, lost)
	}
	goesOn(t, what, fs, s, got)
}

// A bit that flips in a long last commit with a sector of zeros cannot be told from a commit that a crash has
// cut off. It is dropped with a word, and the member takes a new incarnation: others may have heard of it.
func TestWhatLooksCutOffCostsTheIncarnation(t *testing.T) {
	fs := modelfs.New(1)
	s, _, _, err := openAt(fs, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(deltaOf(1, 10)); err != nil {
		t.Fatal(err)
	}
	before := store.End(s)
	if err := s.Commit(deltaOf(256, 3000)); err != nil { // its filling is zeros
		t.Fatal(err)
	}
	fs.Kill()
	fs.Edit("d/0000000001.log", func(b []byte) []byte { b[before+20] ^= 1; return b })
	again, got, recovered, err := openAt(fs, false)
	if err != nil || !maps.Equal(got, numbers{1: true}) || recovered.Torn < 20 {
		t.Fatalf("%v, %+v, %v", got, recovered, err)
	}
	if recovered.Renewed == "" || again.Incarnation() == s.Incarnation() {
		t.Errorf("it goes on with incarnation %d: %q", again.Incarnation(), recovered.Renewed)
	}
	goesOn(t, "a flipped bit", fs, again, got)
}
