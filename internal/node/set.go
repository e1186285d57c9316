package node

import (
	"encoding/json"

	"gset/crdt"
)

// Broadcast is the workload of challenges 3a to 3e: values are added to a set by any
// node and read from any node. Values are 64-bit integers; the topology offered is
// acknowledged and not used, since any node may talk to any other.
func Broadcast() Workload[*crdt.GSet] {
	w := set("broadcast", "message", func(elements []int64) Reply {
		return &struct {
			Header
			Messages []int64 `json:"messages"`
		}{Header{Type: "read_ok"}, elements}
	})
	w.Reads["topology"] = func(Local[*crdt.GSet], json.RawMessage) (Reply, error) { return OK("topology_ok"), nil }
	return w
}

// GSet is the workload g-set: the same set under other names.
func GSet() Workload[*crdt.GSet] {
	return set("add", "element", func(elements []int64) Reply {
		return &struct {
			Header
			Value []int64 `json:"value"`
		}{Header{Type: "read_ok"}, elements}
	})
}

// set is a workload of a set of 64-bit integers, with a type of request that adds
// the integer in a field, and a reply that tells all of them.
func set(add, field string, all func(elements []int64) Reply) Workload[*crdt.GSet] {
	return Workload[*crdt.GSet]{
		Bottom: func(key crdt.Key) *crdt.GSet { return crdt.NewGSet(key) },
		Updates: map[string]Update[*crdt.GSet]{
			add: func(body json.RawMessage) (Change[*crdt.GSet], Reply, error) {
				x, err := Int64(body, field)
				if err != nil {
					return nil, nil, err
				}
				return func(local Local[*crdt.GSet]) (*crdt.GSet, error) {
					delta := local.Stable.New()
					delta.Insert(x)
					return delta, nil
				}, OK(add + "_ok"), nil
			},
		},
		Reads: map[string]Read[*crdt.GSet]{
			"read": func(local Local[*crdt.GSet], _ json.RawMessage) (Reply, error) {
				return all(local.State().Elements()), nil
			},
		},
	}
}
