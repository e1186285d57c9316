// Package workload knows what clients ask of nodes, which replies are in order, and which
// checker judges the history: broadcast, g-set, the counters, unique-ids, and echo.
package workload

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/rawjson"
)

// A Workload knows what clients ask of nodes, which replies are in order, and
// which histories are. One is made for each test, and its methods are not
// called concurrently, save complete.
type Workload interface {
	// Setup returns the body of the request that each node gets before the
	// test, and the reply it must give; nil if there is none.
	Setup(nodes []string) (request func(dst []byte, msgID int64) []byte, reply *Schema)

	// Next returns the next operation of the main phase.
	Next(rng *rand.Rand) Operation

	// Final returns the operation that every worker ends the test with, after
	// some rest. Without one there is no rest either.
	Final() (op Operation, ok bool)

	// Request appends the body of an operation's request to dst.
	Request(dst []byte, op Operation, msgID int64) []byte

	// Reply returns what an operation's reply must look like.
	Reply(op Operation) *Schema

	// Complete returns the value of a completed operation, given its reply,
	// which the schema has admitted. It must keep nothing of what it is given,
	// and may be called concurrently with anything.
	Complete(op Operation, body []byte, fields []rawjson.Field) any

	// Errors says what clients make of an error for a reply to an operation.
	Errors(op Operation) ErrorPolicy

	// Check judges a complete history.
	Check(h *history.History) checker.Result
}

// Operation is what a client does: its function and what it does it with.
type Operation struct {
	F     string
	Value any
	Final bool
}

// all holds every workload by its name.
var all = map[string]func(TopologyKind) Workload{
	"broadcast":  newBroadcast,
	"echo":       newEcho,
	"g-counter":  newGCounter,
	"g-set":      newGSet,
	"pn-counter": newPNCounter,
	"unique-ids": newUniqueIDs,
}

// elsewhere are the workloads that only Maelstrom has.
var elsewhere = []string{"kafka", "lin-kv", "lin-mutex", "txn-list-append", "txn-rw-register"}

// Explain says why there is no workload of a name.
func Explain(name string) string {
	here := strings.Join(Names(), ", ")
	switch {
	case name == "":
		return "say which workload to run: " + here
	case slices.Contains(elsewhere, name):
		return fmt.Sprintf("%q needs checkers that only Maelstrom has (maelstrom test -w %s ...); squall has %s", name, name, here)
	}
	return fmt.Sprintf("there is no workload %q; there are %s", name, here)
}

// Names lists the names of all workloads.
func Names() []string { return slices.Sorted(maps.Keys(all)) }

// New makes the workload of the given name for one test, whose nodes are offered a topology
// of the given kind; nil if there is no such workload.
func New(name string, kind TopologyKind) Workload {
	if newWorkload := all[name]; newWorkload != nil {
		return newWorkload(kind)
	}
	return nil
}

// AppendRequest appends {"type":typ,"msg_id":msgID to dst; more members and
// the closing brace are the caller's to add.
func AppendRequest(dst []byte, typ string, msgID int64) []byte {
	dst = append(dst, `{"type":"`...)
	dst = append(dst, typ...)
	dst = append(dst, `","msg_id":`...)
	return strconv.AppendInt(dst, msgID, 10)
}
