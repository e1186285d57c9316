package store_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"gset/internal/store"
	"gset/internal/store/modelfs"
)

// A commit that begins a new log file fails at each of its calls of the file system, once or from there on. What
// was acknowledged stays, what failed for certain is nowhere, and the next commit that succeeds makes void what is uncertain.
func TestANewLogFileThatCannotBeMadeLosesNothing(t *testing.T) {
	outcomes := map[string]int{}
	for _, lasting := range []bool{false, true} {
		for _, again := range []bool{false, true} {
			for failing, tried := 0, true; tried; failing++ {
				for seed := range uint64(10) {
					tried = rotateFailing(t, seed, failing, lasting, again, outcomes)
				}
			}
		}
	}
	t.Log(outcomes)
	if len(outcomes) < 3 {
		t.Errorf("only these outcomes: %v", outcomes)
	}
}

// rotateFailing is one of them: the call with this number fails, and the later ones if that is lasting. Then there is another
// commit, or none, and a crash. It reports whether there was such a call.
func rotateFailing(t *testing.T, seed uint64, failing int, lasting, again bool, outcomes map[string]int) (tried bool) {
	what := fmt.Sprintf("call %d, lasting %v, again %v, seed %d", failing, lasting, again, seed)
	fs, want := modelfs.New(seed), numbers{}
	config := store.Config{About: about, Dir: "d", Segment: store.MinSegment, FS: fs}
	s, _, err := store.Open(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	commit := func(n uint32) error {
		err := s.Commit(deltaOf(n, 1000))
		want[n] = err == nil
		s.Settle()
		return err
	}
	for n := range uint32(3) { // the fourth needs a new file
		if err := commit(n); err != nil {
			t.Fatal(err)
		}
	}
	calls := 0
	fs.Fault = func(modelfs.Op, string) error {
		calls++
		if calls-1 == failing || lasting && calls > failing {
			return syscall.EIO
		}
		return nil
	}
	err = commit(3)
	fs.Fault = nil
	uncertain := errors.Is(err, store.ErrUncertain)
	outcomes[fmt.Sprintf("failed %v, uncertain %v", err != nil, uncertain)]++
	if again {
		if err := commit(4); err != nil {
			t.Fatalf("%s: the commit after that: %v", what, err)
		}
		uncertain = false
	}
	fs.Crash()
	got := numbers{}
	if s, _, err = store.Open(config, got.apply); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	for n, kept := range want {
		if got[n] != kept && (kept || !uncertain) {
			t.Fatalf("%s: of commit %d, acknowledged %v, the store has %v", what, n, kept, got[n])
		}
	}
	s.Settle()
	_ = s.Close()
	return calls > failing
}

// While no new lease or log file can be made the member has no new incarnation, and goes on without harm.
func TestRenewThatFailsLeavesTheIncarnationOrTakesAnotherAtTheNextStart(t *testing.T) {
	config := store.Config{About: about, Dir: "d", Segment: store.MinSegment}
	for failing, tried := 0, true; tried; failing++ {
		for seed := range uint64(10) {
			fs := modelfs.New(seed)
			config.FS = fs
			s, _, err := store.Open(config, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Commit(deltaOf(1, 100)); err != nil {
				t.Fatal(err)
			}
			old, calls := s.Incarnation(), 0
			fs.Fault = func(modelfs.Op, string) error {
				if calls++; calls-1 == failing {
					return syscall.EIO
				}
				return nil
			}
			renewed, err := s.Renew()
			s.Settle()
			fs.Fault = nil
			tried = calls > failing
			if current := s.Incarnation(); err != nil && (renewed != 0 || current != old) || err == nil && (current != renewed || current == old) {
				t.Fatalf("call %d: from %d to %d, and Renew says %d: %v", failing, old, current, renewed, err)
			}
			if err != nil {
				if renewed, err = s.Renew(); err != nil {
					t.Fatalf("call %d: and again: %v", failing, err)
				}
			}
			if err := s.Commit(deltaOf(2, 100)); err != nil {
				t.Fatal(err)
			}
			s.Settle()
			fs.Crash()
			got := numbers{}
			s, recovered, err := store.Open(config, got.apply)
			if err != nil {
				t.Fatalf("call %d: %v", failing, err)
			}
			holds(t, fmt.Sprintf("call %d", failing), got, numbers{1: true, 2: true})
			if s.Incarnation() != renewed || recovered.Renewed != "" {
				t.Fatalf("call %d: %d after %d: %s", failing, s.Incarnation(), renewed, recovered.Renewed)
			}
			s.Settle()
			_ = s.Close()
		}
	}
}
