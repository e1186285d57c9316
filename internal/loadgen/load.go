// Package loadgen puts load on a node as clients do, and measures how long replies take, and how long until
// an element that one member has acknowledged can be read at others.
//
// With a Rate the load is open: a command is due at its time whether the one before has been answered or not, and its latency
// counts from then. So a node that stalls is not spared the commands that would have come meanwhile.
package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Config is a load. Dial, Addresses and Command must be given.
type Config struct {
	Dial      func(ctx context.Context, address string) (redis.Conn, error)
	Addresses []string // the first one gets the load; elements are looked for at the others

	Command  string // see Commands
	Set      string // and counter, with a suffix
	Clients  int
	Pipeline int           // commands at a time of one client
	Rate     float64       // commands a second of all clients; 0 is as many as they can
	For      time.Duration //
}

// Commands are what a load may have: SADD of new elements, SISMEMBER of elements that are not there, INCR of one
// counter, GET of it, and PING.
var Commands = []string{"sadd", "sismember", "incr", "get", "ping"}

// Report is what was measured.
type Report struct {
	Commands, Errors uint64
	FirstError       error
	Took             time.Duration
	Latency          Quantiles
	Readable         map[string]*Quantiles // by address but for the first
}

// errUnknown says that there is no such command.
var errUnknown = errors.New("no such command")

// Run runs a load until its time is over, or ctx, or the node denies a command to these clients. It waits some seconds
// longer for an element that is not readable yet. After an error the report may be there, too.
func Run(ctx context.Context, config Config) (*Report, error) {
	if config.Clients < 1 || config.Pipeline < 1 || config.Rate < 0 || math.IsNaN(config.Rate) || config.For <= 0 || len(config.Addresses) == 0 {
		return nil, errors.New("a load needs addresses, clients, a pipeline and a time above zero")
	}
	if _, err := config.arguments(0, 0, 0); err != nil {
		return nil, err
	}
	patient, cancel := context.WithTimeout(ctx, config.For+patience)
	defer cancel()
	clients := make([]*client, config.Clients)
	for i := range clients {
		conn, err := config.Dial(patient, config.Addresses[0])
		if err != nil {
			return nil, errors.Join(err, closeAll(clients[:i]))
		}
		clients[i] = &client{config: &config, conn: conn, number: i}
	}
	run, began := rand.Uint64(), time.Now()
	report := &Report{Readable: map[string]*Quantiles{}}
	ctx, end := context.WithTimeout(patient, config.For)
	defer end()
	var load, probes sync.WaitGroup
	for _, c := range clients {
		load.Go(func() {
			if c.run(ctx, run, began); denied(c.err) {
				end()
			}
		})
	}
	probed := make([]error, len(config.Addresses))
	for i, address := range config.Addresses[1:] {
		q := new(Quantiles)
		report.Readable[address] = q
		probes.Go(func() { probed[i] = config.probe(ctx, patient, address, run, q) })
	}
	load.Wait()
	report.Took = time.Since(began)
	probes.Wait()
	err := report.sum(clients)
	if err == nil { // else the probes were denied the same, or were cut short
		err = errors.Join(probed...)
	}
	return report, errors.Join(err, closeAll(clients))
}

// sum adds up what clients have measured. It returns the error of one that the node has denied a command.
func (r *Report) sum(clients []*client) (err error) {
	for _, c := range clients {
		r.Commands += c.done
		r.Errors += c.failed
		r.Latency.Join(&c.latency)
		if r.FirstError == nil {
			r.FirstError = c.err
		}
		if err == nil && denied(c.err) {
			err = c.err
		}
	}
	return err
}

// denied reports whether an error says that the clients' user may not do what they do: the next command would fare no
// better.
func denied(err error) bool {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return false
	}
	code, _, _ := strings.Cut(string(reply), " ")
	return code == "NOAUTH" || code == "WRONGPASS" || code == "NOPERM"
}

func closeAll(clients []*client) error {
	for _, c := range clients {
		_ = c.conn.Close() // what counts was answered
	}
	return nil
}

// arguments returns a command's arguments.
func (c *Config) arguments(run uint64, client int, n uint64) ([]any, error) {
	switch c.Command {
	case "sadd", "sismember":
		return []any{c.Set, fmt.Sprintf("%016x:%d:%d", run, client, n)}, nil
	case "incr", "get":
		return []any{c.Set + ":counter"}, nil
	case "ping":
		return nil, nil
	}
	return nil, fmt.Errorf("%w: %q", errUnknown, c.Command)
}

// client is one connection.
type client struct {
	config       *Config
	conn         redis.Conn
	number       int
	done, failed uint64
	err          error // the first one
	latency      Quantiles
}

