// Package client runs a test's operations: workers take them as they are due, ask nodes over
// the network, and record what came of it in a history.
package client

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/generator"
	"gset/internal/bench/history"
	"gset/internal/bench/nemesis"
	"gset/internal/bench/network"
	"gset/internal/bench/workload"
)

// Interpreter runs the operations of a test and records them.
//
// There are no worker goroutines: a worker is a record. An operation is begun
// by whatever finds it due, which is the alarm or, when the bench is busy, the
// goroutine that has just read a reply, and it is ended by the goroutine that
// read its reply or by its timer. One lock guards all of it.
type Interpreter struct {
	conf     Config
	net      *network.Network
	ids      *IDs
	workload workload.Workload
	alarm    network.Alarm

	mu         sync.Mutex
	origin     time.Duration // of the history's clock, on the network's
	history    history.History
	workers    []*worker
	free       []*worker
	ops        int64                // client operations begun
	complained map[edn.Keyword]bool // of which classes of crashes

	alarmAt time.Duration // what the alarm is set to; in the past if it went off

	clients *generator.Schedule // nil outside the main phase
	nemesis *nemesis.Nemesis    // nil outside the main phase, and if there are no faults
	nextOp  workload.Operation  // what is due next by clients
	stopped bool
	lull    time.Duration // the main phase lasts until then even if there is nothing to do
	idle    chan struct{} // closed when the phase is over and all workers are free
}

// timerSlack is how early an operation may begin: about what waking up for it
// would cost.
const timerSlack = 20 * time.Microsecond

// worker runs one operation at a time against its node. Its process is
// replaced, client and all, when an operation's outcome is unknown: such a
// process must be taken to be busy for ever.
type worker struct {
	process  int
	node     *network.Endpoint
	client   *client // nil until the process begins its first operation
	op       workload.Operation
	began    int // index of the operation's beginning
	busy     bool
	deadline time.Duration
	timer    *time.Timer
	buf      []byte
}

// Config says which operations there are, and when.
type Config struct {
	TimeLimit time.Duration // of the main phase
	Rate      float64       // operations a second, all workers together; 0 for none
	Timeout   time.Duration // how long a client waits for a reply
	Workers   int

	// Independent sources of randomness: the gaps between operations, the operations,
	// and which free worker takes one.
	Gaps, Operations, Choices *rand.Rand

	// Processes does what a nemesis wants to the processes of the nodes named, and returns what
	// became of each. Nil if no nemesis wants anything.
	Processes func(act nemesis.Act, nodes []string) []edn.Keyword

	// Warn tells the user something.
	Warn func(format string, args ...any)
}

// New makes an interpreter whose clients join a network and talk to nodes on it,
// worker i to node i modulo their number.
func New(newAlarm func(fire func()) (network.Alarm, error), conf Config, net *network.Network, ids *IDs, w workload.Workload, nodes []*network.Endpoint) (*Interpreter, error) {
	r := &Interpreter{
		conf: conf, net: net, ids: ids, workload: w,
		origin:     net.Now(),
		complained: make(map[edn.Keyword]bool),
	}
	for i := range conf.Workers {
		w := &worker{process: i, node: nodes[i%len(nodes)]}
		w.timer = time.AfterFunc(math.MaxInt64, func() { r.expire(w) })
		w.timer.Stop()
		r.workers = append(r.workers, w)
	}
	r.free = append(r.free, r.workers...)
	var err error
	r.alarm, err = newAlarm(func() {
		defer net.Flush()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.alarmAt = 0
		r.pump()
	})
	return r, err
}

// Stop ends the interpreter: nothing begins any more.
func (r *Interpreter) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients, r.nemesis = nil, nil
	r.stopped = true
	r.alarm.Stop()
	for _, w := range r.workers {
		w.timer.Stop()
		if w.client != nil {
			w.client.waiting = false
		}
	}
}

// now is the history's clock.
func (r *Interpreter) now() time.Duration { return r.net.Now() - r.origin }

