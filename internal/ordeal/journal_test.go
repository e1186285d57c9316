package ordeal

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gomodule/redigo/redis"
)

const (
	sets     = 4 // elements are spread over so many sets, some in a row in each,
	inOneSet = 8
	counters = 3 // and increments over so many counters, each updated by all clients
)

// journal is what one client knows of its updates. The client numbers its elements; an element that is not
// uncertain is acknowledged. It is read when the client has ended.
type journal struct {
	client    string
	elements  int                      // numbers below have been sent
	uncertain map[int]bool             // those that may not have arrived
	counts    [counters]counted        // shared counters
	own       counted                  // a counter that no other client updates
	broken    error                    // what no reply may be
	progress  func(acknowledged int64) // is told of acknowledged commands
	refused   func()                   // is told of updates that were refused; nil if none may be
	pace      func()                   // is called before each batch; nil does not wait
}

// refuses reports whether a reply says that the member makes no updates now, as it does while its disk is full. The
// update stays uncertain.
func (j *journal) refuses(reply error) bool {
	if j.refused == nil || reply == nil || !strings.HasPrefix(reply.Error(), "MISCONF ") && !strings.HasPrefix(reply.Error(), "READONLY ") {
		return false
	}
	j.refused()
	return true
}

// counted is what is known of a counter's updates by one client: the sums acknowledged, and those that may have
// been made as well.
type counted struct{ plus, minus, maybePlus, maybeMinus int64 }

func (c *counted) add(other counted) {
	c.plus, c.minus = c.plus+other.plus, c.minus+other.minus
	c.maybePlus, c.maybeMinus = c.maybePlus+other.maybePlus, c.maybeMinus+other.maybeMinus
}

// bounds returns what the counter may be.
func (c *counted) bounds() (least, most int64) {
	return c.plus - c.minus - c.maybeMinus, c.plus - c.minus + c.maybePlus
}

// element returns the text of a client's element. A few are long.
func (j *journal) element(n int) string {
	text := j.client + ":" + strconv.Itoa(n)
	if n%997 == 996 {
		text += ":" + strings.Repeat("x", 20_000)
	}
	return text
}

// setOf returns the name of the set of an element.
func setOf(n int) string { return "set" + strconv.Itoa(n/inOneSet%sets) }

// parse returns whose element a text is, and which.
func parse(element string) (client string, n int, err error) {
	parts := strings.SplitN(element, ":", 3)
	if len(parts) < 2 {
		return "", 0, fmt.Errorf("no client has sent %.50q", element)
	}
	n, err = strconv.Atoi(parts[1])
	return parts[0], n, err
}

// update is a command in flight: one of these.
type update struct {
	first, last int      // elements to add, first <= n < last
	again       string   // SADD or SISMEMBER of element first, which was acknowledged before
	counter     *counted // to add to,
	by          int64    // so much
}

// talk sends updates, some at a time, until the connection fails or stopped.
func (j *journal) talk(conn redis.Conn, random *rand.Rand, stopped *atomic.Bool) {
	for !stopped.Load() {
		if j.pace != nil {
			j.pace()
		}
		batch := make([]update, 1+random.IntN(4))
		for i := range batch {
			batch[i] = j.send(conn, random)
		}
		_ = conn.Flush() // Receive tells
		for i := range batch {
			reply, err := redis.Int64(conn.Receive())
			if conn.Err() != nil {
				return
			}
			if j.refuses(err) {
				continue
			}
			if err == nil {
				err = j.acknowledge(batch[i], reply)
			}
			if err != nil {
				j.broken = fmt.Errorf("client %s: %w", j.client, err)
				return
			}
		}
		j.progress(int64(len(batch)))
	}
}

// send notes an update as uncertain, and sends it.
func (j *journal) send(conn redis.Conn, random *rand.Rand) update {
	switch random.IntN(4) {
	case 0:
		return j.sendCount(conn, random)
	case 1:
		return j.sendNew(conn, random)
	}
	n := random.IntN(max(j.elements, 1))
	if n >= j.elements || j.uncertain[n] {
		return j.sendNew(conn, random)
	}
	u := update{first: n, last: n, again: "SADD"}
	if random.IntN(2) == 0 {
		u.again = "SISMEMBER"
	}
	_ = conn.Send(u.again, setOf(n), j.element(n))
	return u
}

