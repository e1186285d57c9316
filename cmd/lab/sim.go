package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"gset/internal/bench"
	"gset/internal/bench/checker"
	"gset/internal/sim"
)

// simCmd is lab sim.
type simCmd struct {
	Seed  *uint64       `placeholder:"S" help:"The seed of the run, or of the first of many (1; with --for a new one each time)."`
	Seeds uint64        `default:"1" placeholder:"N" help:"How many seeds to play, from --seed on, on all processors (default ${default})."`
	For   time.Duration `placeholder:"D" help:"Play as many seeds as there is time for."`
	Play  string        `placeholder:"FILE" help:"Play the schedule in this file, which --save has written, and not that of a seed."`

	Trace    bool   `help:"Show every event and message of the run."`
	Shrink   bool   `help:"Leave out of a schedule that fails whatever it fails without, and show the rest."`
	Save     string `placeholder:"FILE" help:"Write the schedule that failed last, after --shrink, or that of the one run, to this file."`
	Paranoid bool   `help:"Encode and decode every message, and not only one in 64. The run is the same."`

	Nodes    *int           `group:"Of the schedule, instead of what the seed says:" placeholder:"N" help:"The number of nodes (5 to 25)."`
	Lattice  string         `group:"Of the schedule, instead of what the seed says:" placeholder:"NAME" help:"gset, gcounter, pncounter, or weakset, a gset whose cells' hashes have three bits (any)."`
	Interval *time.Duration `group:"Of the schedule, instead of what the seed says:" placeholder:"T" help:"The replicas' interval (0, or 10ms to 1s)."`
	Probe    *time.Duration `group:"Of the schedule, instead of what the seed says:" placeholder:"R" help:"The replicas' probe interval (200ms to 3s)."`
	Latency  *time.Duration `group:"Of the schedule, instead of what the seed says:" placeholder:"D" help:"The longest latency (0s to 300ms)."`
	Length   *time.Duration `group:"Of the schedule, instead of what the seed says:" placeholder:"D" help:"How long there are faults and updates (5s to 25s, some for minutes)."`
	PLoss    *float64       `group:"Of the schedule, instead of what the seed says:" name:"p-loss" placeholder:"P" help:"Chance of each message to be lost, 0 to 1 (0 to 0.3)."`
	Rate     *float64       `group:"Of the schedule, instead of what the seed says:" placeholder:"PER-SECOND" help:"Updates a second (1 to 300)."`
	Faults   *[]string      `group:"Of the schedule, instead of what the seed says:" placeholder:"FAULT" help:"Faults to draw from, with commas between them: cut, break, flap, slow, freeze, crash, tear, rollback, leave, forget, skew, jump, and of disks power, kill, full, fail; or none (all)."`
	Disk     *bool          `group:"Of the schedule, instead of what the seed says:" negatable:"" help:"Nodes keep their states on simulated disks (one schedule in four, and if --faults names a fault of disks)."`

	out  io.Writer                     // where to, or nil for standard output
	play func(sim.Schedule) sim.Result // how to play a schedule, or nil for the usual way
}

// Help is what lab sim --help says besides the options.
func (*simCmd) Help() string {
	return `Many replicas run in one process, over a simulated network in virtual time. Everything follows from
the seed: the cluster, the clients' updates, and the faults. Invariants are checked at every step, and
after the last fault that all members come to hold the same, and then say no more than they must.

  lab sim --seeds 10000             look for a seed that fails
  lab sim --for 10m                 look for one among seeds that nobody has played
  lab sim --seed 17                 play one again, exactly
  lab sim --seed 17 --trace         with every message
  lab sim --seed 17 --shrink        find out what it takes to fail

The trace of a run is a hash of all its messages; it is the same on every machine. The exit status is 1 if
an invariant did not hold, or clusters took too long, in many runs, to hold the same after the last fault.`
}

// maxShown bounds the failures that are shown of many.
const maxShown = 10

// shrinkBudget is how often a schedule is played to shrink it.
const shrinkBudget = 20_000

// Run plays schedules. Its verdict is invalid if one fails.
func (c *simCmd) Run(ctx context.Context, verdict *checker.Validity) error {
	o, err := c.options()
	if err != nil {
		return &bench.OptionError{Reason: strings.TrimPrefix(err.Error(), "sim: ")}
	}
	if several := c.Seeds > 1 || c.For != 0; c.Seeds == 0 || several && (c.Trace || c.Play != "") {
		return &bench.OptionError{Option: "--seeds", Reason: "must be at least 1, and with --trace or --play no more"}
	}
	if c.For < 0 || c.For > 0 && c.Seeds > 1 {
		return &bench.OptionError{Option: "--for", Reason: "is a time above 0, and stands in for --seeds"}
	}
	if c.out == nil {
		c.out = os.Stdout
	}
	if c.play == nil {
		c.play = sim.Player{Paranoid: c.Paranoid}.Play
	}
	// A simulation makes much garbage and keeps little.
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	var failed *sim.Schedule
	if c.Seeds == 1 && c.For == 0 {
		failed, err = c.one(ctx, o)
	} else {
		failed, err = c.many(ctx, o)
	}
	if failed != nil || errors.Is(err, errLate) {
		*verdict = checker.Invalid
		if failed == nil {
			c.printf("%v\n", err)
			return nil
		}
	}
	return err
}

