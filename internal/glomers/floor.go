package glomers

import (
	"time"

	"gset/internal/bench/history"
)

// write is a client's addition at a node, at a time since the test began.
type write struct {
	node int
	at   time.Duration
}

// Floor is the least number of messages between n nodes that tells everyone of what was
// written in a history of a node to each worker, if news may wait an interval.
func Floor(ops []*history.Op, n int, interval time.Duration) int {
	return floor(writes(ops, n), n, interval)
}

// floor is the least number of messages between n nodes that tells everyone of the
// writes, which are in order of time, if news may wait an interval: a round begins with
// a write that is in none and lasts an interval. A round with news at m nodes takes
// m messages to bring it together and n-1 to tell it, or n-1 in all if it is all at
// one node, which can tell it by itself.
func floor(writes []write, n int, interval time.Duration) int {
	messages := 0
	for len(writes) > 0 {
		end := writes[0].at + interval
		nodes := map[int]bool{writes[0].node: true}
		for writes = writes[1:]; len(writes) > 0 && writes[0].at < end; writes = writes[1:] {
			nodes[writes[0].node] = true
		}
		if messages += n - 1; len(nodes) > 1 {
			messages += len(nodes)
		}
	}
	return messages
}

// isWrite tells whether an operation of any of the workloads is a write.
func isWrite(op *history.Op) bool { return op.F == "broadcast" || op.F == "add" }

// writes returns the writes of a test of n nodes with a worker each. An add of 0 to a
// counter is one: it is to be told, like those that others cancel out.
func writes(ops []*history.Op, n int) []write {
	var all []write
	for _, op := range ops {
		if op.Type == history.Invoke && isWrite(op) {
			all = append(all, write{node: op.Process % n, at: op.Time})
		}
	}
	return all
}
