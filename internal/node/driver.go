package node

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"sync"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
	"gset/replica"
)

// Options are a node's settings; see Flags.
type Options struct {
	Interval time.Duration
	Probe    time.Duration
	Seed     uint64
	Verbose  bool
}

// driver connects a replica to Maelstrom. Its methods may be called at any time from
// any goroutine: the library gives every message a goroutine of its own.
type driver[S crdt.Lattice[S]] struct {
	options Options
	bottom  S
	node    *maelstrom.Node
	log     *log.Logger
	faults  faults
	start   time.Time

	mu      sync.Mutex
	replica *replica.Replica[S] // nil before init
	timer   *time.Timer         // fires at the replica's deadline
}

// Run serves a workload until in ends. It fails only if in cannot be read or out
// cannot be written. What it logs goes to logs.
func Run[S crdt.Lattice[S]](w Workload[S], o Options, in io.Reader, out, logs io.Writer) error {
	// The library logs every message, which at load is most of its work.
	log.SetOutput(io.Discard)
	d := &driver[S]{
		options: o,
		bottom:  w.Bottom(crdt.Key{o.Seed, 0}),
		node:    maelstrom.NewNode(),
		log:     log.New(logs, "", log.Lmicroseconds),
		start:   time.Now(),
	}
	d.faults.log = d.log
	d.node.Stdin = newFilter(in, d.node, &d.faults, d.types(w))
	d.node.Stdout = out
	d.node.Handle("init", d.init)
	for typ, request := range w.Requests {
		d.node.Handle(typ, func(m maelstrom.Message) error { return d.request(request, m) })
	}
	for _, kind := range replica.Kinds() {
		d.node.Handle(kind.String(), func(m maelstrom.Message) error {
			d.gossip(kind, m)
			return nil // an error would be sent back to the peer
		})
	}
	err := d.node.Run()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	return err
}

// types returns the message types there are handlers for.
func (d *driver[S]) types(w Workload[S]) map[string]bool {
	types := map[string]bool{"init": true}
	for typ := range w.Requests {
		types[typ] = true
	}
	for _, kind := range replica.Kinds() {
		types[kind.String()] = true
	}
	return types
}

// now is the time on the replica's clock. It starts above zero, as a time of
// day would.
func (d *driver[S]) now() time.Duration { return time.Since(d.start) }

func (d *driver[S]) init(maelstrom.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	cfg := replica.Config{
		Self:       replica.ID(d.node.ID()),
		Interval:   d.options.Interval,
		Probe:      d.options.Probe,
		Seed:       d.options.Seed,
		MaxMessage: maxMessage(d.node.NodeIDs()),
	}
	for _, id := range d.node.NodeIDs() {
		cfg.Members = append(cfg.Members, replica.ID(id))
	}
	r, err := replica.New(cfg, d.bottom.New(), d.now())
	if err != nil {
		return Malformed("init: %v", err)
	}
	d.replica = r
	d.timer = time.AfterFunc(time.Hour, d.tick)
	d.rearm()
	return nil
}

// maxLine bounds the lines to other nodes, in bytes.
const maxLine = 60 << 10

// maxMessage is how long a message's binary form may be for its line, with the
// longest ids, to be within maxLine.
func maxMessage(ids []string) int {
	envelope := len(`{"src":"","dest":"","body":{"type":"scatter","data":""}}`) + len("\n")
	longest := 0
	for _, id := range ids {
		quoted, _ := json.Marshal(id) // a string always marshals
		longest = max(longest, len(quoted))
	}
	return base64.StdEncoding.DecodedLen(max(0, maxLine-envelope-2*longest) &^ 3)
}

// request answers a client.
func (d *driver[S]) request(handle Request[S], m maelstrom.Message) error {
	var header maelstrom.MessageBody
	if err := json.Unmarshal(m.Body, &header); err != nil {
		return Malformed("%v", err)
	}
	reply, err := d.apply(handle, m.Body)
	if err != nil {
		return err
	}
	reply.inReplyTo(header.MsgID)
	return d.node.Send(m.Src, reply) // not Reply, which rounds integers to 53 bits
}

// apply adds what a request adds, and returns its reply.
func (d *driver[S]) apply(handle Request[S], body json.RawMessage) (Reply, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.replica == nil {
		return nil, maelstrom.NewRPCError(maelstrom.TemporarilyUnavailable, "not initialised yet")
	}
	delta, reply, err := handle(d.replica.State(), body)
	if err != nil {
		return nil, err
	}
	if any(delta) != any(*new(S)) {
		d.perform(d.replica.Update(d.now(), delta))
	}
	return reply, nil
}

// gossip hands a peer's message to the replica.
func (d *driver[S]) gossip(kind replica.Kind, m maelstrom.Message) {
	var body struct {
		Data []byte `json:"data"`
	}
	if err := json.Unmarshal(m.Body, &body); err != nil {
		d.faults.count(malformedGossip, "%s from %q: %v", kind, m.Src, err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.replica == nil {
		d.faults.count(earlyGossip, "%s from %q before init", kind, m.Src)
		return
	}
	message, err := replica.Decode(d.bottom, body.Data)
	if err == nil && message.Kind != kind {
		err = fmt.Errorf("it holds a %v", message.Kind)
	}
	if err != nil {
		d.faults.count(malformedGossip, "%s from %q: %v", kind, m.Src, err)
		return
	}
	view := d.replica.View()
	out, err := d.replica.Receive(d.now(), replica.ID(m.Src), message)
	if errors.Is(err, replica.ErrStranger) {
		d.faults.count(stranger, "%s from %q, who is not a member", kind, m.Src)
		return
	}
	if now := d.replica.View(); now != view {
		d.verbose("view %d, hub %s, told by %s", now, d.replica.Hub(), m.Src)
	}
	d.verbose("got %v from %s: %v", kind, m.Src, message.Delta)
	d.perform(out)
}

// tick is called when the replica's deadline has come.
func (d *driver[S]) tick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.perform(d.replica.Tick(d.now()))
}

// perform does what the replica asks for. State lives in memory only, so there is
// nothing to make durable.
func (d *driver[S]) perform(out replica.Output[S]) {
	for _, e := range out.Messages {
		data, err := e.Message.AppendBinary(nil)
		if err == nil {
			err = d.node.Send(string(e.To), map[string]any{"type": e.Message.Kind.String(), "data": data})
		}
		if err != nil {
			d.faults.count(unsent, "%v to %s: %v", e.Message.Kind, e.To, err)
			continue
		}
		d.verbose("sent %v to %s: %v", e.Message.Kind, e.To, e.Message.Delta)
	}
	d.rearm()
}

// rearm sets the timer to the replica's deadline.
func (d *driver[S]) rearm() { d.timer.Reset(max(0, d.replica.Deadline()-d.now())) }

func (d *driver[S]) verbose(format string, args ...any) {
	if d.options.Verbose {
		d.log.Printf(format, args...)
	}
}
