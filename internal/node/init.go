package node

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
	"gset/replica"
)

// init does what an init message asks, and answers it. After an error the node
// waits for another init.
func (d *driver[S]) init(m maelstrom.Message) {
	if err := d.join(m.Body); err != nil {
		d.refuse(m, err)
		return
	}
	d.reply(m, OK("init_ok"))
}

// join makes this node a member of the cluster that an init message tells of.
func (d *driver[S]) join(init json.RawMessage) error {
	if d.initialised {
		return maelstrom.NewRPCError(maelstrom.Abort, "initialised already")
	}
	var body maelstrom.InitMessageBody
	if err := json.Unmarshal(init, &body); err != nil {
		return Malformed("init: %v", err)
	}
	cfg := replica.Config{
		Self:       replica.ID(body.NodeID),
		Interval:   d.options.Interval,
		Probe:      d.options.Probe,
		MaxMessage: maxMessage(body.NodeIDs),
	}
	if cfg.Interval == 0 {
		cfg.Interval = replica.Eager
	}
	if cfg.MaxMessage < replica.MinMessage {
		return Malformed("init: a node id is too long for messages of %d bytes", maxLine)
	}
	ids := make([]replica.ID, len(body.NodeIDs))
	for i, id := range body.NodeIDs {
		ids[i] = replica.ID(id)
	}
	var err error
	if cfg.Members, err = replica.NewMembers(ids...); err != nil {
		return Malformed("init: %s", shortened(err.Error()))
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	r, err := replica.New(cfg, d.bottom.New(), d.now())
	if err != nil {
		return Malformed("init: %s", shortened(err.Error()))
	}
	d.node.Init(body.NodeID, body.NodeIDs)
	d.initialised = true
	d.replica = r
	d.origin = crdt.Origin{Node: body.NodeID, Incarnation: rand.Uint64()}
	d.timer = time.AfterFunc(time.Hour, d.tick)
	d.rearm()
	return nil
}

// maxLine bounds the lines to other nodes, newline included, in bytes.
const maxLine = 60 << 10

// maxMessage is how long a message's binary form may be for its line, between the two
// longest ids, to be within maxLine. It is negative if the ids alone are too long.
func maxMessage(ids []string) int {
	longest := 0
	for _, id := range ids {
		quoted, _ := json.Marshal(id) // a string always marshals
		longest = max(longest, len(quoted))
	}
	const frame = len(`{"src":,"dest":,"body":{"type":"scatter","data":""}}` + "\n")
	return (maxLine - frame - 2*longest) / 4 * base64.StdEncoding.DecodedLen(4)
}
