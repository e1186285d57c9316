package sim

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(800) // as lab sim does
	os.Exit(m.Run())
}

// seeds is how many seeds a test takes: fewer where time is short.
func seeds(all int) uint64 {
	if testing.Short() {
		return uint64(max(all/10, 2))
	}
	return uint64(all)
}

// TestEveryInvariantHolds plays schedules of all faults. For a longer search:
//
//	go run ./cmd/lab sim --seeds 10000
func TestEveryInvariantHolds(t *testing.T) {
	var mu sync.Mutex
	var settling Settling
	steady, all := 0, seeds(120)
	Explore(context.Background(), 0, all, 2, func(seed uint64) {
		r := Play(Generate(seed, Options{}))
		mu.Lock()
		defer mu.Unlock()
		settling.Add(r)
		if r.Steady {
			steady++
		}
		if r.Violation != nil {
			t.Errorf("%v\n\tgo run ./cmd/lab sim --seed %d --shrink", r.Violation, seed)
		}
	})
	t.Logf("equal after the last fault, in times of R + T + 4 hops: %v", &settling)
	if err := settling.Check(); err != nil {
		t.Error(err)
	}
	if t.Logf("what updates cost without faults was watched in %d of %d runs", steady, all); 3*steady < 2*int(all) {
		t.Errorf("what updates cost without faults was watched in %d of %d runs", steady, all)
	}
}

// TestEveryInvariantHoldsWhereNodesTakeTheNetworkForReliable, too: what a scatter does not repeat a repair brings.
func TestEveryInvariantHoldsWhereNodesTakeTheNetworkForReliable(t *testing.T) {
	play := func(seed uint64) {
		paranoid := seed%2 == 0
		if r := (Player{Reliable: true, Paranoid: paranoid}).Play(Generate(seed, Options{})); r.Violation != nil {
			t.Errorf("seed %d: %v", seed, r.Violation)
		}
	}
	Explore(context.Background(), 0, seeds(60), 2, play)
	// In these a gather is late for a probe interval, and a suspicion for half of one, with half of the members gone.
	for _, seed := range []uint64{202498, 1000986} {
		play(seed)
	}
}

// TestWhoIsEqualSeeksNoLonger than bounds allow, where a peer that was busy once is answered for by nobody: without gathers,
// and with round trips taken for as long as a probe interval.
func TestWhoIsEqualSeeksNoLonger(t *testing.T) {
	if r := Play(Generate(1001574, Options{})); r.Violation != nil {
		t.Error(r.Violation)
	}
}

// TestTheSameSeedGivesTheSameRun also if every message goes through its binary form, and with disks.
func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	for seed := range seeds(10) {
		disk := seed%2 == 1
		s := Generate(seed, Options{Disk: &disk})
		first, again, paranoid := Play(s), Play(s), Player{Paranoid: true}.Play(s)
		if first != again {
			t.Errorf("seed %d: %+v, and then %+v", seed, first, again)
		}
		if first != paranoid {
			t.Errorf("seed %d: %+v, and %+v if every message is encoded and decoded", seed, first, paranoid)
		}
		if other := Play(Generate(seed+1000, Options{})); other.Trace == first.Trace {
			t.Errorf("seeds %d and %d: trace %x", seed, seed+1000, first.Trace)
		}
	}
}

var rewrite = flag.Bool("rewrite", false, "write the golden traces anew")

// TestTracesAreTheSameOnEveryMachine holds what some seeds give against what they gave
// when the file was written, perhaps on another machine. After a change of the protocol, or of
// how schedules are drawn, write it anew:
//
//	go test ./internal/sim -run TestTraces -rewrite
func TestTracesAreTheSameOnEveryMachine(t *testing.T) {
	const file = "testdata/traces.txt"
	var got strings.Builder
	for i, lattice := range Lattices() {
		for seed := range uint64(4) {
			if testing.Short() && (i > 0 || seed > 0) {
				break
			}
			r := Play(Generate(seed, Options{Lattice: lattice}))
			fmt.Fprintf(&got, "seed %d, %s: %d updates, %d messages, %d bytes, trace %016x\n", seed, lattice, r.Updates, r.Sent, r.Bytes, r.Trace)
		}
	}
	nodes, length, rate := 5, 5*time.Second, 100.0
	for seed, lattice := range Lattices() {
		if testing.Short() {
			break
		}
		r := Play(Generate(uint64(seed), Options{
			Lattice: lattice, Nodes: &nodes, Length: &length, Rate: &rate, Faults: append(diskFaults(), Rollback),
		}))
		fmt.Fprintf(&got, "seed %d, %s on disks: %d updates, trace %016x; %v\n", seed, lattice, r.Updates, r.Trace, r.Disks)
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) && !(testing.Short() && strings.HasPrefix(string(want), got.String())) {
		t.Errorf("traces are\n%s\nand were\n%s", got.String(), want)
	}
}

func TestExploreTakesEverySeedOnce(t *testing.T) {
	var mu sync.Mutex
	played := map[uint64]int{}
	if done := Explore(context.Background(), 7, 100, 3, func(seed uint64) {
		mu.Lock()
		defer mu.Unlock()
		played[seed]++
	}); done != 100 || len(played) != 100 || played[7] != 1 || played[106] != 1 {
		t.Errorf("%d done, %d played", done, len(played))
	}
	ctx, stop := context.WithCancel(context.Background())
	if done := Explore(ctx, 0, 1000, 1, func(seed uint64) {
		if seed == 9 {
			stop()
		}
	}); done != 10 {
		t.Errorf("%d done after it was stopped at the tenth", done)
	}
}
