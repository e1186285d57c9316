package node

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
	"gset/replica"
)

// init does what an init message asks, and answers it. After an error the node
// waits for another init, unless its folder cannot be used: then it ends.
func (d *driver[S]) init(m maelstrom.Message) {
	err := d.join(m.Body)
	if folder := (*folderError)(nil); errors.As(err, &folder) {
		d.refuse(m, maelstrom.NewRPCError(maelstrom.Crash, shortened(err.Error())))
		d.finish(folder.error) // whoever runs the node must see to it
		return
	}
	if err != nil {
		d.refuse(m, err)
		return
	}
	d.reply(m, OK("init_ok"))
}

// join makes this node a member of the cluster that an init message describes.
func (d *driver[S]) join(init json.RawMessage) error {
	if d.initialised {
		return maelstrom.NewRPCError(maelstrom.Abort, "initialised already")
	}
	var body maelstrom.InitMessageBody
	if err := json.Unmarshal(init, &body); err != nil {
		return Malformed("init: %v", err)
	}
	cfg, err := d.config(body)
	if err != nil {
		return Malformed("init: %s", shortened(err.Error()))
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	state, err := d.restore(body.NodeID)
	if err != nil {
		return &folderError{err}
	}
	r, err := replica.New(cfg, state, d.now())
	if err != nil {
		return Malformed("init: %s", shortened(errors.Join(err, d.closeDisk()).Error()))
	}
	d.node.Init(body.NodeID, body.NodeIDs)
	d.initialised = true
	d.replica = r
	origin := crdt.Origin{Node: body.NodeID, Incarnation: cfg.Incarnation}
	if d.disk.store != nil { // the member goes on with the entry that is on its disk
		origin.Incarnation = d.disk.store.Incarnation()
	}
	d.begin(origin, state)
	d.timer = time.AfterFunc(time.Hour, d.tick)
	d.rearm()
	return nil
}

// config returns the configuration of the replica of a node that has been initialised.
func (d *driver[S]) config(init maelstrom.InitMessageBody) (replica.Config, error) {
	ids := make([]replica.ID, len(init.NodeIDs))
	for i, id := range init.NodeIDs {
		ids[i] = replica.ID(id)
	}
	members, err := replica.NewMembers(ids...)
	if err != nil {
		return replica.Config{}, err
	}
	cfg := replica.Config{
		Self:        replica.ID(init.NodeID),
		Members:     members,
		Interval:    d.options.Interval,
		Probe:       d.options.Probe,
		MaxMessage:  maxMessage(init.NodeIDs),
		Incarnation: d.options.Incarnation,
	}
	if cfg.Interval == 0 {
		cfg.Interval = replica.Eager
	}
	for cfg.Incarnation == 0 {
		cfg.Incarnation = rand.Uint64()
	}
	if d.options.Verbose {
		cfg.Observer = d.observe
	}
	return cfg, nil
}

// maxLine bounds the lines to other nodes, newline included, in bytes.
const maxLine = 60 << 10

// maxMessage is how long a message's binary form may be for its line, between the two
// longest ids, to be within maxLine.
func maxMessage(ids []string) int {
	longest := 0
	for _, id := range ids {
		quoted, _ := json.Marshal(id) // a string always marshals
		longest = max(longest, len(quoted))
	}
	const frame = len(`{"src":,"dest":,"body":{"type":"scatter","data":""}}` + "\n")
	return (maxLine - frame - 2*longest) / 4 * base64.StdEncoding.DecodedLen(4)
}
