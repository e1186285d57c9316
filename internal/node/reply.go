package node

import (
	"encoding/json"
	"errors"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

// Reply is the body of a reply: something that marshals to a JSON object with all its
// keys but in_reply_to.
type Reply interface{ inReplyTo(id int) }

// Header is what all replies have; replies embed it.
type Header struct {
	Type      string `json:"type"`
	InReplyTo int    `json:"in_reply_to"`
}

func (h *Header) inReplyTo(id int) { h.InReplyTo = id }

// OK returns a reply that is nothing but its type.
func OK(typ string) Reply { return &Header{Type: typ} }

// failure is the reply to a request that makes no sense.
type failure struct {
	Header
	Code int    `json:"code"`
	Text string `json:"text"`
}

// reply answers a request. One without a msg_id asks for no answer.
func (d *driver[S]) reply(m maelstrom.Message, body Reply) {
	if id := msgID(m); id != nil {
		body.inReplyTo(*id)
		d.send(m.Src, body) // not the library's Reply, which rounds integers to 53 bits
	}
}

// refuse answers a request with an error.
func (d *driver[S]) refuse(m maelstrom.Message, err error) {
	reply := &failure{Header{Type: "error"}, maelstrom.Crash, err.Error()}
	if rpc := (*maelstrom.RPCError)(nil); errors.As(err, &rpc) {
		reply.Code, reply.Text = rpc.Code, rpc.Text
	}
	if msgID(m) == nil {
		d.faults.count(unanswerable, "from %q: %s", m.Src, reply.Text)
	}
	if !d.initialised { // no name yet but the one this message was sent to
		d.node.Init(m.Dest, nil)
	}
	d.reply(m, reply)
}

// msgID returns a message's id, which may be 0; nil if it has none.
func msgID(m maelstrom.Message) *int {
	var body struct {
		MsgID *int `json:"msg_id"`
	}
	if err := json.Unmarshal(m.Body, &body); err != nil {
		return nil
	}
	return body.MsgID
}
