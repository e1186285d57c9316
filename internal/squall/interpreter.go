package squall

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// interpreter runs the operations of a test and records them.
//
// There are no worker goroutines: a worker is a record. An operation is begun
// by whatever finds it due, which is the alarm or, when the bench is busy, the
// goroutine that has just read a reply, and it is ended by the goroutine that
// read its reply or by its timer. One lock guards all of it.
type interpreter struct {
	conf     interpreterConfig
	net      *network
	ids      *clientIDs
	workload workload
	alarm    alarm

	mu         sync.Mutex
	origin     time.Duration // of the history's clock, on the network's
	history    History
	workers    []*worker
	free       []*worker
	ops        int64            // client operations begun
	complained map[Keyword]bool // of which classes of crashes

	alarmAt time.Duration // what the alarm is set to; in the past if it went off

	clients *schedule     // nil outside the main phase
	nemesis *nemesis      // nil outside the main phase, and if there are no faults
	nextOp  operation     // what is due next by clients
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
	node     *endpoint
	client   *client // nil until the process begins its first operation
	op       operation
	began    int // index of the operation's beginning
	busy     bool
	deadline time.Duration
	timer    *time.Timer
	buf      []byte
}

// interpreterConfig says which operations there are, and when.
type interpreterConfig struct {
	timeLimit time.Duration // of the main phase
	rate      float64       // operations a second, all workers together; 0 for none
	timeout   time.Duration // how long a client waits for a reply
	workers   int

	// Independent sources of randomness: the gaps between operations, the operations,
	// and which free worker takes one.
	gaps, operations, choices *rand.Rand

	// warn tells the user something.
	warn func(format string, args ...any)
}

// newInterpreter makes an interpreter whose clients join a network and talk to nodes on it,
// worker i to node i modulo their number.
func newInterpreter(newAlarm func(fire func()) (alarm, error), conf interpreterConfig, net *network, ids *clientIDs, w workload, nodes []*endpoint) (*interpreter, error) {
	r := &interpreter{
		conf: conf, net: net, ids: ids, workload: w,
		origin:     net.now(),
		complained: make(map[Keyword]bool),
	}
	for i := range conf.workers {
		w := &worker{process: i, node: nodes[i%len(nodes)]}
		w.timer = time.AfterFunc(math.MaxInt64, func() { r.expire(w) })
		w.timer.Stop()
		r.workers = append(r.workers, w)
	}
	r.free = append(r.free, r.workers...)
	var err error
	r.alarm, err = newAlarm(func() {
		defer net.flush()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.alarmAt = 0
		r.pump()
	})
	return r, err
}

// stop ends the interpreter: nothing begins any more.
func (r *interpreter) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients, r.nemesis = nil, nil
	r.alarm.stop()
	for _, w := range r.workers {
		w.timer.Stop()
		if w.client != nil {
			w.client.waiting = false
		}
	}
}

// now is the history's clock.
func (r *interpreter) now() time.Duration { return r.net.now() - r.origin }

// startMain begins the main phase: operations at the test's rate, and faults.
// The channel is closed when it is over and all workers are free.
func (r *interpreter) startMain(n *nemesis) <-chan struct{} {
	defer r.net.flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	start := r.now()
	end := start + r.conf.timeLimit
	idle := make(chan struct{})
	r.idle = idle
	r.nemesis = n
	if n != nil {
		n.begin(nemesisHand{r}, start, end)
	}
	if r.conf.rate > 0 {
		gap := float64(time.Second) / r.conf.rate
		r.clients = newSchedule(r.conf.gaps, start, end, gap)
		r.nextOp = r.workload.next(r.conf.operations)
	} else {
		r.clients = newSchedule(nil, end, end, 0) // nothing to do
		r.lull = end                              // but to wait
	}
	r.pumpAt(start) // the first operation begins, however long all this took
	return idle
}

