package sim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gset/replica"
)

// Options say what of a schedule is not left to the seed. Fields that are nil or empty
// are drawn.
type Options struct {
	Nodes    *int
	Lattice  Lattice
	Interval *time.Duration
	Probe    *time.Duration
	Hop      *time.Duration // the longest latency
	Length   *time.Duration // until faults end
	Loss     *int           // messages lost in a thousand
	Rate     *float64       // updates a second, on average
	Disk     *bool          // whether nodes have disks; true if Faults names a fault of one

	// Faults are those to draw from; nil is all of them. Each schedule has some of them.
	Faults []What
}

// Bounds of what Options may ask for.
const (
	MaxNodes  = 1000
	MaxHop    = 10 * time.Second
	MaxLength = time.Hour
	MaxRate   = 10_000
)

// Validate returns an error if no schedule can be as the options say.
func (o Options) Validate() error {
	switch {
	case o.Nodes != nil && (*o.Nodes < 2 || *o.Nodes > MaxNodes):
		return fmt.Errorf("sim: %d nodes are not 2 to %d", *o.Nodes, MaxNodes)
	case o.Lattice != "" && !slices.Contains(Lattices(), o.Lattice):
		return fmt.Errorf("sim: lattice %q is none of %q", o.Lattice, Lattices())
	case o.Interval != nil && (*o.Interval < 0 || *o.Interval > replica.MaxInterval):
		return fmt.Errorf("sim: interval %v is not 0 to %v", *o.Interval, replica.MaxInterval)
	case o.Probe != nil && (*o.Probe < time.Millisecond || *o.Probe > replica.MaxInterval):
		return fmt.Errorf("sim: probe interval %v is not %v to %v", *o.Probe, time.Millisecond, replica.MaxInterval)
	case o.Hop != nil && (*o.Hop < 0 || *o.Hop > MaxHop):
		return fmt.Errorf("sim: latency %v is not 0 to %v", *o.Hop, MaxHop)
	case o.Length != nil && (*o.Length <= 0 || *o.Length > MaxLength):
		return fmt.Errorf("sim: length %v is not above 0 and up to %v", *o.Length, MaxLength)
	case o.Loss != nil && (*o.Loss < 0 || *o.Loss > 1000):
		return errors.New("sim: loss is a number of messages in a thousand")
	case o.Rate != nil && !(*o.Rate >= 0 && *o.Rate <= MaxRate):
		return fmt.Errorf("sim: a rate of %v a second is not 0 to %v", *o.Rate, MaxRate)
	}
	for _, fault := range o.Faults {
		if !slices.Contains(Faults(), fault) {
			return fmt.Errorf("sim: fault %q is none of %q", fault, Faults())
		}
	}
	return nil
}