// StartMain begins the main phase: operations at the test's rate, and faults.
// The channel is closed when it is over and all workers are free.
func (r *Interpreter) StartMain(n *nemesis.Nemesis) <-chan struct{} {
	defer r.net.Flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	start := r.now()
	end := start + r.conf.TimeLimit
	idle := make(chan struct{})
	r.idle = idle
	r.nemesis = n
	if n != nil {
		n.Begin(hand{r}, start, end)
	}
	if r.conf.Rate > 0 {
		gap := float64(time.Second) / r.conf.Rate
		r.clients = generator.New(r.conf.Gaps, start, end, gap)
		r.nextOp = r.workload.Next(r.conf.Operations)
	} else {
		r.clients = generator.New(nil, end, end, 0) // nothing to do
		r.lull = end                                // but to wait
	}
	r.pumpAt(start) // the first operation begins, however long all this took
	return idle
}

// StartFinal has every worker run op. The channel is closed when all have.
func (r *Interpreter) StartFinal(op workload.Operation) <-chan struct{} {
	defer r.net.Flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	idle := make(chan struct{})
	r.idle = idle
	free := r.free
	r.free = nil
	for _, w := range free {
		r.begin(w, op)
	}
	r.rest()
	return idle
}

// pump begins what is due, and sees to it that it is called again when more
// is. Callers hold the lock.
func (r *Interpreter) pump() { r.pumpAt(r.now()) }

// pumpAt is pump at a time on the history's clock.
func (r *Interpreter) pumpAt(now time.Duration) {
	if r.clients == nil {
		r.rest()
		return
	}
	if r.nemesis != nil {
		r.nemesis.Act(now)
	}
	now = r.beginDue(now)
	s := r.clients
	if s.Over() && (r.nemesis == nil || r.nemesis.Over()) && now >= r.lull {
		r.clients, r.nemesis = nil, nil
		r.rest()
		return
	}
	r.wakeAt(r.next(now), now)
}

// beginDue begins the operations that are due, as far as workers are free. It returns the time after that.
func (r *Interpreter) beginDue(now time.Duration) time.Duration {
	s := r.clients
	for s.Due(now + timerSlack) {
		if len(r.free) == 0 {
			s.Wait()
			break
		}
		if !s.Waits { // what waited for a worker is late for no fault of the bench
			r.net.Lag.Add(now - s.Next)
		}
		if !s.Ready(now) { // it has waited beyond the end
			break
		}
		r.begin(r.takeWorker(), r.nextOp)
		r.nextOp = r.workload.Next(r.conf.Operations)
		s.Advance()
		now = r.now()
	}
	return now
}

// next is when there is something to do next, as far as only time decides.
func (r *Interpreter) next(now time.Duration) time.Duration {
	s, next := r.clients, time.Duration(math.MaxInt64)
	switch {
	case !s.Over() && !s.Waits:
		next = s.Next
	case now < r.lull:
		next = r.lull
	}
	if r.nemesis != nil && !r.nemesis.Over() {
		next = min(next, r.nemesis.Next())
	}
	return next
}

// wakeAt sets the alarm, if it has to be set.
func (r *Interpreter) wakeAt(next, now time.Duration) {
	// Setting the alarm costs more than an operation does. One that goes off
	// too early does no harm, and sets the next.
	if next < r.alarmAt || r.alarmAt <= now {
		r.alarmAt = next
		if next < math.MaxInt64 {
			r.alarm.Set(next - now)
		}
	}
}

