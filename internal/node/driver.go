package node

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"sync"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
	"gset/internal/store"
	"gset/replica"
)

// Options are a node's settings; see ParseFlags.
type Options struct {
	Interval time.Duration // T; 0 is replica.Eager
	Probe    time.Duration // R
	Key      crdt.Key      // the cluster's hash key, not zero
	Verbose  bool

	// Data is the folder that has a folder for each node's store; empty keeps states in memory only.
	Data string

	// Backup, if not empty, is the file that Backup writes, instead of a node that runs. Restore, if not empty, is a
	// backup that a node joins into its state when it begins.
	Backup, Restore string

	// Tests have a file system that fails, short log files, and a process that stands still. Zero is the
	// system's, the usual size, and the process itself.
	files   store.FS
	segment int64
	pulse   *pulse

	// Incarnation is the number of this life of the node; 0 draws one at init. With Data, the incarnation
	// of a counter's entries is the store's.
	Incarnation uint64
}

// driver connects a replica to Maelstrom. The library gives every message that is
// admitted a goroutine of its own.
type driver[S crdt.Lattice[S]] struct {
	options  Options
	workload Workload[S]
	bottom   S
	node     *maelstrom.Node
	pulse    *pulse
	log      *log.Logger
	faults   faults
	start    time.Time
	result   chan error // what Run is to return; holds one

	serving     sync.WaitGroup // requests
	writing     sync.Mutex     // to standard output
	initialised bool           // changed before the library starts any goroutine

	mu      sync.Mutex
	replica *replica.Replica[S] // nil before init
	lives   []life              // the incarnations of this process; the last is the one that counts
	timer   *time.Timer         // fires at the replica's deadline; nil before init
	stopped bool                // there shall be no more ticks, and no more commits
	disk    disk[S]             // without a store if state lives in memory only

	disputed bool // somebody else counts under one of the lives
}

// Run serves a workload until in ends. It fails only if in cannot be read or out
// cannot be written; in the latter case at once, leaving behind a goroutine that
// waits for in. What it logs goes to logs.
func Run[S crdt.Lattice[S]](w Workload[S], o Options, in io.Reader, out, logs io.Writer) error {
	// The library logs every message, which at load is most of its work.
	log.SetOutput(io.Discard)
	d := &driver[S]{
		options:  o,
		workload: w,
		bottom:   w.Bottom(o.Key),
		node:     maelstrom.NewNode(),
		log:      log.New(logs, "", log.Lmicroseconds),
		start:    time.Now(),
		result:   make(chan error, 1),
	}
	d.faults.log = d.log
	d.disk.settled.L = &d.mu
	d.pulse = cmp.Or(o.pulse, new(pulse))
	d.node.Stdin = newInput(in, d.admit)
	d.node.Stdout = out
	for _, kind := range replica.Kinds() {
		d.node.Handle(kind.String(), func(m maelstrom.Message) error {
			d.gossip(kind, m)
			return nil
		})
	}
	if o.Data != "" && o.files == nil {
		if err := checkFolder(o.Data); err != nil {
			return err
		}
	}
	done := make(chan struct{})
	defer close(done)
	d.pulse.beat()
	go d.pulse.run(done)
	go func() {
		err := d.node.Run()
		d.serving.Wait()
		d.finish(err)
	}()
	err := <-d.result
	d.stop()
	if e := d.closeDisk(); err == nil {
		err = e
	}
	return err
}

// request is a client's message.
type request struct {
	maelstrom.Message
	id    *int // nil if no reply is asked for
	stops int  // how often the process had stood still when it got the message
}

// serve answers a request, in a goroutine of its own. The library would parse it once more.
func (d *driver[S]) serve(typ string, r request) {
	d.serving.Go(func() {
		if update := d.workload.Updates[typ]; update != nil {
			d.update(update, r)
		} else {
			d.read(d.workload.Reads[typ], r)
		}
	})
}

// now is the time on the replica's clock.
func (d *driver[S]) now() time.Duration { return time.Since(d.start) }

// read answers a client that adds nothing.
func (d *driver[S]) read(handle Read[S], r request) {
	d.mu.Lock()
	reply, err := handle(d.local(), r.Body)
	d.mu.Unlock()
	d.answer(r, reply, err)
}

// update answers a client when what it adds is kept.
func (d *driver[S]) update(handle Update[S], r request) {
	change, reply, err := handle(r.Body)
	if err == nil && d.disk.store != nil {
		d.enqueue(waiting[S]{change: change, request: r, reply: reply})
		return
	}
	if err == nil {
		err = d.apply(change)
	}
	d.answer(r, reply, err)
}

// apply makes a change in memory.
func (d *driver[S]) apply(change Change[S]) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delta, err := change(d.local())
	if err != nil {
		return err
	}
	out, err := d.replica.Update(d.now(), delta)
	if err != nil { // nothing was added, and never will be: a definite error
		return maelstrom.NewRPCError(maelstrom.Abort, shortened(err.Error()))
	}
	d.count(delta)
	d.sendAll(out)
	d.rearm()
	return nil
}

// local is what a request finds. The caller holds the mutex.
func (d *driver[S]) local() Local[S] {
	return Local[S]{Stable: d.replica.Stable(), Pending: d.replica.Pending(), Origin: d.origin()}
}

