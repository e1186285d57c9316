package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gset/internal/bench/checker"
	"gset/internal/bench/client"
	"gset/internal/bench/nemesis"
	"gset/internal/bench/network"
	"gset/internal/bench/process"
	"gset/internal/bench/report"
	"gset/internal/bench/store"
	"gset/internal/bench/workload"
	"gset/internal/terminal"
)

// ErrInterrupted is the error of a test whose context was cancelled.
var ErrInterrupted = errors.New("interrupted")

// Run carries out the test that o describes and judges it. It blocks for as
// long as the test takes: the time limit, for most workloads 10 s of rest, and
// what operations under way then need to end, at most 5 s each.
//
// A test whose nodes did badly has results, which say so. Run returns an error
// if there can be no results: an [*OptionError] for an option that cannot be, and
// an [*EndedError] for a test that ended before it was over. That wraps a
// [*NodeError] of a node that could not be started, did not answer init or
// topology, or has exited; [ErrInterrupted] if ctx was cancelled; and others
// for what the operating system refused. Whatever Run returns, all processes
// it started are gone, and the history, the messages, a report and the verdict up to
// then are in the store.
func Run(ctx context.Context, o Options) (*report.Results, error) {
	return runOn(ctx, operatingSystem, o)
}

// runOn is Run on another machine.
func runOn(ctx context.Context, m machine, o Options) (*report.Results, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	bin, err := FindBinary(o.Bin)
	if err != nil {
		return nil, err
	}
	o.Bin = bin
	for o.Seed == 0 {
		o.Seed = int64(rand.Uint64() >> 11) // as many bits as any tool's numbers hold
	}
	var s *store.Store
	if o.StoreDir != "" {
		if s, err = store.Create(o.StoreDir, o.Workload); err != nil {
			return nil, err
		}
		defer s.Log.Close()
	}
	b := &bench{machine: m, opts: &o, store: s, console: &report.Console{Log: store.LogTo(s, o.Log), Status: terminal.Line{Out: o.Progress}}}
	results, err := b.run(ctx)
	if err != nil {
		return nil, b.end(err)
	}
	if err := b.leave(results, nil); err != nil {
		return nil, err
	}
	if s != nil { // the log holds what the caller is about to say
		if err := results.Print(s.Log); err != nil {
			return nil, fmt.Errorf("cannot write the log: %w", err)
		}
	}
	return results, nil
}

// end makes an error of what ended the test before it was over, and leaves in the store what there is.
func (b *bench) end(cause error) error {
	if errors.Is(cause, ErrInterrupted) {
		cause = fmt.Errorf("%w; all nodes have been killed", cause)
	}
	ended := b.failed(cause)
	if err := b.leave(nil, ended); err != nil {
		ended.Err = errors.Join(ended.Err, err)
	}
	if b.store != nil {
		(&report.Console{Log: b.store.Log}).Say("the test ended before it was over: %v", ended)
	}
	return ended
}

// leave writes the report of a test, of its results or of what ended it, and has the links to the latest test
// lead to it.
func (b *bench) leave(results *report.Results, ended error) error {
	if err := b.recording.write(b, results, ended); err != nil {
		return err
	}
	if b.store == nil {
		return nil
	}
	if err := b.store.LinkLatest(); err != nil {
		b.say("%v", err) // no reason to throw the results away
	}
	return nil
}

// FindBinary returns the absolute path of a node binary that can be run.
func FindBinary(name string) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("--bin %s: %w", name, err)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", &OptionError{"--bin", fmt.Sprintf("there is no file %s", path)}
	case err != nil:
		return "", &OptionError{"--bin", err.Error()}
	case info.IsDir():
		return "", &OptionError{"--bin", fmt.Sprintf("%s is a directory, not a program", path)}
	case info.Mode().Perm()&0o111 == 0:
		return "", &OptionError{"--bin", fmt.Sprintf("%s is not executable (chmod +x?)", path)}
	}
	return path, nil
}

