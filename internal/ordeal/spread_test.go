package ordeal

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// spread is when the elements of a load were acknowledged, when clients at each member could read them, and when
// clients have read.
type spread struct {
	set      string
	elements int

	mu      sync.Mutex
	acked   []time.Time
	at      [][]time.Time // by element and member
	reads   []read
	missing int // elements times members
	done    chan struct{}
}

// read is that a client has read at a member, and what it could see was there at a time.
type read struct {
	member int
	at     time.Time
}

func newSpread(set string, elements, members int) *spread {
	s := &spread{
		set: set, elements: elements, missing: elements * members, done: make(chan struct{}),
		acked: make([]time.Time, elements), at: make([][]time.Time, elements),
	}
	for i := range s.at {
		s.at[i] = make([]time.Time, members)
	}
	return s
}

// arrives notes that a member has told its subscriber of an element, which it does when clients can read it.
func (s *spread) arrives(member int, element string) error {
	now := time.Now()
	i, err := strconv.Atoi(element)
	if err != nil || i < 0 || i >= s.elements {
		return fmt.Errorf("a member has %q, which nobody has added", element)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.at[i][member].IsZero() {
		return fmt.Errorf("a member tells of %q twice", element)
	}
	s.at[i][member] = now
	if s.missing--; s.missing == 0 {
		close(s.done)
	}
	return nil
}

// latencies returns from the acknowledgement of each element until a client at any member could read it: zero if
// that was before.
func (s *spread) latencies() (all []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, acked := range s.acked {
		longest := time.Duration(0)
		for _, at := range s.at[i] {
			longest = max(longest, at.Sub(acked))
		}
		all = append(all, longest)
	}
	slices.Sort(all)
	return all
}

// stable returns the stable latencies, as Maelstrom and the bench define them: from the acknowledgement of each
// element to the last read that missed it. They are shorter, since nobody reads at each member all the time.
func (s *spread) stable() (all []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, acked := range s.acked {
		longest := time.Duration(0)
		for _, r := range s.reads {
			if s.at[i][r.member].After(r.at) {
				longest = max(longest, r.at.Sub(acked))
			}
		}
		all = append(all, longest)
	}
	slices.Sort(all)
	return all
}

// quantiles returns quantiles of latencies that are sorted, in ms.
func quantiles(sorted []time.Duration, of ...float64) (ms []int64) {
	for _, q := range of {
		ms = append(ms, sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Milliseconds())
	}
	return ms
}

// subscribe has the spread told of what is new at all members.
func (s *spread) subscribe(c *cluster) {
	c.t.Helper()
	for i, m := range c.members {
		conn := redis.PubSubConn{Conn: c.connect(m)}
		if err := conn.Subscribe("__element@0__:" + s.set); err != nil {
			c.t.Fatal(err)
		}
		if first, ok := conn.Receive().(redis.Subscription); !ok {
			c.t.Fatalf("%s answers a subscription by %v", m.name, first)
		}
		go func() {
			for {
				message, ok := conn.ReceiveWithTimeout(0).(redis.Message)
				if !ok { // the test is over
					return
				}
				if err := s.arrives(i, string(message.Data)); err != nil {
					c.t.Error(err)
				}
			}
		}()
	}
}

// work is a load as the bench's: operations at a steady rate, each at a random member, at random an SADD of
// an element of its own or an SCARD.
type work struct {
	set  string
	rate int // operations a second
	long time.Duration
	adds float64 // share of the operations
}

// operation is the number of the element to add, or reading.
type operation int

const reading operation = -1

// draw returns the operations, and how many of them add.
func (w work) draw(random *rand.Rand) (all []operation, adds int) {
	for range int(float64(w.rate) * w.long.Seconds()) {
		op := reading
		if random.Float64() < w.adds {
			op = operation(adds)
			adds++
		}
		all = append(all, op)
	}
	return all, adds
}

// run gives the members the operations, and returns when all are acknowledged, and by how much one was too late at most.
func (w work) run(t *testing.T, c *cluster, all []operation, s *spread, random *rand.Rand) (late time.Duration) {
	t.Helper()
	var clients sync.WaitGroup
	var queues []chan operation
	for i, m := range c.members {
		queue := make(chan operation, len(all))
		queues = append(queues, queue)
		conn := c.connect(m)
		clients.Go(func() {
			for op := range queue {
				if err := s.do(op, i, conn); err != nil {
					t.Errorf("%s: %v", m.name, err)
				}
			}
		})
	}
	began := time.Now()
	for i, op := range all {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(w.rate))
		<-time.After(time.Until(due))
		late = max(late, time.Since(due))
		queues[random.IntN(len(queues))] <- op
	}
	for _, queue := range queues {
		close(queue)
	}
	clients.Wait()
	return late
}

// do carries out an operation at a member.
func (s *spread) do(op operation, member int, conn redis.Conn) error {
	if op == reading {
		began := time.Now()
		_, err := redis.Int(conn.Do("SCARD", s.set))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reads = append(s.reads, read{member, began})
		return err
	}
	n, err := redis.Int(conn.Do("SADD", s.set, fmt.Sprintf("%0*d", elementSize, int(op))))
	if err == nil && n != 1 {
		err = fmt.Errorf("SADD: %d elements are new, want 1", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked[int(op)] = time.Now()
	return err
}
