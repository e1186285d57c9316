// Package squall is a Maelstrom-compatible test bench. It starts node
// processes, joins them with a simulated network in real time, drives clients
// against them, injects partitions, and judges the recorded history.
//
// A node reads one JSON message a line from its standard input and writes its
// own to standard output; it cannot tell whether Maelstrom or squall is at the
// other end. What Maelstrom 0.2.5 does is the specification: the same binary
// gets the same verdict, and the same figures within run-to-run noise.
//
// # Parts
//
// [Run] executes one test, described by [Options], and returns typed
// [Results]. Inside, one idea per file:
//
//   - line, jsonscan: what a node prints, parsed once and judged exactly;
//   - process, lastlines: node processes, and what they said last;
//   - network, receiver, latency, alarm: who gets which message when;
//   - partition, nemesis: grudges, and when they are held;
//   - service: the key-value stores and the clock that nodes may build on;
//   - schedule, interpreter, client, errorpolicy: which operation starts when, and how it ends;
//   - workload and one file per workload: operations, replies, verdicts;
//   - history, checker, checker_set, checker_counter: what happened, and what it is worth;
//   - edn, render, store: how it is written down.
//
// # What is repeatable
//
// A test draws every random choice from [Options.Seed], each kind from a stream
// of its own. The same seed gives the same operations at the same times (as
// long as a worker is free when one is due: an operation that has to wait
// delays those after it) and the same nemesis operations. Latencies and losses
// are drawn from seeded streams in the order messages are sent, and that
// order belongs to the operating system: real time is not repeatable.
//
// # Promises
//
// No process outlives [Run], whether it returns results or an error, or its
// context is cancelled; on Linux the nodes also die with the bench. Everything
// a node may do wrong is told apart from what the bench may do wrong: the first
// makes a test invalid or fails it with the node's name, the message at fault
// and the node's last lines; nothing a node prints can panic the bench.
package bench
