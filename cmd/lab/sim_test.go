package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/command"
	"gset/internal/sim"
)

func TestSimExitStatus(t *testing.T) {
	file := filepath.Join(t.TempDir(), "schedule.json")
	for _, test := range []struct {
		args string
		want int
	}{
		{"sim", 0},
		{"sim --seed 3 --nodes 5 --lattice pncounter --interval 0s --probe 1s --latency 10ms --length 1s --p-loss 0.1 --rate 5 --faults cut,crash --paranoid", 0},
		{"sim --seed 3 --length 1s --faults none --trace --save " + file, 0},
		{"sim --play " + file, 0},
		{"sim --seed 3 --length 1s --disk", 0},
		{"sim --seed 3 --length 1s --no-disk --faults cut", 0},
		{"sim --seeds 3 --length 1s --faults power,kill,full,fail,rollback", 0},
		{"sim --length 1s --no-disk --faults power", 0},
		{"sim --seeds 4 --length 1s", 0},
		{"sim --for 1ms --length 1s", 0},
		{"sim --for 1m --seeds 2", command.ExitUsage},
		{"sim --for 1m --trace", command.ExitUsage},
		{"sim --seeds 0", command.ExitUsage},
		{"sim --seeds 2 --trace", command.ExitUsage},
		{"sim --nodes 1", command.ExitUsage},
		{"sim --lattice tree", command.ExitUsage},
		{"sim --p-loss 2", command.ExitUsage},
		{"sim --faults flood", command.ExitUsage},
		{"sim --play nothing", command.ExitFailed},
	} {
		if got := run(strings.Fields(test.args)); got != test.want {
			t.Errorf("lab %s: exit status %d, want %d", test.args, got, test.want)
		}
	}
}

// TestSimSaysWhatFailedAndHowToRepeatIt has every schedule fail in which a node crashes.
func TestSimSaysWhatFailedAndHowToRepeatIt(t *testing.T) {
	crashes := func(s sim.Schedule) (n int) {
		for _, e := range s.Events {
			if e.What == sim.Crash {
				n++
			}
		}
		return n
	}
	nodes, length, loss, faults := 6, 2*time.Second, 0.25, []string{"cut", "crash"}
	for _, seeds := range []uint64{1, 30} {
		var out strings.Builder
		var verdict checker.Validity
		c := simCmd{
			Seed: new(uint64), Seeds: seeds, Nodes: &nodes, Length: &length, PLoss: &loss, Faults: &faults, Shrink: true, out: &out,
			play: func(s sim.Schedule) sim.Result {
				if crashes(s) > 0 {
					return sim.Result{Violation: &sim.Violation{Invariant: sim.Survives, At: time.Second, What: "gone"}}
				}
				return sim.Result{}
			},
		}
		o, err := c.options()
		if err != nil {
			t.Fatal(err)
		}
		for crashes(sim.Generate(*c.Seed, o)) == 0 {
			*c.Seed++
		}
		if err := c.Run(context.Background(), &verdict); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		for _, want := range []string{
			"at 1s: " + string(sim.Survives) + ": gone", c.command(*c.Seed), "What is left", "2 nodes", "crash n",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%d seeds: %q is not in\n%s", seeds, want, text)
			}
		}
		if verdict.ExitStatus() != 1 {
			t.Errorf("exit status %d", verdict.ExitStatus())
		}
	}
	c := simCmd{Nodes: &nodes, Length: &length, PLoss: &loss, Faults: &faults}
	if got, want := (&simCmd{Disk: new(bool)}).command(7), "lab sim --seed 7 --no-disk"; got != want {
		t.Errorf("the command is %s, want %s", got, want)
	}
	if got, want := c.command(7), "lab sim --seed 7 --nodes 6 --length 2s --p-loss 0.25 --faults cut,crash"; got != want {
		t.Errorf("the command is %s, want %s", got, want)
	}
}
