package doctor

import (
	"context"
	"errors"

	"gset/internal/bench/client"
	"gset/internal/bench/rawjson"
	"gset/internal/bench/workload"
)

// chooser finds out which workload a node is for. It asks one process, and another when that exits
// because of what it was asked.
type chooser struct {
	*exam
	room *room    // the node's
	node *patient // nil: there is none that could be asked
	err  error    // not the node's
}

// choose finds out which workload the node is for, and sets the exam's name: "" if it answers none. If the node
// does not answer init the exam's steps say so, and ready is false. The process that was asked is the exam's to
// go on with if it was asked nothing that a node of the workload need not know.
func (e *exam) choose(ctx context.Context) error {
	c := &chooser{exam: e}
	name, clean := c.find(ctx)
	e.name = name
	if c.err == nil && clean {
		e.room, e.node = c.room, c.node
	} else {
		c.leave()
	}
	return c.err
}

// find asks for what distinguishes the workloads, the most frequent first.
func (c *chooser) find(ctx context.Context) (name string, clean bool) {
	if !c.revive(ctx) {
		return "", false
	}
	read := c.ask(ctx, "read", "")
	if field(read, "messages") != "" {
		return "broadcast", true
	}
	c.pool.fill(prestarted) // another process will be examined
	switch value := field(read, "value"); {
	case value == "":
	case c.ask(ctx, "add", `,"element":1,"delta":1`) == nil:
	case value[0] == '[' || value == "null":
		return "g-set", false
	default:
		return "g-counter", false
	}
	for _, question := range []struct{ typ, more, answer, workload string }{
		{"generate", "", "id", "unique-ids"},
		{"topology", `,"topology":{"n0":[]}`, "type", "broadcast"},
		{"echo", `,"echo":"hello"`, "echo", "echo"},
		{"broadcast", `,"message":1`, "type", "broadcast"},
		{"add", `,"element":1,"delta":1`, "type", "g-counter"},
	} {
		if field(c.ask(ctx, question.typ, question.more), question.answer) != "" {
			return question.workload, false
		}
	}
	return "", false
}

func field(r *client.Reply, name string) string {
	if r == nil {
		return ""
	}
	return string(rawjson.Lookup(r.Fields, name))
}

// revive has a process that has answered init be there. It returns false if there can be none.
func (c *chooser) revive(ctx context.Context) bool {
	if c.node != nil && c.node.exited.Err() == nil {
		return true
	}
	c.leave()
	c.pool.fill(prestarted)
	if c.room, c.err = c.newRoom(); c.err != nil {
		return false
	}
	c.steps = nil
	c.node, c.err = c.begin(ctx, c.room, "n0")
	return c.node != nil
}

// leave ends the node and its room.
func (c *chooser) leave() {
	if c.room != nil {
		c.room.close()
	}
	c.room, c.node = nil, nil
}

// ask returns the node's reply to a request, if it has the type that it should have.
func (c *chooser) ask(ctx context.Context, typ, more string) *client.Reply {
	if c.err != nil || !c.revive(ctx) {
		return nil
	}
	reply, err := c.room.ask(ctx, c.node, func(dst []byte, msgID int64) []byte {
		return append(append(workload.AppendRequest(dst, typ, msgID), more...), '}')
	}, c.options.question())
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			c.err = cause
		}
		if errors.Is(err, errExited) {
			c.leave()
		}
		return nil
	}
	if field(reply, "type") != `"`+typ+`_ok"` {
		return nil
	}
	return reply
}
