package node

import (
	"encoding/json"

	"gset/crdt"
)

// Broadcast is the workload of challenges 3a to 3e: values are added to a set by any
// node and read from any node. Values are 64-bit integers; the topology offered is
// acknowledged and not used, since any node may talk to any other.
func Broadcast() Workload[*crdt.GSet] {
	return Workload[*crdt.GSet]{
		Bottom: func(key crdt.Key) *crdt.GSet { return crdt.NewGSet(key) },
		Requests: map[string]Request[*crdt.GSet]{
			"broadcast": func(state *crdt.GSet, body json.RawMessage) (*crdt.GSet, Reply, error) {
				x, err := Int64(body, "message")
				if err != nil {
					return nil, nil, err
				}
				delta := state.New()
				delta.Insert(x)
				return delta, OK("broadcast_ok"), nil
			},
			"read": func(state *crdt.GSet, _ json.RawMessage) (*crdt.GSet, Reply, error) {
				return nil, &messages{Header{Type: "read_ok"}, state.Elements()}, nil
			},
			"topology": func(*crdt.GSet, json.RawMessage) (*crdt.GSet, Reply, error) {
				return nil, OK("topology_ok"), nil
			},
		},
	}
}

// messages is the reply to a read.
type messages struct {
	Header
	Messages []int64 `json:"messages"`
}