// sendNew sends some new elements of one set.
func (j *journal) sendNew(conn redis.Conn, random *rand.Rand) update {
	block := j.elements / inOneSet
	u := update{first: j.elements, last: min(j.elements+1+random.IntN(3), (block+1)*inOneSet)}
	j.elements = u.last
	args := redis.Args{setOf(u.first)}
	for n := u.first; n < u.last; n++ {
		j.uncertain[n] = true
		args = args.Add(j.element(n))
	}
	_ = conn.Send("SADD", args...)
	return u
}

// sendCount sends an increment or a decrement.
func (j *journal) sendCount(conn redis.Conn, random *rand.Rand) update {
	u := update{counter: &j.own, by: 1 + random.Int64N(5)}
	name := "own:" + j.client
	if i := random.IntN(2 * counters); i < counters {
		u.counter, name = &j.counts[i], "counter"+strconv.Itoa(i)
		if random.IntN(3) == 0 {
			u.by = -u.by
		}
	}
	u.counter.maybePlus += max(u.by, 0)
	u.counter.maybeMinus += max(-u.by, 0)
	switch {
	case u.by == 1:
		_ = conn.Send("INCR", name)
	case u.by > 0:
		_ = conn.Send("INCRBY", name, u.by)
	default:
		_ = conn.Send("DECRBY", name, -u.by)
	}
	return u
}

// acknowledge notes an update as acknowledged. The reply must be what this client's own updates make it.
func (j *journal) acknowledge(u update, reply int64) error {
	for n := u.first; n < u.last; n++ {
		delete(j.uncertain, n)
	}
	if u.counter == nil {
		want := int64(u.last - u.first)
		if u.again == "SISMEMBER" {
			want = 1
		}
		if reply != want {
			return fmt.Errorf("%s of elements from %d to %d answers %d, want %d", cmp.Or(u.again, "the first SADD"), u.first, u.last, reply, want)
		}
		return nil
	}
	u.counter.plus += max(u.by, 0)
	u.counter.minus += max(-u.by, 0)
	u.counter.maybePlus -= max(u.by, 0)
	u.counter.maybeMinus -= max(-u.by, 0)
	if least, most := j.own.bounds(); u.counter == &j.own && (reply < least || reply > most) {
		return fmt.Errorf("the counter that it alone updates is %d, and not in [%d, %d]", reply, least, most)
	}
	return nil
}

// load is clients of one member, which begin again when the member does.
type load struct {
	journals []*journal
	stopped  atomic.Bool
	running  sync.WaitGroup

	mu           sync.Mutex
	changed      *sync.Cond
	acknowledged int64
	refused      int64 // updates
	epoch        int   // raised when the member has come up
	up           bool  // the member is
}

// newLoad starts clients of a member that is up. prepare, if it is not nil, is called with the journal of each.
func newLoad(m *member, clients int, random *rand.Rand, prepare func(*load, *journal)) *load {
	l := &load{up: true}
	l.changed = sync.NewCond(&l.mu)
	for i := range clients {
		j := &journal{client: fmt.Sprintf("%s-%d-%x", m.name, i, random.Uint32()), uncertain: map[int]bool{}, progress: l.note}
		l.journals = append(l.journals, j)
		if prepare != nil {
			prepare(l, j)
		}
		own := rand.New(rand.NewPCG(random.Uint64(), 1))
		l.running.Go(func() { l.run(m, j, own) })
	}
	return l
}

func (l *load) note(acknowledged int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged += acknowledged
	l.changed.Broadcast()
}

func (l *load) noteRefused() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused++
}

// run is one client: it connects again when the member has come up.
func (l *load) run(m *member, j *journal, random *rand.Rand) {
	for seen := -1; j.broken == nil; {
		l.mu.Lock()
		for !l.stopped.Load() && (!l.up || l.epoch == seen) {
			l.changed.Wait()
		}
		seen = l.epoch
		l.mu.Unlock()
		if l.stopped.Load() {
			return
		}
		if conn, err := m.dial(); err == nil {
			j.talk(conn, random, &l.stopped)
			_ = conn.Close()
		}
	}
	l.note(0) // who waits for progress looks at what is broken
}

// set says whether the member is up.
func (l *load) set(up bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if up {
		l.epoch++
	}
	l.up = up
	l.changed.Broadcast()
}

// stop ends the clients.
func (l *load) stop() {
	l.mu.Lock()
	l.stopped.Store(true)
	l.changed.Broadcast()
	l.mu.Unlock()
	l.running.Wait()
}