// bench is a test while it runs.
type bench struct {
	machine     machine
	opts        *Options
	store       *store.Store // nil: nothing is written
	console     *report.Console
	caller      context.Context // as given to Run, unlike the one that nodes' failures end
	net         *network.Network
	dirty       process.Dirty // nodes' inputs that have something to write
	interpreter *client.Interpreter
	nemesis     *nemesis.Nemesis
	nodes       *cluster
	recording   *recording // nil: nothing is written
	began       time.Time
	workers     int
}

func (b *bench) say(format string, args ...any) { b.console.Say(format, args...) }

// run carries the test out and judges it.
func (b *bench) run(ctx context.Context) (*report.Results, error) {
	o := b.opts
	b.began = time.Now()
	names := o.nodes()
	var err error
	if b.workers, err = ParseConcurrency(o.Concurrency, len(names)); err != nil {
		return nil, err
	}
	w := workload.New(o.Workload, o.Topology)
	if err := b.openNetwork(); err != nil {
		return nil, err
	}
	defer b.net.Close()
	b.say("testing %s: workload %s, %d nodes, %d workers, seed %d", o.Bin, o.Workload, len(names), b.workers, o.Seed)
	if b.store != nil {
		b.say("writing to %s", b.store.Dir)
		if b.recording, err = record(b.net, b.store.Dir, names, o.Workload); err != nil {
			return nil, err
		}
	}
	return b.test(ctx, names, w)
}

// test runs the test on a network that is open, and judges it.
func (b *bench) test(ctx context.Context, names []string, w workload.Workload) (*report.Results, error) {
	b.caller = ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	b.nodes = newCluster(b, cancel)
	defer b.nodes.stop()
	if err := b.bringUp(ctx, names, w); err != nil {
		return nil, err
	}
	defer b.interpreter.Stop()
	b.say("all nodes are up after %v", time.Since(b.began).Round(time.Millisecond))
	err := b.phases(ctx, names, w)
	b.interpreter.Stop()
	exited := b.nodes.stop()
	if b.store != nil {
		if writeErr := b.store.History(b.interpreter.History()); writeErr != nil {
			return nil, errors.Join(b.cause(ctx, err), writeErr)
		}
	}
	if err != nil {
		return nil, b.cause(ctx, err)
	}
	if exited != nil {
		return nil, exited
	}
	return b.judge(w)
}

// openNetwork makes the network, which its caller closes.
func (b *bench) openNetwork() error {
	o := b.opts
	delays := network.NewLatency(o.LatencyDist, o.Latency, newRand(o.Seed, streamLatency))
	loss := &network.Loss{P: o.PLoss, Rand: newRand(o.Seed, streamLoss)}
	var err error
	if b.net, err = network.New(b.machine.newAlarm, delays, loss, b.dirty.Flush); err != nil {
		return fmt.Errorf("cannot make an alarm: %w", err)
	}
	b.traceNetwork()
	return nil
}

// bringUp starts the nodes, makes the interpreter, and has clients set the nodes up. If it
// fails the interpreter does not run.
func (b *bench) bringUp(ctx context.Context, names []string, w workload.Workload) error {
	o, ids := b.opts, &client.IDs{}
	if err := b.nodes.start(ctx, names, ids); err != nil {
		return b.cause(ctx, err)
	}
	conf := client.Config{
		TimeLimit: o.TimeLimit, Rate: o.Rate, Timeout: o.ClientTimeout, Workers: b.workers,
		Gaps: newRand(o.Seed, streamSchedule), Operations: newRand(o.Seed, streamOps), Choices: newRand(o.Seed, streamWorkers),
		Processes: b.nodes.act,
		Warn:      b.say,
	}
	var err error
	if b.interpreter, err = client.New(b.machine.newAlarm, conf, b.net, ids, w, b.nodes.endpoints); err != nil {
		return fmt.Errorf("cannot make an alarm: %w", err)
	}
	b.recording.zero(b.interpreter.Origin())
	if err := b.nodes.setup(ctx, names, ids, w); err != nil {
		b.interpreter.Stop()
		return b.cause(ctx, err)
	}
	return nil
}

