package gsetd

import (
	"fmt"
	"math"
	"math/big"

	"gset/crdt"
)

func counterTable() []command {
	const change = write | answers | denyOOM | fast
	return []command{
		{"decr", 2, change, oneKey, "string", "Takes one from a counter.", decr},
		{"decrby", 3, change, oneKey, "string", "Takes a number from a counter.", decrby},
		{"get", 2, readonly | fast, oneKey, "string", "Returns the value of a counter.", get},
		{"incr", 2, change, oneKey, "string", "Adds one to a counter.", incr},
		{"incrby", 3, change, oneKey, "string", "Adds a number to a counter.", incrby},
		{"mget", -2, readonly | fast, allKeys, "string", "Returns the values of counters.", mget},
	}
}

func incr(s *Server, c *client, args [][]byte) { s.add(c, args[1], 1) }
func decr(s *Server, c *client, args [][]byte) { s.add(c, args[1], -1) }

func incrby(s *Server, c *client, args [][]byte) {
	if n, ok := c.integer(args[2]); ok {
		s.add(c, args[1], n)
	}
}

func decrby(s *Server, c *client, args [][]byte) {
	switch n, ok := c.integer(args[2]); {
	case !ok:
	case n == math.MinInt64:
		c.err("decrement would overflow")
	default:
		s.add(c, args[1], -n)
	}
}

const overflow = "increment or decrement would overflow"

// add adds n to a counter, and answers its new value. A value that an int64 does not hold, as
// several members can make one together, cannot be answered: then nothing is added.
func (s *Server) add(c *client, key []byte, n int64) {
	name, state := string(key), s.node.View()
	if !isKind(c, state, name, crdt.CounterKind) {
		return
	}
	if len(name) > crdt.MaxName {
		c.err(fmt.Sprintf("name of %d bytes, more than %d", len(name), crdt.MaxName))
		return
	}
	sum, ok := raised(state, name, n)
	if !ok {
		c.err(overflow)
		return
	}
	var err error
	if n < 0 {
		err = s.node.Decrement(name, -uint64(n))
	} else {
		err = s.node.Increment(name, uint64(n))
	}
	if s.updated(c, boolInt(n != 0), [][]byte{nil, key}, err) {
		c.w.Int(sum)
	}
}

// raised returns the value that a counter has when n is added to it, if an int64 holds that.
func raised(state View, name string, n int64) (sum int64, ok bool) {
	if old, ok := state.Sum(name); ok && (n >= 0) == (old+n >= old) {
		return old + n, true
	}
	exact := state.Value(name)
	exact.Add(exact, big.NewInt(n))
	return exact.Int64(), exact.IsInt64()
}

func get(s *Server, c *client, args [][]byte) {
	if name, state := string(args[1]), s.node.View(); isKind(c, state, name, crdt.CounterKind) {
		s.value(c, state, name)
	}
}

// value answers the value of a counter, or null if there is none.
func (s *Server) value(c *client, state View, name string) {
	found := state.Lookup(name).Kind() == crdt.CounterKind
	s.stats.looked(found)
	if !found {
		c.w.Null()
		return
	}
	if sum, ok := state.Sum(name); ok {
		c.w.BulkInt(sum)
	} else {
		c.w.BulkString(state.Value(name).String())
	}
}

func mget(s *Server, c *client, args [][]byte) {
	c.w.Array(len(args) - 1)
	state := s.node.View()
	for _, name := range args[1:] {
		s.value(c, state, string(name))
	}
}
