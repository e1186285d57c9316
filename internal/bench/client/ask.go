package client

import (
	"context"
	"fmt"
	"time"

	"gset/internal/bench/message"
	"gset/internal/bench/network"
	"gset/internal/bench/rawjson"
	"gset/internal/bench/workload"
)

// setupClient asks one node one thing, and waits for the answer.
type setupClient struct {
	net   *network.Network
	ep    *network.Endpoint
	reply chan Reply // holds the reply, the first if there are several
}

// Reply is the reply to a single request: its body, and the body's members.
type Reply struct {
	Body   []byte
	Fields []rawjson.Field
}

// SetupMsgID is the msg_id of every request that Ask makes.
const SetupMsgID = 1

// Deliver implements network.Sink. Whatever is no reply to its request is ignored.
func (c *setupClient) Deliver(_ int64, _, _ string, body []byte, m *message.Message) {
	c.net.Traffic.Received(false)
	if n, ok := rawjson.Int(m.Field("in_reply_to")); !ok || n != SetupMsgID {
		return
	}
	r := Reply{Body: append([]byte(nil), body...)}
	// The body has been scanned before: there is no error to expect.
	r.Fields, _, _ = rawjson.Fields(nil, r.Body)
	select {
	case c.reply <- r:
	default:
	}
}

// NoReplyError is what became of a request that was not answered in time.
type NoReplyError struct{ After time.Duration }

func (e NoReplyError) Error() string { return fmt.Sprintf("no reply within %v", e.After) }

// Ask makes a client for a single request of the given type to a node and
// returns the reply's body and its members. An error reply is returned as an
// *workload.Error, and no reply in time as a NoReplyError. The end of ctx gives up early.
// Revived is nil or, for a node that has failed, its new sink: the request is the first that this gets.
func Ask(ctx context.Context, net *network.Network, ids *IDs, node *network.Endpoint, revived network.Sink, body func(dst []byte, msgID int64) []byte, timeout time.Duration) (*Reply, string, error) {
	c := &setupClient{net: net, reply: make(chan Reply, 1)}
	c.ep = net.Join(ids.Take(), c)
	defer net.Leave(c.ep)
	if revived != nil {
		node.Revive(revived, c.ep)
	}
	net.Send(c.ep, node, body(nil, SetupMsgID), nil)
	net.Flush()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case r := <-c.reply:
		if err := workload.AsError(r.Fields); err != nil {
			return nil, c.ep.Name, err
		}
		return &r, c.ep.Name, nil
	case <-timer.C:
		return nil, c.ep.Name, NoReplyError{timeout}
	case <-ctx.Done():
		return nil, c.ep.Name, context.Cause(ctx)
	}
}
