package node

import (
	"encoding/json"
	"fmt"
	"slices"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/replica"
)

// admit reports whether the library can have a line, and deals with it if not. The
// library would end the node on a line that is no message, one that is too long, or
// one of a type it has no handler for.
//
// Lines are admitted one by one, each before it is handled in a goroutine of its own: requests
// by this driver, gossip by the library. An init is dealt with here, so that it is done before the next line
// is looked at; and as nothing is admitted before it, handlers can rely on it.
func (d *driver[S]) admit(line []byte) bool {
	var m maelstrom.Message
	if err := json.Unmarshal(line, &m); err != nil {
		d.faults.count(malformedLine, "%v", err)
		return false
	}
	if m.Src == "" || m.Dest == "" {
		d.faults.count(malformedLine, "a message from %q to %q", m.Src, m.Dest)
		return false
	}
	var body struct {
		Type      string `json:"type"`
		MsgID     *int   `json:"msg_id"`
		InReplyTo int    `json:"in_reply_to"`
		Code      int    `json:"code"` // the library would end the node if these two were of another type
		Text      string `json:"text"`
	}
	if err := json.Unmarshal(m.Body, &body); err != nil {
		d.faults.count(malformedLine, "the body of a message from %q: %v", m.Src, err)
		return false
	}
	isRequest := d.workload.Updates[body.Type] != nil || d.workload.Reads[body.Type] != nil
	isGossip := slices.ContainsFunc(replica.Kinds(), func(k replica.Kind) bool { return k.String() == body.Type })
	switch {
	case body.InReplyTo != 0 || body.Type == "error":
		d.faults.count(strayReply, "%q from %q", body.Type, m.Src)
	case isRequest && d.pulse.wentOn():
		d.faults.count(stale, "of %q", m.Src)
	case len(line) > maxRead:
		d.refuse(m, Malformed("a message of %d bytes; at most %d are read", len(line), maxRead))
	case body.Type == "init":
		d.init(m)
	case !isRequest && !isGossip:
		d.refuse(m, maelstrom.NewRPCError(maelstrom.NotSupported, fmt.Sprintf("no requests of type %q here", shortened(body.Type))))
	case d.initialised && isRequest:
		d.serve(body.Type, request{m, body.MsgID, d.pulse.beat()})
	case d.initialised:
		return true
	case isRequest:
		d.refuse(m, maelstrom.NewRPCError(maelstrom.TemporarilyUnavailable, "not initialised yet"))
	case isGossip:
		d.faults.count(earlyGossip, "%s from %q", body.Type, m.Src)
	}
	return false
}