// options turns the command line into options of schedules.
func (c *simCmd) options() (sim.Options, error) {
	o := sim.Options{
		Nodes: c.Nodes, Lattice: sim.Lattice(c.Lattice), Interval: c.Interval, Probe: c.Probe,
		Hop: c.Latency, Length: c.Length, Rate: c.Rate, Disk: c.Disk,
	}
	if c.PLoss != nil {
		if !(*c.PLoss >= 0 && *c.PLoss <= 1) {
			return o, fmt.Errorf("--p-loss: %v is not 0 to 1", *c.PLoss)
		}
		loss := int(math.Round(*c.PLoss * 1000))
		o.Loss = &loss
	}
	if c.Faults != nil {
		o.Faults = []sim.What{}
		for _, fault := range *c.Faults {
			if fault = strings.TrimSpace(fault); fault != "none" {
				o.Faults = append(o.Faults, sim.What(fault))
			}
		}
	}
	return o, o.Validate()
}

// one plays one schedule and shows what came of it. It returns the schedule if it
// failed, after shrinking it if that was asked for.
func (c *simCmd) one(ctx context.Context, o sim.Options) (failed *sim.Schedule, err error) {
	s := sim.Generate(c.first(), o)
	if c.Play != "" {
		if s, err = load(c.Play); err != nil {
			return nil, err
		}
	}
	r := c.shown(s, !c.Shrink)
	c.printf("%d nodes with a %s, %v of virtual time\n", s.Nodes, s.Lattice, r.Time)
	c.printf("%d updates, %d messages, %d delivered, %d bytes\n", r.Updates, r.Sent, r.Delivered, r.Bytes)
	if s.Disk {
		c.printf("disks: %v\n", r.Disks)
	}
	c.printf("trace %016x\n", r.Trace)
	if r.Violation != nil {
		return c.failed(ctx, s, r)
	}
	c.printf("all hold the same %v after the last fault, where %v are allowed; every invariant held\n", r.Converged, r.Allowed)
	return nil, c.save(s)
}

// shown plays a schedule, and shows all of it if that is asked for, and the time for it.
func (c *simCmd) shown(s sim.Schedule, now bool) sim.Result {
	if c.Trace && now {
		return sim.Player{Paranoid: c.Paranoid, Tell: func(line string) { c.printf("%s\n", line) }}.Play(s)
	}
	return c.play(s)
}

// printf writes to the output. An error is found out by who reads it.
func (c *simCmd) printf(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format, args...) }

// first is the first seed that is played.
func (c *simCmd) first() uint64 {
	switch {
	case c.Seed != nil:
		return *c.Seed
	case c.For > 0:
		return rand.Uint64() >> 16 // short enough to be read out
	}
	return 1
}

// errLate is the error of many runs of which too many took too long.
var errLate = errors.New("too late")

// tally is what came of many runs.
type tally struct {
	mu        sync.Mutex
	done      uint64
	failures  int
	updates   int
	delivered int
	steady    int
	disks     int // runs with disks
	disk      sim.Disks
	settling  sim.Settling
	slowest   sim.Result // the one that took the most of what is allowed, and its seed
	slow      uint64
	last      sim.Schedule // the one of the least seed that failed, and how
	broken    sim.Result
}

func (t *tally) add(s sim.Schedule, r sim.Result) {
	t.done++
	t.delivered += r.Delivered
	t.updates += r.Updates
	t.settling.Add(r)
	if r.Steady {
		t.steady++
	}
	if s.Disk {
		t.disks++
		t.disk.Add(r.Disks)
	}
	switch {
	case r.Violation != nil:
		if t.failures++; t.failures == 1 || s.Seed < t.last.Seed {
			t.last, t.broken = s, r
		}
	case share(r.Converged, r.Allowed) >= share(t.slowest.Converged, t.slowest.Allowed):
		t.slow, t.slowest = s.Seed, r
	}
}

