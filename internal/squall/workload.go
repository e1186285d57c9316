package squall

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
)

// A workload knows what clients ask of nodes, which replies are in order, and
// which histories are. One is made for each test, and its methods are not
// called concurrently, save complete.
type workload interface {
	// setup returns the body of the request that each node gets before the
	// test, and the reply it must give; nil if there is none.
	setup(nodes []string) (request func(dst []byte, msgID int64) []byte, reply *replySchema)

	// next returns the next operation of the main phase.
	next(rng *rand.Rand) operation

	// final returns the operation that every worker ends the test with, after
	// some rest. Without one there is no rest either.
	final() (op operation, ok bool)

	// request appends the body of an operation's request to dst.
	request(dst []byte, op operation, msgID int64) []byte

	// reply returns what an operation's reply must look like.
	reply(op operation) *replySchema

	// complete returns the value of a completed operation, given its reply,
	// which the schema has admitted. It must keep nothing of what it is given,
	// and may be called concurrently with anything.
	complete(op operation, body []byte, fields []field) any

	// errors says what clients make of an error for a reply to an operation.
	errors(op operation) errorPolicy

	// check judges a complete history.
	check(h *History) WorkloadResult
}

// operation is what a client does: its function and what it does it with.
type operation struct {
	f     string
	value any
	final bool
}

// workloads holds every workload by its name.
var workloads = map[string]func(TopologyKind) workload{
	"broadcast":  newBroadcast,
	"echo":       newEcho,
	"g-counter":  newGCounter,
	"g-set":      newGSet,
	"pn-counter": newPNCounter,
}

// Workloads lists the names that [Options.Workload] may have.
func Workloads() []string { return slices.Sorted(maps.Keys(workloads)) }

// appendRequest appends {"type":typ,"msg_id":msgID to dst; more members and
// the closing brace are the caller's to add.
func appendRequest(dst []byte, typ string, msgID int64) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, typ...)
	dst = append(dst, `","msg_id":`...)
	return strconv.AppendInt(dst, msgID, 10)
}