// startFinal has every worker run op. The channel is closed when all have.
func (r *interpreter) startFinal(op operation) <-chan struct{} {
	defer r.net.flush()
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
func (r *interpreter) pump() { r.pumpAt(r.now()) }

// pumpAt is pump at a time on the history's clock.
func (r *interpreter) pumpAt(now time.Duration) {
	if r.clients == nil {
		r.rest()
		return
	}
	if r.nemesis != nil {
		r.nemesis.act(now)
	}
	s := r.clients
	for s.due(now + timerSlack) {
		if len(r.free) == 0 {
			s.wait()
			break
		}
		if !s.ready(now) { // it has waited beyond the end
			break
		}
		r.begin(r.takeWorker(), r.nextOp)
		r.nextOp = r.workload.next(r.conf.operations)
		s.advance()
		now = r.now()
	}
	if s.over() && (r.nemesis == nil || r.nemesis.over()) && now >= r.lull {
		r.clients, r.nemesis = nil, nil
		r.rest()
		return
	}
	next := time.Duration(math.MaxInt64)
	switch {
	case !s.over() && !s.waits:
		next = s.next
	case now < r.lull:
		next = r.lull
	}
	if r.nemesis != nil && !r.nemesis.over() {
		next = min(next, r.nemesis.next())
	}
	// Setting the alarm costs more than an operation does. One that goes off
	// too early does no harm, and sets the next.
	if next < r.alarmAt || r.alarmAt <= now {
		r.alarmAt = next
		if next < math.MaxInt64 {
			r.alarm.set(next - now)
		}
	}
}

// rest announces that the phase is over once all workers are free.
func (r *interpreter) rest() {
	if len(r.free) == len(r.workers) && r.idle != nil {
		close(r.idle)
		r.idle = nil
	}
}

// takeWorker removes a random worker from the free ones.
func (r *interpreter) takeWorker() *worker {
	i := r.conf.choices.IntN(len(r.free))
	last := len(r.free) - 1
	w := r.free[i]
	r.free[i] = r.free[last]
	r.free = r.free[:last]
	return w
}

// begin has w, which is not among the free workers, begin op.
func (r *interpreter) begin(w *worker, op operation) {
	if w.client == nil {
		w.client = &client{run: r, worker: w}
		w.client.ep = r.net.join(r.ids.take(), w.client)
	}
	c := w.client
	c.msgID++
	c.waiting = true
	for ; c.late > 0; c.late-- {
		r.net.traffic.received(false)
	}
	w.op, w.busy = op, true
	now := r.now()
	w.began = r.history.add(Op{Time: now, Type: Invoke, Process: w.process, F: op.f, Value: op.value, Final: op.final, Began: -1})
	r.ops++
	w.deadline = now + r.conf.timeout
	w.timer.Reset(r.conf.timeout)
	w.buf = r.workload.request(w.buf[:0], op, c.msgID)
	r.net.send(c.ep, w.node, w.buf, nil)
}

// complete records how w's operation ended and frees w.
func (r *interpreter) complete(w *worker, end ending) {
	w.timer.Stop()
	w.busy = false
	r.history.add(Op{Time: r.now(), Type: end.typ, Process: w.process, F: w.op.f, Value: end.value,
		Error: end.err, Crash: end.crash, Final: w.op.final, Began: w.began})
	if end.crash != nil && !r.complained[end.crash.Class] {
		r.complained[end.crash.Class] = true
		r.conf.warn("%s (further crashes of this class, %s, are only counted)", end.crash.Reason, end.crash.Class)
	}
	if end.typ == Info {
		r.net.leave(w.client.ep)
		w.client = nil
		w.process += len(r.workers)
	}
	r.free = append(r.free, w)
}

// expire ends w's operation if it has waited for long enough.
func (r *interpreter) expire(w *worker) {
	defer r.net.flush()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !w.busy || !w.client.waiting || r.now() < w.deadline {
		return // the timer belonged to an operation that has ended
	}
	w.client.waiting = false
	r.complete(w, r.timedOut(w.client, w.op, w.client.msgID))
	r.pump()
}

// progress returns what has been done so far.
func (r *interpreter) progress() (elapsed time.Duration, ops int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now(), r.ops
}

// heal ends what a nemesis has done.
func (r *interpreter) heal(n *nemesis) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n.heal()
}

// nemesisHand lets a nemesis act, under the interpreter's lock.
type nemesisHand struct{ *interpreter }

// record implements nemesisWorld.
func (h nemesisHand) record(f string, value any) {
	h.history.add(Op{Time: h.now(), Type: Info, Process: Nemesis, F: f, Value: value, Began: -1})
}

// hold implements nemesisWorld.
func (h nemesisHand) hold(g Grudge) { h.net.hold(g) }

// historySoFar returns the history. It must not be read before the interpreter is stopped.
func (r *interpreter) historySoFar() *History { return &r.history }