// Generate draws a schedule from a seed. The options must be valid.
//
// Every schedule leaves out some kinds of faults, so that what one of them hides is
// found where it is missing ("swarm testing", Groce et al. 2012).
func Generate(seed uint64, o Options) Schedule {
	d := draw{rand.New(rand.NewPCG(seed, 2))}
	s := Schedule{
		Seed:       seed,
		Lattice:    []Lattice{GSet, GSet, GSet, GCounter, PNCounter, WeakSet}[d.IntN(6)],
		Nodes:      5 + d.IntN(21),
		Probe:      d.between(200*time.Millisecond, 3*time.Second),
		Shape:      []Shape{Constant, Uniform, Exponential}[d.IntN(3)],
		Hop:        d.between(0, 300*time.Millisecond),
		End:        d.between(5*time.Second, 25*time.Second),
		MaxMessage: replica.MinMessage + d.IntN(3000),
		Mixed:      d.IntN(6) == 0,
	}
	rate := float64(1 + d.IntN(300)>>d.IntN(4))
	if d.IntN(30) == 0 { // minutes, in which little goes on
		s.End = d.between(time.Minute, 5*time.Minute)
		rate = float64(1 + d.IntN(5))
	}
	if d.IntN(5) > 0 { // else 0
		s.Interval = d.between(10*time.Millisecond, time.Second>>d.IntN(4))
	}
	if d.IntN(4) == 0 {
		s.Fanout = 2 + d.IntN(7)
	}
	if d.IntN(2) == 0 {
		s.MaxMessage = 40_000
	}
	s.network(d)
	given(&s.Nodes, o.Nodes)
	given(&s.Interval, o.Interval)
	given(&s.Probe, o.Probe)
	given(&s.Hop, o.Hop)
	given(&s.End, o.Length)
	given(&s.Loss, o.Loss)
	given(&rate, o.Rate)
	s.Lattice = cmp.Or(o.Lattice, s.Lattice)

	s.updates(d, rate)
	s.mishaps(d, o)
	slices.SortStableFunc(s.Events, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	return s
}

// mishaps draws what goes wrong, of the kinds that the options name. What is about disks, and whether there are
// any, comes last: seeds are older than that.
func (s *Schedule) mishaps(d draw, o Options) {
	kinds := o.Faults
	if kinds == nil {
		kinds = Faults()
	}
	some := func(ofDisk bool) []What {
		return slices.DeleteFunc(slices.Clone(kinds), func(w What) bool { return w.ofDisk() != ofDisk || d.IntN(3) == 0 })
	}
	s.faults(d, some(false))
	s.Disk = d.IntN(4) == 0
	if o.Faults != nil {
		s.Disk = slices.ContainsFunc(o.Faults, What.ofDisk)
	}
	if given(&s.Disk, o.Disk); s.Disk {
		s.diskFaults(d, some(true))
	}
}

// network draws what becomes of messages.
func (s *Schedule) network(d draw) {
	if d.IntN(3) == 0 {
		s.Bandwidth = 200_000 + d.IntN(2_000_000)
	}
	if d.IntN(3) == 0 {
		s.Buffer = 20_000 << d.IntN(5)
	}
	if d.IntN(2) == 0 {
		s.Loss = d.IntN(300)
	}
	if d.IntN(3) == 0 {
		s.Duplication = d.IntN(200)
	}
	if d.IntN(4) == 0 {
		s.Corruption = d.IntN(100)
	}
	if d.IntN(4) == 0 {
		s.Replay = d.IntN(100)
	}
}

// given puts a value in place if there is one.
func given[T any](place *T, value *T) {
	if value != nil {
		*place = *value
	}
}

// draw draws what a schedule is made of: whole numbers only, so that it is the same on
// every machine.
type draw struct{ *rand.Rand }

// between returns a time from low to high, in whole milliseconds.
func (d draw) between(low, high time.Duration) time.Duration {
	return low + time.Duration(d.Int64N(int64((high-low)/time.Millisecond)+1))*time.Millisecond
}

// until returns a time from 0 on and before the given one.
func (d draw) until(end time.Duration) time.Duration {
	return time.Duration(d.Int64N(int64(end))).Truncate(time.Microsecond)
}

// upTo returns a whole number of milliseconds from 1 to most, mostly short.
func (d draw) upTo(most time.Duration) time.Duration {
	return d.between(time.Millisecond, max(time.Millisecond, most>>d.IntN(5)))
}

// updates has clients add things: at any time, at a few nodes or all, or in bursts.
func (s *Schedule) updates(d draw, rate float64) {
	n := int(rate * s.End.Seconds())
	busy := 1 + d.IntN(s.Nodes) // clients know the first so many nodes
	sparse := d.IntN(3)         // how far apart elements are
	bursts := d.IntN(4) == 0
	next := int64(0)
	at := d.until(s.End)
	for range n {
		if !bursts || d.IntN(10) == 0 {
			at = d.until(s.End)
		} else {
			at = min(at+d.upTo(20*time.Millisecond), s.End)
		}
		e := Event{At: at, What: Update, Node: d.IntN(busy)}
		if s.Lattice.set() {
			e.Count, e.Step = 1, 1
			switch e.Value = next; sparse {
			case 0: // the next number, as most clients would have it
				next++
			case 1: // some of them twice
				e.Value = d.Int64N(3000) - 1000
			case 2: // anything at all
				e.Value = int64(d.Uint64())
			}
			if d.IntN(50) == 0 {
				e.Count, e.Step = 1+d.IntN(200), d.Int64N(300)
				e.Value = min(e.Value, math.MaxInt64-300*200)
			}
		} else if e.Value = d.Int64N(20) - 10; d.IntN(50) == 0 {
			e.Value = d.Int64N(1 << 40)
		}
		s.Events = append(s.Events, e)
	}
}

// faults has things go wrong, of the given kinds: many, or a few that last. A third of the nodes at
// most ends up gone for good.
func (s *Schedule) faults(d draw, kinds []What) {
	if len(kinds) == 0 {
		return
	}
	gone := 0
	for range d.IntN(40 >> d.IntN(5)) {
		e := Event{At: d.until(s.End), What: kinds[d.IntN(len(kinds))]}
		if d.IntN(8) == 0 {
			e.At = 0
		}
		lasts := d.upTo(s.End)
		if lasts > s.End-e.At {
			lasts = s.End - e.At
		}
		if e.What != Cut {
			e.Node, e.Hub = d.IntN(s.Nodes), d.IntN(4) == 0
		}
		switch e.What {
		case Cut, Break, Flap, Forget:
			s.disconnect(d, &e, lasts)
		case Crash, Tear, Rollback, Leave:
			s.stop(d, &e, lasts, &gone)
		case Slow:
			e.For, e.Value = lasts, int64(d.upTo(500*time.Millisecond))
		case Freeze:
			e.For = min(lasts, d.upTo(5*time.Second))
		case Skew:
			e.Value = d.Int64N(200_001) - 100_000
			if d.IntN(2) == 0 {
				e.At = 0
			}
		case Jump:
			e.Value = int64(d.upTo(10 * time.Second))
			if d.IntN(2) == 0 {
				e.Value = -e.Value
			}
		}
		s.Events = append(s.Events, e)
	}
}

// diskFaults has disks go wrong: of all nodes, or of a few that are struck again and again. A node that dies of it
// starts again.
func (s *Schedule) diskFaults(d draw, kinds []What) {
	if len(kinds) == 0 {
		return
	}
	struck := 1 + d.IntN(s.Nodes)
	for range d.IntN(64 >> d.IntN(5)) {
		e := Event{At: d.until(s.End), What: kinds[d.IntN(len(kinds))], Node: d.IntN(struck), Hub: d.IntN(4) == 0}
		e.For = min(d.upTo(s.End), max(s.End-e.At, time.Millisecond))
		switch e.What {
		case Power, Kill:
			e.Value = int64(d.IntN(32>>d.IntN(4)) - 1)
		case Full:
			e.Value = d.Int64N(16<<10>>d.IntN(4)) + 1
		case Fail:
			e.Value = d.Int64N(500>>d.IntN(6)) + 1
		}
		s.Events = append(s.Events, e)
	}
}

// disconnect draws what is about some nodes and others.
func (s *Schedule) disconnect(d draw, e *Event, lasts time.Duration) {
	e.For = lasts
	if e.What == Cut {
		e.Kind, e.Seed = cutKinds[d.IntN(len(cutKinds))], d.Uint64N(1_000_000)
		return
	}
	e.Peer = (e.Node + 1 + d.IntN(s.Nodes-1)) % s.Nodes
	if e.What == Flap {
		e.Value = int64(d.upTo(time.Second))
	}
}

// stop draws how a node comes to stop, and what it keeps.
func (s *Schedule) stop(d draw, e *Event, lasts time.Duration, gone *int) {
	e.For, e.Lose = max(lasts, time.Millisecond), d.IntN(2) == 0
	switch e.What {
	case Crash:
		e.Value = int64(d.IntN(2))
		if d.IntN(4) == 0 { // a late joiner, or one that never appears
			e.At, e.Lose, e.Hub = 0, true, false
		}
	case Tear:
		e.Lose, e.Value = false, int64(d.IntN(8)-3)
	case Rollback:
		e.Lose, e.Value = false, int64(d.upTo(s.End))
	case Leave:
		e.Value = int64(d.upTo(2 * time.Second))
	}
	if d.IntN(6) == 0 && 3*(*gone+1) < s.Nodes {
		*gone++
		e.For = 0
	}
}
