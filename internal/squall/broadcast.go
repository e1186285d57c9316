package squall

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// broadcast adds 0, 1, 2, ... to a set that all nodes are to hold, and reads
// it. Nodes are told a topology first.
type broadcast struct {
	topology func(nodes []string) Topology
	count    int64 // values handed out
}

func newBroadcast(kind TopologyKind) workload { return &broadcast{topology: topologies[kind]} }

var (
	topologyOK  = &replySchema{"topology_ok", nil}
	broadcastOK = &replySchema{"broadcast_ok", nil}
	readSetOK   = &replySchema{"read_ok", []fieldSpec{{"messages", jsonArray}}}
)

func (b *broadcast) setup(nodes []string) (func(dst []byte, msgID int64) []byte, *replySchema) {
	topology, err := json.Marshal(b.topology(nodes))
	if err != nil {
		panic(fmt.Sprintf("squall: a map of strings has no JSON: %v", err))
	}
	return func(dst []byte, msgID int64) []byte {
		dst = append(appendRequest(dst, "topology", msgID), `,"topology":`...)
		return append(append(dst, topology...), '}')
	}, topologyOK
}

func (b *broadcast) next(rng *rand.Rand) operation {
	if rng.IntN(2) == 0 {
		return operation{f: "read"}
	}
	value := b.count
	b.count++
	return operation{f: "broadcast", value: value}
}

func (b *broadcast) final() (operation, bool) { return operation{f: "read", final: true}, true }

func (b *broadcast) request(dst []byte, op operation, msgID int64) []byte {
	return appendWrite(dst, op, "message", msgID)
}

func (b *broadcast) reply(op operation) *replySchema {
	if op.f == "broadcast" {
		return broadcastOK
	}
	return readSetOK
}

func (b *broadcast) complete(op operation, _ []byte, fields []field) any {
	if op.f == "broadcast" {
		return op.value
	}
	return parseElements(lookup(fields, "messages"))
}

func (b *broadcast) errors(op operation) errorPolicy {
	if op.f == "read" {
		return caughtIdempotent
	}
	return caught
}

func (b *broadcast) check(h *History) WorkloadResult { return checkSet(h, "broadcast", "read") }
