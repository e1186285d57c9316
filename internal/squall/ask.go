package squall

import (
	"context"
	"fmt"
	"time"
)

// setupClient asks one node one thing, and waits for the answer.
type setupClient struct {
	net   *network
	ep    *endpoint
	reply chan setupReply // holds the reply, the first if there are several
}

type setupReply struct {
	body   []byte
	fields []field
}

const setupMsgID = 1

// deliver implements sink. Whatever is no reply to its request is ignored.
func (c *setupClient) deliver(_ int64, _, _ string, body []byte, m *message) {
	c.net.traffic.received(false)
	if n, ok := jsonInt(m.field("in_reply_to")); !ok || n != setupMsgID {
		return
	}
	r := setupReply{body: append([]byte(nil), body...)}
	// The body has been scanned before: there is no error to expect.
	r.fields, _ = scanFields(nil, r.body)
	select {
	case c.reply <- r:
	default:
	}
}

// errNoReply is what became of a request that was not answered in time.
type errNoReply struct{ after time.Duration }

func (e errNoReply) Error() string { return fmt.Sprintf("no reply within %v", e.after) }

// askOnce makes a client for a single request of the given type to a node and
// returns the reply's body and its members. An error reply is returned as an
// *rpcError. Closing gone gives up early.
func askOnce(ctx context.Context, net *network, ids *clientIDs, node *endpoint, body func(dst []byte, msgID int64) []byte, timeout time.Duration) (*setupReply, string, error) {
	c := &setupClient{net: net, reply: make(chan setupReply, 1)}
	c.ep = net.join(ids.take(), c)
	defer net.leave(c.ep)
	net.send(c.ep, node, body(nil, setupMsgID), nil)
	net.flush()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case r := <-c.reply:
		if err := asRPCError(r.fields); err != nil {
			return nil, c.ep.name, err
		}
		return &r, c.ep.name, nil
	case <-timer.C:
		return nil, c.ep.name, errNoReply{timeout}
	case <-ctx.Done():
		return nil, c.ep.name, context.Cause(ctx)
	}
}
