package doctor

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/client"
	"gset/internal/bench/history"
	"gset/internal/bench/rawjson"
	"gset/internal/bench/workload"
)

// exam is the examination of a node for one workload.
type exam struct {
	options Options
	machine machine
	pool    *pool
	name    string // of the workload

	room *room    // nil: it is still to be made
	node *patient // that has answered init in the room

	steps   []Step
	ready   bool          // it has answered init
	took    time.Duration // from its start to that
	answers int           // replies of the type that the workload asks for
}

func (e *exam) add(name string, status Status, seen, mend string) {
	e.steps = append(e.steps, Step{name, status, seen, mend})
}

// refused notes a request that got no proper reply.
func (e *exam) refused(step string, p *patient, request string, err error) error {
	seen, mend, err := unanswered(p, request, err)
	if err == nil {
		e.add(step, Bad, seen, mend)
	}
	return err
}

// begin has a node answer init, in a room of its own. It returns nil if it does not, or wrongly.
func (e *exam) begin(ctx context.Context, r *room, name string) (*patient, error) {
	p, err := e.admit(r, name)
	if err != nil {
		e.add("start", Bad, err.Error(), "name a file that can be executed; a script begins with a line such as #!/usr/bin/env python3")
		return nil, nil
	}
	reply, err := e.askInit(ctx, r, p, []string{name})
	if err != nil {
		err = e.refused("init", p, "init", err)
		e.inspect(p)
		return nil, err
	}
	if typ := rawjson.Lookup(reply.Fields, "type"); string(typ) != `"init_ok"` {
		e.add("init", Bad, "its reply is "+rawjson.Clip(reply.Body), `answer init with {"type": "init_ok", "in_reply_to": (its msg_id)}`)
		return nil, nil
	}
	e.ready = true
	e.started(time.Since(p.program.at))
	return p, nil
}

// started notes how long the node took to start. The doctor is patient with one that has no processor; a test is
// not.
func (e *exam) started(took time.Duration) {
	e.took = took
	seen := fmt.Sprintf("init_ok %d ms after its start", took.Milliseconds())
	if took <= e.options.InitTimeout/slowStart {
		e.add("init", Fine, seen, "")
		return
	}
	e.add("init", Note, fmt.Sprintf("%s, and a test waits for %v", seen, e.options.InitTimeout),
		fmt.Sprintf("start sooner; if it is the computer that is busy, squall test --init-timeout %d waits longer", e.initTimeout()))
}

// slowStart is the part of the time for init from which a start is told as slow: a test starts more nodes at once
// than the doctor.
const slowStart = 2

// initTimeout is the --init-timeout that a test of the node needs, in seconds; 0 if it needs none.
func (e *exam) initTimeout() int {
	if e.took <= e.options.InitTimeout/slowStart {
		return 0
	}
	return int(math.Ceil((2 * e.took).Seconds()))
}

// alone examines a node that is the only one of its cluster.
func (e *exam) alone(ctx context.Context) error {
	if e.room == nil {
		var err error
		if e.room, err = e.newRoom(); err != nil {
			return err
		}
		if e.node, err = e.begin(ctx, e.room, "n0"); e.node == nil {
			e.room.close()
			return err
		}
	}
	defer e.room.close()
	if err := e.talk(ctx, e.room, e.node); err != nil {
		return err
	}
	e.inspect(e.node)
	return e.hangUp(ctx, e.node)
}

// talk asks what the workload's clients ask.
func (e *exam) talk(ctx context.Context, r *room, p *patient) error {
	w := workload.New(e.name, "grid")
	if request, schema := w.Setup([]string{"n0"}); request != nil {
		name := strings.TrimSuffix(schema.Type, "_ok")
		reply, err := r.ask(ctx, p, request, e.options.reply())
		if err != nil {
			return e.refused(name, p, name, err)
		}
		e.judge(name, schema, reply)
	}
	write, read := operations(w)
	if write != nil {
		if _, err := e.operate(ctx, r, p, w, *write, write.F); err != nil {
			return e.refused(write.F, p, write.F, err)
		}
	}
	if read != nil {
		reply, err := e.operate(ctx, r, p, w, *read, "read")
		if err != nil {
			return e.refused("read", p, "read", err)
		}
		if write != nil && reply != nil {
			if err := e.shows(ctx, r, p, w, *write, *read, reply); err != nil {
				return err
			}
		}
	}
	return e.longLine(ctx, r, p, w)
}

