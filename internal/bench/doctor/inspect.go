package doctor

import (
	"context"
	"fmt"
	"strings"

	"gset/internal/bench/workload"
)

// inspect looks at all that a node has printed.
func (e *exam) inspect(p *patient) {
	p.mu.Lock()
	defer p.mu.Unlock()
	look := func(step string, k kept, status Status, fine, wrong, mend string) {
		if k.count == 0 {
			if fine != "" && e.ready {
				e.add(step, Fine, fine, "")
			}
			return
		}
		e.add(step, status, fmt.Sprintf("%s, %d:\n%s", wrong, k.count, strings.Join(k.lines, "\n")), mend)
	}
	look("standard output", p.noise, Bad, "nothing but messages", "lines that are no messages",
		"print messages alone on standard output, one a line, and logs on standard error: Maelstrom takes nothing more from a node after such a line")
	look("src", p.foreign, Bad, "every message says that it is from n0", "messages that say they are from somebody else",
		"let src be the node_id that init has given")
	look("dest", p.lost, Bad, "", "messages to nobody, when n0 is the only node",
		"send to the src of a request, to the nodes of init's node_ids and to Maelstrom's services, and to nobody else")
	look("second replies", p.second, Note, "", "messages to clients that wait for nothing", "answer each request once")
	if p.flooded {
		e.add("flood", Bad, fmt.Sprintf("%d MiB waited for it to be read", maxPending>>20), "read what comes in while sending, and send less")
	}
}

// hangUp ends a node's input and waits for the node to exit.
func (e *exam) hangUp(ctx context.Context, p *patient) error {
	if p.exited.Err() != nil {
		return nil // what it was asked last has told
	}
	const step = "end of input"
	p.endInput()
	waiting, cancel := p.await(ctx, e.options.deed())
	defer cancel()
	<-waiting.Done()
	switch cause := context.Cause(ctx); {
	case cause != nil:
		return cause
	case p.exited.Err() != nil:
		e.add(step, Fine, "it exits", "")
	default:
		e.add(step, Note, "it runs on", "exit when standard input ends, so that no process is left when whoever runs the node is killed")
	}
	return nil
}

// gossip has a node hear from another before it is given its name: nodes start at different
// speeds, and the fast ones may send before the slow ones have read init.
func (e *exam) gossip(ctx context.Context) error {
	w := workload.New(e.name, "grid")
	write, _ := operations(w)
	if _, final := w.Final(); !final || write == nil {
		return nil // its nodes have nothing to tell each other
	}
	r, err := e.newRoom()
	if err != nil {
		return err
	}
	defer r.close()
	first, err := e.admit(r, "n0")
	if err != nil {
		return nil // which the node that is alone tells
	}
	second, err := e.admit(r, "n1")
	if err != nil {
		return nil
	}
	if _, err := e.askInit(ctx, r, first, both); err != nil {
		return e.refused(gossipStep, first, "init", err)
	}
	if !e.provoke(ctx, r, first, second, w, *write) {
		e.add(gossipStep, Note, "not examined: n0 told n1 nothing soon after a "+write.F, "")
		return context.Cause(ctx)
	}
	return e.initLate(ctx, r, second)
}

const gossipStep = "gossip before init"

// both are the nodes of a cluster of two.
var both = []string{"n0", "n1"}

// initLate gives a node its name after it has been told something.
func (e *exam) initLate(ctx context.Context, r *room, second *patient) error {
	reply, err := e.askInit(ctx, r, second, both)
	if err != nil {
		seen, _, err := unanswered(second, "init", err)
		if err == nil {
			e.add(gossipStep, Bad, "n0 told n1 something before n1 had read init; "+seen,
				"bear messages from other nodes before init: keep them or drop them, and have their senders send again")
		}
		return err
	}
	e.judgeInit(gossipStep, reply.Body)
	return nil
}

// judgeInit looks at the reply to init of a node that had heard from another before.
func (e *exam) judgeInit(step string, body []byte) {
	if !strings.Contains(string(body), `"init_ok"`) {
		e.add(step, Bad, "n1, told something by n0 before init, answers init with "+string(body), "answer init with init_ok whatever came before")
		return
	}
	e.add(step, Fine, "n1 answers init although n0 has told it something before", "")
}

// provoke has the first node learn something that it should tell the second, and tells
// whether it does soon.
func (e *exam) provoke(ctx context.Context, r *room, first, second *patient, w workload.Workload, write workload.Operation) bool {
	// A node may wait for the other before it replies, so no reply is no fault here.
	if request, _ := w.Setup(both); request != nil {
		_, _ = r.ask(ctx, first, request, e.options.question())
	}
	_, _ = r.ask(ctx, first, func(dst []byte, msgID int64) []byte { return w.Request(dst, write, msgID) }, e.options.question())
	waiting, cancel := first.await(ctx, e.options.deed())
	defer cancel()
	select {
	case <-second.heard:
		return true
	case <-waiting.Done():
	}
	select {
	case <-second.heard: // both at once
		return true
	default:
		return false
	}
}
