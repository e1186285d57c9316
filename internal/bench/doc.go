// Package bench is squall, a Maelstrom-compatible test bench. It starts node
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
// [Run] executes one test, described by [Options], and returns results. This package
// puts the parts together; each part is a package that knows only those above it:
//
//	shell      command lines that a user can paste
//	rawjson    JSON text, scanned once
//	edn        EDN, in which results and histories are written
//	quantile   the one definition of a quantile
//	message    what a node prints on a line
//	history    operations, as they began and ended
//	journal    what becomes of messages: how many, of which type
//	generator  when operations are due
//	latency    the distributions of latencies
//	queue      queues and carriers, without a clock of their own
//	network    endpoints, carriers in real time, losses and grudges: who gets which message when
//	nemesis    partitions, and when they are held
//	process    node processes: spawning, standard input and output, last lines, signals
//	service    the key-value stores and the clock that nodes may build on
//	checker    what a history is worth
//	workload   operations, replies and verdicts of broadcast, g-set, the counters and echo
//	client     workers and their clients: which operation begins when, and how it ends
//	report     results and progress, for people
//	           report/words: the verdict in words; report/messages: the record of messages;
//	           report/html: a test as a page; report/serve: the pages of a store
//	store      the directory that a test leaves behind
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
// # Time
//
// The history, the verdict, the report and the record of messages count time from when all nodes had answered init,
// just before clients set them up; what was sent before has times below zero. Of a test that has not come so far,
// times count from its beginning. squall.log has the time of day.
//
// # What a test keeps
//
// Memory and store grow with the number of operations and messages, and not with what reads
// return, which grows with its square. A read of 0, 1, 2, ... is kept as a few bytes, and
// history.edn and history.txt have the values of reads in full for their first 24 MB only; see
// [history.Printer] for what stands there later. messages.jsonl.gz has bodies for
// its first 128 MB.
//
// # Promises
//
// No process outlives [Run], whether it returns results or an error, or its
// context is cancelled; on Linux that holds for daemons that nodes have started, whatever their
// session and environment (of several tests at a time, the last to end ends daemons that have
// cleared theirs), and the nodes also die with the bench. Everything
// a node may do wrong is told apart from what the bench may do wrong: the first
// makes a test invalid or fails it with the node's name, the message at fault
// and the node's last lines; nothing a node prints can panic the bench.
package bench