// rest announces that the phase is over once all workers are free.
func (r *Interpreter) rest() {
	if len(r.free) == len(r.workers) && r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// takeWorker removes a random worker from the free ones.
func (r *Interpreter) takeWorker() *worker {
	i := r.conf.Choices.IntN(len(r.free))
	last := len(r.free) - 1
	w := r.free[i]
	r.free[i] = r.free[last]
	r.free = r.free[:last]
	return w
}

// begin has w, which is not among the free workers, begin op.
func (r *Interpreter) begin(w *worker, op workload.Operation) {
	if w.client == nil {
		w.client = &client{run: r, worker: w}
		w.client.ep = r.net.Join(r.ids.Take(), w.client)
	}
	c := w.client
	c.msgID++
	c.waiting = true
	for ; c.late > 0; c.late-- {
		r.net.Traffic.Received(false)
	}
	w.op, w.busy = op, true
	now := r.now()
	w.began = r.history.Add(history.Op{Time: now, Type: history.Invoke, Process: w.process, F: op.F, Value: op.Value, Final: op.Final, Began: -1})
	r.ops++
	w.deadline = now + r.conf.Timeout
	w.timer.Reset(r.conf.Timeout)
	w.buf = r.workload.Request(w.buf[:0], op, c.msgID)
	r.net.Send(c.ep, w.node, w.buf, nil)
}

// complete records how w's operation ended and frees w.
func (r *Interpreter) complete(w *worker, end workload.Ending) {
	w.timer.Stop()
	w.busy = false
	r.history.Add(history.Op{Time: r.now(), Type: end.Type, Process: w.process, F: w.op.F, Value: end.Value,
		Error: end.Err, Crash: end.Crash, Final: w.op.Final, Began: w.began})
	if end.Crash != nil && !r.complained[end.Crash.Class] {
		r.complained[end.Crash.Class] = true
		r.conf.Warn("%s (further crashes of this class, %s, are only counted)", end.Crash.Reason, end.Crash.Class)
	}
	if end.Type == history.Info {
		r.net.Leave(w.client.ep)
		w.client = nil
		w.process += len(r.workers)
	}
	r.free = append(r.free, w)
}

// expire ends w's operation if it has waited for long enough.
func (r *Interpreter) expire(w *worker) {
	defer r.net.Flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !w.busy || !w.client.waiting || r.now() < w.deadline {
		return // the timer belonged to an operation that has ended
	}
	w.client.waiting = false
	r.complete(w, r.timedOut(w.client, w.op, w.client.msgID))
	r.pump()
}

// Progress returns what has been done so far.
func (r *Interpreter) Progress() (elapsed time.Duration, ops int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now(), r.ops
}

// Heal ends what a nemesis has done. The channel is closed when that is done.
func (r *Interpreter) Heal(n *nemesis.Nemesis) <-chan struct{} {
	healed := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	n.Heal(func() { close(healed) })
	return healed
}

// hand lets a nemesis act, under the interpreter's lock.
type hand struct{ *Interpreter }

// Record implements nemesis.World.
func (h hand) Record(f string, value any) {
	h.history.Add(history.Op{Time: h.now(), Type: history.Info, Process: history.Nemesis, F: f, Value: value, Began: -1})
}

// Hold implements nemesis.World.
func (h hand) Hold(g nemesis.Grudge) { h.net.Hold(g) }

// Origin is the zero of the history's clock, on the network's.
func (r *Interpreter) Origin() time.Duration { return r.origin }

// Suffer implements nemesis.World.
func (h hand) Suffer(c nemesis.Conditions) {
	var suffered network.Conditions
	if c.Loss {
		suffered.Loss = nemesis.LossChance
	}
	if c.Duplicate {
		suffered.Duplicate = nemesis.DuplicateChance
	}
	if c.Slow {
		suffered.Slowdown, suffered.MinLatency = nemesis.SlowFactor, nemesis.MinSlowLatency
	}
	h.net.Suffer(suffered)
}

// Processes implements nemesis.World. Operations go on meanwhile.
func (h hand) Processes(act nemesis.Act, nodes []string, done func([]edn.Keyword)) {
	go func() {
		outcomes := h.conf.Processes(act, nodes)
		defer h.net.Flush()
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.stopped {
			return
		}
		done(outcomes)
		h.pump()
	}()
}

// History returns the history. It must not be read before the interpreter is stopped.
func (r *Interpreter) History() *history.History { return &r.history }