// run sends batches until ctx ends, the connection breaks, or the node denies a command.
func (c *client) run(ctx context.Context, run uint64, began time.Time) {
	every := time.Duration(0)
	if c.config.Rate > 0 {
		every = time.Duration(float64(c.config.Clients*c.config.Pipeline) / c.config.Rate * float64(time.Second))
	}
	due := began.Add(time.Duration(float64(every) * float64(c.number) / float64(c.config.Clients)))
	for ctx.Err() == nil {
		start := time.Now()
		if every > 0 {
			if !sleep(ctx, due.Sub(start)) {
				return
			}
			start, due = due, due.Add(every)
		}
		if err := c.batch(run, start); err != nil {
			c.err = err
			return
		}
	}
}

// sleep reports whether the time has passed before ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// batch sends a pipeline of commands, and takes their replies. It fails if the connection does, or a command is denied.
func (c *client) batch(run uint64, start time.Time) error {
	for i := range c.config.Pipeline {
		args, _ := c.config.arguments(run, c.number, c.done+uint64(i)) // was called before
		if err := c.conn.Send(c.config.Command, args...); err != nil {
			return err
		}
	}
	if err := c.conn.Flush(); err != nil {
		return err
	}
	for range c.config.Pipeline {
		_, err := c.conn.Receive()
		if c.conn.Err() != nil {
			return err
		}
		c.done++
		if err != nil {
			c.failed++
			c.err = err
		}
		if denied(err) {
			return err
		}
		c.latency.Add(time.Since(start))
	}
	return nil
}

// How often elements are added to be looked for, how often they are looked for, and how long after the load.
const (
	probeEvery = 50 * time.Millisecond
	lookEvery  = time.Millisecond
	patience   = 30 * time.Second
)

// probe adds an element at the first address again and again until ctx ends, and measures from the reply until it can
// be read at another one. What is measured is too long by a round trip, and by lookEvery.
func (c *Config) probe(ctx, patient context.Context, address string, run uint64, q *Quantiles) error {
	from, err := c.Dial(patient, c.Addresses[0])
	if err != nil {
		return err
	}
	defer from.Close()
	at, err := c.Dial(patient, address)
	if err != nil {
		return err
	}
	defer at.Close()
	for i := 0; i == 0 || sleep(ctx, probeEvery); i++ {
		element := fmt.Sprintf("%016x:%s:%d", run, address, i)
		if _, err := from.Do("SADD", c.Set+":probe", element); err != nil {
			return fmt.Errorf("%s: %w", c.Addresses[0], err)
		}
		for added := time.Now(); ; {
			there, err := redis.Bool(at.Do("SISMEMBER", c.Set+":probe", element))
			if err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
			if there {
				q.Add(time.Since(added))
				break
			}
			if !sleep(patient, lookEvery) {
				return fmt.Errorf("%s: what was added %v ago cannot be read", address, time.Since(added).Round(time.Second))
			}
		}
	}
	return nil
}

// Quantiles counts durations by size, to a hundredth. The zero value is empty.
type Quantiles struct {
	Count   uint64
	Max     time.Duration
	buckets [bucketCount]uint32
}

// A bucket holds the durations of one power of two with the same next fineBits bits, in microseconds.
const (
	fineBits    = 6
	bucketCount = (64 - fineBits) << fineBits
)

func bucketOf(micros uint64) int {
	if micros < 1<<fineBits {
		return int(micros)
	}
	shift := bits.Len64(micros) - fineBits - 1
	return (shift+1)<<fineBits + int(micros>>shift) - 1<<fineBits
}

// boundOf returns the least microseconds of a bucket.
func boundOf(bucket int) uint64 {
	if bucket < 1<<fineBits {
		return uint64(bucket)
	}
	shift := bucket>>fineBits - 1
	return uint64(bucket&(1<<fineBits-1)+1<<fineBits) << shift
}

// Add counts a duration.
func (q *Quantiles) Add(d time.Duration) {
	q.Count++
	q.Max = max(q.Max, d)
	q.buckets[bucketOf(uint64(max(0, d.Microseconds())))]++
}

// Join adds what another one has counted.
func (q *Quantiles) Join(other *Quantiles) {
	q.Count += other.Count
	q.Max = max(q.Max, other.Max)
	for i, n := range other.buckets {
		q.buckets[i] += n
	}
}

// At returns the duration that a share of all, from 0 to 1, does not exceed; 0 if there is none.
func (q *Quantiles) At(share float64) time.Duration {
	rank := uint64(math.Ceil(share * float64(q.Count)))
	for i, n := range q.buckets {
		if uint64(n) >= rank && rank > 0 {
			return min(q.Max, time.Duration(boundOf(i+1)-1)*time.Microsecond+time.Microsecond)
		}
		rank -= uint64(n)
	}
	return q.Max
}
