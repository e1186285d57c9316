package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gset/internal/bench/client"
	"gset/internal/bench/latency"
	"gset/internal/bench/network"
	"gset/internal/bench/rawjson"
	"gset/internal/bench/service"
	"gset/internal/bench/workload"
)

// room is a network with Maelstrom's services and the nodes that are examined on it.
type room struct {
	net      *network.Network
	services []*service.Service
	ids      *client.IDs
	nodes    []*patient
}

func (e *exam) newRoom() (*room, error) {
	rng := rand.New(rand.NewPCG(1, 1)) // of no account: nothing is late or lost
	net, err := network.New(e.machine.newAlarm, network.NewLatency(latency.Constant, 0, rng), &network.Loss{Rand: rng}, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot make an alarm: %w", err)
	}
	return &room{net: net, services: service.Start(net, rng), ids: newIDs()}, nil
}

func (r *room) close() {
	for _, p := range r.nodes {
		p.kill()
	}
	for _, s := range r.services {
		s.Stop()
	}
	r.net.Close()
}

// admit takes a process into the room, as the node of a name.
func (e *exam) admit(r *room, name string) (*patient, error) {
	program, err := e.pool.take()
	if err != nil {
		return nil, err
	}
	p := start(r.net, program, name)
	r.nodes = append(r.nodes, p)
	return p, nil
}

// ask asks a node something and returns its reply. It gives up when the node exits.
func (r *room) ask(ctx context.Context, p *patient, body func(dst []byte, msgID int64) []byte, most patience) (*client.Reply, error) {
	ctx, cancel := p.await(ctx, most)
	defer cancel()
	reply, _, err := client.Ask(ctx, r.net, r.ids, r.net.Lookup(p.name), nil, body, math.MaxInt64)
	return reply, err
}

// askInit gives a node its name and those of all nodes. It gives up when the node prints
// what is no message of its own.
func (e *exam) askInit(ctx context.Context, r *room, p *patient, names []string) (*client.Reply, error) {
	list, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.noisy, func() { cancel(errNoise) })()
	return r.ask(ctx, p, func(dst []byte, msgID int64) []byte {
		dst = append(workload.AppendRequest(dst, "init", msgID), `,"node_id":`...)
		dst = append(rawjson.AppendString(dst, p.name), `,"node_ids":`...)
		return append(append(dst, list...), '}')
	}, e.options.init())
}

// unanswered says what became of a request that got no proper reply, and what to mend. An
// error that is not the node's is returned.
func unanswered(p *patient, request string, err error) (seen, mend string, _ error) {
	var late client.NoReplyError
	var idle idleError
	var refusal *workload.Error
	switch {
	case errors.Is(err, errExited):
		return fmt.Sprintf("no reply to %s: %s", request, p.lastWords()),
			"a node runs until its standard input ends; look why it exits", nil
	case errors.Is(err, errNoise):
		return fmt.Sprintf("no reply to %s before a line that is no message of its own", request), "print nothing on standard output but messages of the node's own", nil
	case errors.As(err, &late):
		return fmt.Sprintf("no reply to %s within %v%s", request, late.After, p.instead()), replyMend + busyMend, nil
	case errors.As(err, &idle):
		mend = replyMend
		if idle.unread {
			mend = "read standard input line by line, from the start on"
		}
		return fmt.Sprintf("no reply to %s: %v%s", request, idle, p.instead()), mend + waitingMend, nil
	case errors.As(err, &refusal):
		return fmt.Sprintf("%v, for a reply to %s", refusal, request), "answer " + request + " with a reply of type " + request + "_ok", nil
	}
	return "", "", err
}

const (
	replyMend   = `print the reply as one line of JSON to the request's src, with its msg_id as "in_reply_to", and flush standard output after each line`
	busyMend    = "; if it was at work, or the computer is busy, --init-timeout and --client-timeout wait longer"
	waitingMend = "; if it waits for something else, squall doctor --patient waits as long as Maelstrom does"
)