// answer sends a client its reply, or an error, unless the process has stood still since it got the request.
func (d *driver[S]) answer(r request, reply Reply, err error) {
	switch {
	case d.pulse.beat() != r.stops:
		d.faults.count(stale, "of %q", r.Src)
	case err != nil:
		d.refuse(r.Message, err)
	case r.id != nil:
		reply.inReplyTo(*r.id)
		d.send(r.Src, reply)
	}
}

// gossip is the body of a message between nodes.
type gossip struct {
	Type string `json:"type"`
	Data []byte `json:"data"` // in base64
}

// gossip hands a peer's message to the replica.
func (d *driver[S]) gossip(kind replica.Kind, m maelstrom.Message) {
	message, err := d.decode(kind, m.Body)
	if err != nil {
		d.faults.count(malformedGossip, "%s from %q: %v", kind, m.Src, err)
		return
	}
	if m.Src == d.node.ID() {
		d.faults.count(namesake, "%s from %q", kind, m.Src)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trace("got", "from", m.Src, message)
	out, err := d.replica.Receive(d.now(), replica.ID(m.Src), message)
	if err != nil {
		fault := malformedGossip
		if errors.Is(err, replica.ErrForeign) {
			fault = foreign
		}
		d.faults.count(fault, "%s from %q: %v", kind, m.Src, err)
		return
	}
	d.watch(out)
	d.perform(out) // first: what goes out from now on may carry what came in
	if d.disputed && !d.disk.committing {
		d.takeIncarnation()
	}
}

// decode returns the message in a body of gossip.
func (d *driver[S]) decode(kind replica.Kind, body json.RawMessage) (replica.Message[S], error) {
	var g gossip
	if err := json.Unmarshal(body, &g); err != nil {
		return replica.Message[S]{}, err
	}
	m, err := replica.Decode(d.bottom, g.Data)
	if err == nil && m.Kind != kind {
		err = fmt.Errorf("it holds a %v", m.Kind)
	}
	return m, err
}

// tick is called when the replica's deadline has come. While the disk is busy it waits: when a commit ends the
// timer is set again.
func (d *driver[S]) tick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.stopped && !d.disk.committing {
		d.perform(d.replica.Tick(d.now()))
	}
}

// perform does what the replica asks for: at once, or behind what waits for the disk.
func (d *driver[S]) perform(out replica.Output[S]) {
	if d.mustWait(out) {
		d.enqueueLocked(waiting[S]{out: out})
		return
	}
	d.sendAll(out)
	d.rearm()
}

// sendAll sends the messages of an output.
func (d *driver[S]) sendAll(out replica.Output[S]) {
	var encoder encoder[S]
	for _, e := range out.Messages {
		data, err := encoder.encode(&e.Message)
		if err != nil {
			d.finish(err)
			return
		}
		d.send(string(e.To), gossip{e.Message.Kind.String(), data})
		d.trace("sent", "to", string(e.To), e.Message)
	}
}

// envelope is a message between a node and anyone.
type envelope struct {
	Src  string `json:"src"`
	Dest string `json:"dest"`
	Body any    `json:"body"`
}

// send writes a message. If that fails, Run does. The library's Send would encode the body twice, and write twice.
func (d *driver[S]) send(to string, body any) {
	line, err := json.Marshal(envelope{d.node.ID(), to, body})
	if err == nil {
		d.writing.Lock()
		_, err = d.node.Stdout.Write(append(line, '\n'))
		d.writing.Unlock()
	}
	if err != nil {
		d.finish(fmt.Errorf("writing messages: %w", err))
	}
}

// finish makes Run return a result. The first counts.
func (d *driver[S]) finish(result error) {
	select {
	case d.result <- result:
	default:
	}
}

// rearm sets the timer to the replica's deadline.
func (d *driver[S]) rearm() { d.timer.Reset(max(0, d.replica.Deadline()-d.now())) }

// stop ends the ticking, also if a tick has begun and waits for the lock, and the commits.
func (d *driver[S]) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = true
	for d.disk.committing {
		d.disk.settled.Wait()
	}
	if d.timer != nil {
		d.timer.Stop()
	}
	d.faults.sum()
}

// isZero reports whether s stands for no state at all.
func isZero[S crdt.Lattice[S]](s S) bool { return any(s) == any(*new(S)) }

// trace logs a message, if that is wanted.
func (d *driver[S]) trace(verb, preposition, peer string, m replica.Message[S]) {
	switch {
	case !d.options.Verbose:
	case isZero(m.Delta):
		d.log.Printf("%s %v %s %s, digest %v", verb, m.Kind, preposition, peer, m.Digest)
	default:
		d.log.Printf("%s %v %s %s, digest %v: %v", verb, m.Kind, preposition, peer, m.Digest, m.Delta)
	}
}

// observe logs what happens to the replica.
func (d *driver[S]) observe(e replica.Event) {
	switch {
	case e.Kind == replica.ViewChanged:
		d.log.Printf("view %d, hub %q", e.View, e.Hub)
	case e.Peer != "":
		d.log.Printf("%v: %q", e.Kind, e.Peer)
	default:
		d.log.Printf("%v", e.Kind)
	}
}
