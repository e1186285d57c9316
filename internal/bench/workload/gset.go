package workload

import (
	"math/rand/v2"
	"strconv"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/rawjson"
)

// gset adds 0, 1, 2, ... to a set that all nodes are to hold, and reads it:
// broadcast under other names, without a topology, and with clients that catch
// no errors.
type gset struct {
	count int64 // elements handed out
}

func newGSet(TopologyKind) Workload { return &gset{} }

var (
	addOK       = &Schema{"add_ok", nil}
	readValueOK = &Schema{"read_ok", []fieldSpec{{"value", jsonArray}}}
)

func (g *gset) Setup([]string) (func(dst []byte, msgID int64) []byte, *Schema) { return nil, nil }

func (g *gset) Next(rng *rand.Rand) Operation {
	if rng.IntN(2) == 0 {
		return Operation{F: "read"}
	}
	value := g.count
	g.count++
	return Operation{F: "add", Value: value}
}

// Final does not mark the read, because Maelstrom does not either.
func (g *gset) Final() (Operation, bool) { return Operation{F: "read"}, true }

func (g *gset) Request(dst []byte, op Operation, msgID int64) []byte {
	return appendWrite(dst, op, "element", msgID)
}

// appendWrite appends the body of a write, whose value is in the given member,
// or of a read.
func appendWrite(dst []byte, op Operation, member string, msgID int64) []byte {
	dst = AppendRequest(dst, op.F, msgID)
	if op.F != "read" {
		dst = append(append(append(dst, `,"`...), member...), `":`...)
		dst = strconv.AppendInt(dst, op.Value.(int64), 10)
	}
	return append(dst, '}')
}

func (g *gset) Reply(op Operation) *Schema {
	if op.F == "add" {
		return addOK
	}
	return readValueOK
}

func (g *gset) Complete(op Operation, _ []byte, fields []rawjson.Field) any {
	if op.F == "add" {
		return op.Value
	}
	return history.ParseElements(rawjson.Lookup(fields, "value"))
}

func (g *gset) Errors(Operation) ErrorPolicy { return uncaught }

func (g *gset) Check(h *history.History) checker.Result { return checker.CheckSet(h, "add", "read") }