// judge makes results of what has happened, and stores them.
func (b *bench) judge(w workload.Workload) (*report.Results, error) {
	o, h := b.opts, b.interpreter.History()
	_, ops := b.interpreter.Progress()
	r := &report.Results{
		Stats:      checker.CheckStats(h),
		FinalReads: checker.CountFinalReads(h),
		Net:        b.net.Traffic.Stats(ops, b.nodes.tallies()),
		Crashes:    checker.CheckCrashes(h),
		Faults:     b.nodes.faultsSoFar(b.interpreter.Origin()),
		Strict:     o.Strict,
		Options:    o.edn(),
		Seed:       o.Seed,
		History:    h,
	}
	r.Availability = checker.CheckAvailability(&r.Stats, o.Availability)
	r.Workload = w.Check(h)
	r.Judge()
	r.Elapsed = time.Since(b.began)
	if b.store != nil {
		r.Dir = b.store.Dir
	}
	if err := b.recording.end(); err != nil { // the words tell of messages
		return nil, err
	}
	b.inWords(r)
	if b.store == nil {
		return r, nil
	}
	return r, errors.Join(b.store.Results(r.Pretty()), b.store.Verdict(strings.Join(r.Words, "\n")+"\n"))
}

// cause is what ended a test, given the error that came to light: a node's
// failure, if that came first, or the caller's wish.
func (b *bench) cause(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return err
	case b.caller.Err() == nil || cause != context.Cause(b.caller):
		return cause
	case b.interpreter == nil:
		return fmt.Errorf("%w before the nodes were up", ErrInterrupted)
	}
	elapsed, ops := b.interpreter.Progress()
	return fmt.Errorf("%w after %.1f s and %d operations", ErrInterrupted, elapsed.Seconds(), ops)
}

// phases runs the operations: the main phase, and if the workload ends with
// reads, those, after the network was healed and nodes had time to recover.
func (b *bench) phases(ctx context.Context, names []string, w workload.Workload) error {
	o, r := b.opts, b.interpreter
	if faults := o.Faults(); faults != nil {
		random := func(f nemesis.Fault) *rand.Rand { return newRand(o.Seed, faultStreams[f]) }
		b.nemesis = nemesis.New(names, faults, o.NemesisInterval, random, b.say)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		b.console.Follow(b.status, stop)
	}()
	defer func() { close(stop); <-stopped }()
	if err := wait(ctx, r.StartMain(b.nemesis)); err != nil {
		return err
	}
	op, ok := w.Final()
	if !ok {
		return nil
	}
	if b.nemesis != nil {
		if err := wait(ctx, r.Heal(b.nemesis)); err != nil {
			return err
		}
	}
	b.say("waiting %v for recovery", o.Recovery)
	rest := make(chan struct{})
	timer := time.AfterFunc(o.Recovery, func() { close(rest) })
	defer timer.Stop()
	if err := wait(ctx, rest); err != nil {
		return err
	}
	return wait(ctx, r.StartFinal(op))
}

// wait waits until a channel is closed. If the context ends before, it returns why.
func wait(ctx context.Context, until <-chan struct{}) error {
	select {
	case <-until:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// status describes the test so far in a line.
func (b *bench) status() string {
	elapsed, ops := b.interpreter.Progress()
	perOp := 0.0
	if ops > 0 {
		perOp = float64(b.net.Traffic.ServerSends.Load()) / float64(ops)
	}
	return fmt.Sprintf("%5.1f s   %d ops   faults: %s   %.2f msgs-per-op", elapsed.Seconds(), ops, b.nemesis.Fault(), perOp)
}

// traceNetwork logs messages if the options say so.
func (b *bench) traceNetwork() {
	b.net.Tracing.Send, b.net.Tracing.Recv = b.opts.LogNetSend, b.opts.LogNetRecv
	b.net.Trace = func(event string, id int64, src, dest string, body []byte) {
		b.say(":%s {:id %d, :src %q, :dest %q, :body %s}", event, id, src, dest, body)
	}
}
