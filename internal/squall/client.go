package squall

import (
	"fmt"
	"strconv"
	"sync"
)

// clientIDs hands out the names of clients: c0, c1, ...
type clientIDs struct {
	mu   sync.Mutex
	next int
}

func (c *clientIDs) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next++
	return "c" + strconv.Itoa(id)
}

// client is a worker's side of the network, for as long as its process lasts.
type client struct {
	run    *interpreter
	worker *worker
	ep     *endpoint

	// Guarded by the interpreter's lock.
	msgID   int64 // of the last request
	waiting bool  // for the reply to it
	late    int64 // messages that came while waiting for none
}

// deliver implements sink.
func (c *client) deliver(_ int64, _, _ string, body []byte, m *message) {
	r := c.run
	r.mu.Lock()
	if !c.waiting {
		// Maelstrom's clients find it, and pass over it, when they next wait.
		c.late++
		r.mu.Unlock()
		return
	}
	r.net.traffic.received(false)
	if n, ok := jsonInt(m.field("in_reply_to")); !ok || n != c.msgID {
		r.mu.Unlock()
		return
	}
	c.waiting = false
	op, msgID := c.worker.op, c.msgID
	r.mu.Unlock()

	end := r.judge(c, op, msgID, body, m.fields) // takes long if the reply is long

	r.mu.Lock()
	defer r.mu.Unlock()
	r.complete(c.worker, end)
	r.pump()
}

// judge decides how op ended, given the reply to it.
func (r *interpreter) judge(c *client, op operation, msgID int64, body []byte, fields []field) ending {
	if e := asRPCError(fields); e != nil {
		return r.workload.errors(op).end(op, failure{
			class: "rpc-error", err: Vector{e.code.name, e.text}, definite: e.code.definite,
			reason: func() string {
				return fmt.Sprintf("node %s answered client %s's %s request (msg_id %d) with %v",
					c.worker.node.name, c.ep.name, op.f, msgID, e)
			},
		})
	}
	schema := r.workload.reply(op)
	if problems := schema.check(fields); problems != nil {
		err := &replyError{c.worker.node.name, c.ep.name, op.f, msgID, problems, schema, clip(body)}
		return crashed(op, "malformed-rpc-response", err.Error())
	}
	return ending{typ: OK, value: r.workload.complete(op, body, fields)}
}

// timedOut is how an operation without a reply ends.
func (r *interpreter) timedOut(c *client, op operation, msgID int64) ending {
	return r.workload.errors(op).end(op, failure{
		class: "net-timeout", err: Keyword("net-timeout"),
		reason: func() string {
			return fmt.Sprintf("node %s did not answer client %s's %s request (msg_id %d) within %v",
				c.worker.node.name, c.ep.name, op.f, msgID, r.conf.timeout)
		},
	})
}