// many plays the schedules of many seeds, and shows those that fail.
func (c *simCmd) many(ctx context.Context, o sim.Options) (failed *sim.Schedule, err error) {
	first, count, until := c.first(), c.Seeds, ctx
	if c.For > 0 {
		count = math.MaxUint64 - first
		var stop context.CancelFunc
		until, stop = context.WithTimeout(ctx, c.For)
		defer stop()
		c.printf("seeds from %d on, for %v\n", first, c.For)
	}
	var t tally
	bar, start := newBar(count), time.Now()
	sim.Explore(until, first, count, runtime.GOMAXPROCS(0), func(seed uint64) {
		s := sim.Generate(seed, o)
		r := c.play(s)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.add(s, r)
		if r.Violation != nil && t.failures <= maxShown {
			bar.clear()
			c.printf("seed %d %v\n    %s\n", seed, r.Violation, c.command(seed))
		}
		bar.step(t.failures)
	})
	bar.clear()
	c.report(&t, time.Since(start))
	switch late := t.settling.Check(); {
	case t.failures > 0 && c.Shrink:
		c.printf("\nseed %d:\n", t.last.Seed)
		return c.failed(ctx, t.last, t.broken)
	case t.failures > 0:
		return &t.last, c.save(t.last)
	case ctx.Err() != nil:
		return nil, bench.ErrInterrupted
	case late != nil:
		return nil, fmt.Errorf("%w: %w", errLate, late)
	}
	return nil, nil
}

// report shows what came of many runs.
func (c *simCmd) report(t *tally, took time.Duration) {
	c.printf("%d of %d seeds failed; %d updates, %d deliveries in %v\n", t.failures, t.done, t.updates, t.delivered, took.Round(10*time.Millisecond))
	c.printf("what updates cost without faults was watched in %d runs\n", t.steady)
	if t.disks > 0 {
		c.printf("%d runs with disks: %v\n", t.disks, t.disk)
	}
	if t.slowest.Allowed > 0 {
		c.printf("all hold the same after the last fault, in times of R + T + 4 hops: %v\n", &t.settling)
		c.printf("the slowest to become equal: seed %d, after %v, where %v are allowed\n", t.slow, t.slowest.Converged, t.slowest.Allowed)
	}
}

// share is a part of a whole; 0 if there is none.
func share(part, whole time.Duration) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// failed shows a failure, and shrinks and saves its schedule.
func (c *simCmd) failed(ctx context.Context, s sim.Schedule, r sim.Result) (*sim.Schedule, error) {
	c.printf("%v\n", r.Violation)
	if c.Play == "" {
		c.printf("    %s\n", c.command(s.Seed))
	}
	if c.Shrink {
		plays := 0
		bar := newBar(shrinkBudget)
		s = sim.Shrink(s, shrinkBudget, func(candidate sim.Schedule) bool {
			if ctx.Err() != nil {
				return false // and what was found so far is the result
			}
			plays++
			bar.step(0)
			v := c.play(candidate).Violation
			return v != nil && v.Invariant == r.Violation.Invariant
		})
		bar.clear()
		r = c.shown(s, true)
		c.printf("\nWhat is left after %d runs:\n\n%v\n%v\n", plays, s, r.Violation)
	}
	return &s, c.save(s)
}

// command is the command that plays a seed again.
func (c *simCmd) command(seed uint64) string {
	words := []string{"lab", "sim", "--seed", fmt.Sprint(seed)}
	add := func(option string, value any) { words = append(words, option, fmt.Sprint(value)) }
	if c.Nodes != nil {
		add("--nodes", *c.Nodes)
	}
	if c.Lattice != "" {
		add("--lattice", c.Lattice)
	}
	for _, d := range []struct {
		option string
		value  *time.Duration
	}{{"--interval", c.Interval}, {"--probe", c.Probe}, {"--latency", c.Latency}, {"--length", c.Length}} {
		if d.value != nil {
			add(d.option, *d.value)
		}
	}
	if c.PLoss != nil {
		add("--p-loss", *c.PLoss)
	}
	if c.Rate != nil {
		add("--rate", *c.Rate)
	}
	if c.Faults != nil {
		add("--faults", strings.Join(*c.Faults, ","))
	}
	switch {
	case c.Disk != nil && *c.Disk:
		words = append(words, "--disk")
	case c.Disk != nil:
		words = append(words, "--no-disk")
	}
	return strings.Join(words, " ")
}

// save writes a schedule to the file that was asked for.
func (c *simCmd) save(s sim.Schedule) error {
	if c.Save == "" {
		return nil
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Save, append(data, '\n'), 0o644); err != nil {
		return err
	}
	c.printf("the schedule is in %s; lab sim --play %s\n", c.Save, c.Save)
	return nil
}

func load(file string) (s sim.Schedule, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	return s, s.Validate()
}
