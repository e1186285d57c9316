package squall

import "math/rand/v2"

// counter adds small numbers to a counter that all nodes are to hold, and
// reads it.
type counter struct {
	grows bool // nothing negative is added
}

func newGCounter(TopologyKind) workload  { return &counter{grows: true} }
func newPNCounter(TopologyKind) workload { return &counter{} }

// The least and the greatest number that is added.
const (
	minDelta = -5
	maxDelta = 4
)

// readCounterOK admits what Maelstrom's client can hold: a greater number
// crashes it as one of the wrong type does.
var readCounterOK = &replySchema{"read_ok", []fieldSpec{{"value", int64Value}}}

func (c *counter) setup([]string) (func(dst []byte, msgID int64) []byte, *replySchema) {
	return nil, nil
}

// next tosses a coin for a read or an add. A counter that grows passes over
// the negative adds and tosses again, so that two of its operations in three
// are reads.
func (c *counter) next(rng *rand.Rand) operation {
	for {
		if rng.IntN(2) == 0 {
			return operation{f: "read"}
		}
		delta := minDelta + rng.Int64N(maxDelta-minDelta+1)
		if delta >= 0 || !c.grows {
			return operation{f: "add", value: delta}
		}
	}
}

func (c *counter) final() (operation, bool) { return operation{f: "read", final: true}, true }

func (c *counter) request(dst []byte, op operation, msgID int64) []byte {
	return appendWrite(dst, op, "delta", msgID)
}

func (c *counter) reply(op operation) *replySchema {
	if op.f == "add" {
		return addOK
	}
	return readCounterOK
}

func (c *counter) complete(op operation, _ []byte, fields []field) any {
	if op.f == "add" {
		return op.value
	}
	value, _ := jsonInt(lookup(fields, "value")) // the schema has seen that it is one
	return value
}

func (c *counter) errors(operation) errorPolicy { return uncaught }

func (c *counter) check(h *History) WorkloadResult { return checkCounter(h) }
