package workload

import (
	"math/rand/v2"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/rawjson"
)

// counter adds small numbers to a counter that all nodes are to hold, and
// reads it.
type counter struct {
	grows bool // nothing negative is added
}

func newGCounter(TopologyKind) Workload  { return &counter{grows: true} }
func newPNCounter(TopologyKind) Workload { return &counter{} }

// The least and the greatest number that is added.
const (
	minDelta = -5
	maxDelta = 4
)

// readCounterOK admits what Maelstrom's client can hold: a greater number
// crashes it as one of the wrong type does.
var readCounterOK = &Schema{"read_ok", []fieldSpec{{"value", int64Value}}}

func (c *counter) Setup([]string) (func(dst []byte, msgID int64) []byte, *Schema) {
	return nil, nil
}

// Next tosses a coin for a read or an add. A counter that grows passes over
// the negative adds and tosses again, so that two of its operations in three
// are reads.
func (c *counter) Next(rng *rand.Rand) Operation {
	for {
		if rng.IntN(2) == 0 {
			return Operation{F: "read"}
		}
		delta := minDelta + rng.Int64N(maxDelta-minDelta+1)
		if delta >= 0 || !c.grows {
			return Operation{F: "add", Value: delta}
		}
	}
}

func (c *counter) Final() (Operation, bool) { return Operation{F: "read", Final: true}, true }

func (c *counter) Request(dst []byte, op Operation, msgID int64) []byte {
	return appendWrite(dst, op, "delta", msgID)
}

func (c *counter) Reply(op Operation) *Schema {
	if op.F == "add" {
		return addOK
	}
	return readCounterOK
}

func (c *counter) Complete(op Operation, _ []byte, fields []rawjson.Field) any {
	if op.F == "add" {
		return op.Value
	}
	value, _ := rawjson.Int(rawjson.Lookup(fields, "value")) // the schema has seen that it is one
	return value
}

func (c *counter) Errors(Operation) ErrorPolicy { return uncaught }

func (c *counter) Check(h *history.History) checker.Result { return checker.CheckCounter(h) }
