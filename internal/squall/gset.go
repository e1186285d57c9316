package squall

import (
	"math/rand/v2"
	"strconv"
)

// gset adds 0, 1, 2, ... to a set that all nodes are to hold, and reads it:
// broadcast under other names, without a topology, and with clients that catch
// no errors.
type gset struct {
	count int64 // elements handed out
}

func newGSet(TopologyKind) workload { return &gset{} }

var (
	addOK       = &replySchema{"add_ok", nil}
	readValueOK = &replySchema{"read_ok", []fieldSpec{{"value", jsonArray}}}
)

func (g *gset) setup([]string) (func(dst []byte, msgID int64) []byte, *replySchema) { return nil, nil }

func (g *gset) next(rng *rand.Rand) operation {
	if rng.IntN(2) == 0 {
		return operation{f: "read"}
	}
	value := g.count
	g.count++
	return operation{f: "add", value: value}
}

// final does not mark the read, because Maelstrom does not either.
func (g *gset) final() (operation, bool) { return operation{f: "read"}, true }

func (g *gset) request(dst []byte, op operation, msgID int64) []byte {
	return appendWrite(dst, op, "element", msgID)
}

// appendWrite appends the body of a write, whose value is in the given member,
// or of a read.
func appendWrite(dst []byte, op operation, member string, msgID int64) []byte {
	dst = appendRequest(dst, op.f, msgID)
	if op.f != "read" {
		dst = append(append(append(dst, `,"`...), member...), `":`...)
		dst = strconv.AppendInt(dst, op.value.(int64), 10)
	}
	return append(dst, '}')
}

func (g *gset) reply(op operation) *replySchema {
	if op.f == "add" {
		return addOK
	}
	return readValueOK
}

func (g *gset) complete(op operation, _ []byte, fields []field) any {
	if op.f == "add" {
		return op.value
	}
	return parseElements(lookup(fields, "value"))
}

func (g *gset) errors(operation) errorPolicy { return uncaught }

func (g *gset) check(h *History) WorkloadResult { return checkSet(h, "add", "read") }
