package workload

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/rawjson"
)

// broadcast adds 0, 1, 2, ... to a set that all nodes are to hold, and reads
// it. Nodes are told a topology first.
type broadcast struct {
	topology func(nodes []string) Topology
	count    int64 // values handed out
}

func newBroadcast(kind TopologyKind) Workload { return &broadcast{topology: topologies[kind]} }

var (
	topologyOK  = &Schema{"topology_ok", nil}
	broadcastOK = &Schema{"broadcast_ok", nil}
	readSetOK   = &Schema{"read_ok", []fieldSpec{{"messages", jsonArray}}}
)

func (b *broadcast) Setup(nodes []string) (func(dst []byte, msgID int64) []byte, *Schema) {
	topology, err := json.Marshal(b.topology(nodes))
	if err != nil {
		panic(fmt.Sprintf("squall: a map of strings has no JSON: %v", err))
	}
	return func(dst []byte, msgID int64) []byte {
		dst = append(AppendRequest(dst, "topology", msgID), `,"topology":`...)
		return append(append(dst, topology...), '}')
	}, topologyOK
}

func (b *broadcast) Next(rng *rand.Rand) Operation {
	if rng.IntN(2) == 0 {
		return Operation{F: "read"}
	}
	value := b.count
	b.count++
	return Operation{F: "broadcast", Value: value}
}

func (b *broadcast) Final() (Operation, bool) { return Operation{F: "read", Final: true}, true }

func (b *broadcast) Request(dst []byte, op Operation, msgID int64) []byte {
	return appendWrite(dst, op, "message", msgID)
}

func (b *broadcast) Reply(op Operation) *Schema {
	if op.F == "broadcast" {
		return broadcastOK
	}
	return readSetOK
}

func (b *broadcast) Complete(op Operation, _ []byte, fields []rawjson.Field) any {
	if op.F == "broadcast" {
		return op.Value
	}
	return history.ParseElements(rawjson.Lookup(fields, "messages"))
}

func (b *broadcast) Errors(op Operation) ErrorPolicy {
	if op.F == "read" {
		return caughtIdempotent
	}
	return caught
}

func (b *broadcast) Check(h *history.History) checker.Result {
	return checker.CheckSet(h, "broadcast", "read")
}
