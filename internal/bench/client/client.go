package client

import (
	"fmt"
	"strconv"
	"sync"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/message"
	"gset/internal/bench/network"
	"gset/internal/bench/rawjson"
	"gset/internal/bench/workload"
)

// IDs hands out the names of clients: c0, c1, ...
type IDs struct {
	mu   sync.Mutex
	next int
}

func (c *IDs) Take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next++
	return "c" + strconv.Itoa(id)
}

// client is a worker's side of the network, for as long as its process lasts.
type client struct {
	run    *Interpreter
	worker *worker
	ep     *network.Endpoint

	// Guarded by the interpreter's lock.
	msgID   int64 // of the last request
	waiting bool  // for the reply to it
	late    int64 // messages that came while waiting for none
}

// Deliver implements network.Sink.
func (c *client) Deliver(_ int64, _, _ string, body []byte, m *message.Message) {
	r := c.run
	r.mu.Lock()
	if !c.waiting {
		// Maelstrom's clients find it, and pass over it, when they next wait.
		c.late++
		r.mu.Unlock()
		return
	}
	r.net.Traffic.Received(false)
	if n, ok := rawjson.Int(m.Field("in_reply_to")); !ok || n != c.msgID {
		r.mu.Unlock()
		return
	}
	c.waiting = false
	op, msgID := c.worker.op, c.msgID
	r.mu.Unlock()

	end := r.judge(c, op, msgID, body, m.Fields) // takes long if the reply is long

	r.mu.Lock()
	defer r.mu.Unlock()
	r.complete(c.worker, end)
	r.pump()
}

// judge decides how op ended, given the reply to it.
func (r *Interpreter) judge(c *client, op workload.Operation, msgID int64, body []byte, fields []rawjson.Field) workload.Ending {
	if e := workload.AsError(fields); e != nil {
		return r.workload.Errors(op).End(op, workload.Failure{
			Class: "rpc-error", Err: edn.Vector{e.Code.Name, e.Text}, Definite: e.Code.Definite,
			Reason: func() string {
				return fmt.Sprintf("node %s answered client %s's %s request (msg_id %d) with %v",
					c.worker.node.Name, c.ep.Name, op.F, msgID, e)
			},
		})
	}
	schema := r.workload.Reply(op)
	if problems := schema.Check(fields); problems != nil {
		err := &workload.ReplyError{Node: c.worker.node.Name, Client: c.ep.Name, Request: op.F, MsgID: msgID, Problems: problems, Schema: schema, Body: rawjson.Clip(body)}
		return workload.Crashed(op, "malformed-rpc-response", err.Error())
	}
	return workload.Ending{Type: history.OK, Value: r.workload.Complete(op, body, fields)}
}

// timedOut is how an operation without a reply ends.
func (r *Interpreter) timedOut(c *client, op workload.Operation, msgID int64) workload.Ending {
	return r.workload.Errors(op).End(op, workload.Failure{
		Class: "net-timeout", Err: edn.Keyword("net-timeout"),
		Reason: func() string {
			return fmt.Sprintf("node %s did not answer client %s's %s request (msg_id %d) within %v",
				c.worker.node.Name, c.ep.Name, op.F, msgID, r.conf.Timeout)
		},
	})
}