// operations returns a write and a read of a workload; nil where it has none.
func operations(w workload.Workload) (write, read *workload.Operation) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		switch op := w.Next(rng); {
		case op.F == "read":
			read = &op
		case op.Value != int64(0) || op.F == "broadcast": // adding 0 to a counter shows nothing
			write = &op
		}
		if write != nil && read != nil {
			break
		}
	}
	return write, read
}

// operate has a node carry out an operation. The reply is nil if it is not in order.
func (e *exam) operate(ctx context.Context, r *room, p *patient, w workload.Workload, op workload.Operation, step string) (*client.Reply, error) {
	reply, err := r.ask(ctx, p, func(dst []byte, msgID int64) []byte { return w.Request(dst, op, msgID) }, e.options.reply())
	if err != nil {
		return nil, err
	}
	if !e.judge(step, w.Reply(op), reply) {
		return nil, nil
	}
	return reply, nil
}

// judge holds a reply against its schema, and tells whether it is in order.
func (e *exam) judge(step string, schema *workload.Schema, reply *client.Reply) bool {
	if typ, _ := rawjson.String(rawjson.Lookup(reply.Fields, "type")); typ == schema.Type {
		e.answers++
	}
	problems := schema.Check(reply.Fields)
	if problems == nil {
		e.add(step, Fine, "its reply is "+rawjson.Clip(reply.Body), "")
		return true
	}
	e.add(step, Bad, strings.Join(problems, "; ")+"; its reply is "+rawjson.Clip(reply.Body), fmt.Sprintf("the reply should be {%s}, and nothing else", schema))
	return false
}

// shows reads until the node shows what it has acknowledged.
func (e *exam) shows(ctx context.Context, r *room, p *patient, w workload.Workload, write, read workload.Operation, reply *client.Reply) error {
	const step, pause = "own writes", 20 * time.Millisecond
	most := 2 * e.options.QuietTimeout
	for deadline := time.Now().Add(most); ; {
		if holds(w.Complete(read, reply.Body, reply.Fields), write.Value) {
			e.add(step, Fine, fmt.Sprintf("a read shows what the node has acknowledged: %v", write.Value), "")
			return nil
		}
		if !time.Now().Before(deadline) {
			e.add(step, Bad, fmt.Sprintf("%v was acknowledged, and %v later a read does not show it: %s", write.Value, most, rawjson.Clip(reply.Body)),
				"keep what is written before acknowledging it, and let reads return it")
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		next, err := r.ask(ctx, p, func(dst []byte, msgID int64) []byte { return w.Request(dst, read, msgID) }, e.options.reply())
		if err != nil {
			return e.refused(step, p, "read", err)
		}
		if problems := w.Reply(read).Check(next.Fields); problems != nil {
			e.add(step, Bad, strings.Join(problems, "; "), "give every read a reply of the same form")
			return nil
		}
		reply = next
	}
}

// holds tells whether what was read has what was written, the only write so far.
func holds(read, written any) bool {
	switch read := read.(type) {
	case *history.Elements:
		value, ok := written.(int64)
		return ok && slices.Contains(slices.Collect(read.Ints()), value)
	case int64:
		return read == written
	}
	return true
}

// longLine asks something on long lines. Nodes that send sets whole make such of a few
// thousand values, so one of 16 KiB must be read. One of 256 KiB seldom comes, and many
// readers of lines end at 64 KiB.
func (e *exam) longLine(ctx context.Context, r *room, p *patient, w workload.Workload) error {
	const step = "long line"
	op, ok := w.Final()
	if !ok {
		op = w.Next(rand.New(rand.NewPCG(1, 3)))
	}
	for _, long := range []struct {
		kib    int
		status Status // of a node that does not answer
		mend   string
	}{{16, Bad, ""}, {256, Note, "if nodes send that much, "}} {
		p.pad(long.kib << 10)
		_, err := r.ask(ctx, p, func(dst []byte, msgID int64) []byte { return w.Request(dst, op, msgID) }, e.options.reply())
		if err == nil {
			continue
		}
		seen, _, err := unanswered(p, op.F, err)
		if err == nil {
			e.add(step, long.status, fmt.Sprintf("of a request of %d KiB: %s", long.kib, seen),
				long.mend+"let the reader take lines of any length: Go's bufio.Scanner ends at 64 KiB unless Buffer says otherwise, Python's asyncio unless limit= does")
		}
		return err
	}
	e.add(step, Fine, "it answers requests of 16 and 256 KiB", "")
	return nil
}
