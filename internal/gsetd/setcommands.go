package gsetd

import (
	"errors"
	"fmt"

	"gset/crdt"
	"gset/replica/cluster"
)

func setTable() []command {
	const read = readonly
	return []command{
		{"sadd", -3, write | denyOOM | fast, oneKey, "set", "Adds elements to a set.", sadd},
		{"scard", 2, read | fast, oneKey, "set", "Returns the number of elements of a set.", scard},
		{"sdiff", -2, read, allKeys, "set", "Returns what the first set has and the others do not.", sdiff},
		{"sinter", -2, read, allKeys, "set", "Returns what all sets have.", sinter},
		{"sintercard", -3, read | movableKeys, noKeys, "set", "Returns the number of elements that all sets have.", sintercard},
		{"sismember", 3, read | fast, oneKey, "set", "Tells whether a set has an element.", sismember},
		{"smembers", 2, read, oneKey, "set", "Returns all elements of a set.", smembers},
		{"smismember", -3, read | fast, oneKey, "set", "Tells of several elements whether a set has them.", smismember},
		{"srandmember", -2, read, oneKey, "set", "Returns elements of a set, drawn at random.", srandmember},
		{"sscan", -3, read, oneKey, "set", "Walks over the elements of a set, some a step.", sscan},
		{"sunion", -2, read, allKeys, "set", "Returns what any of the sets has.", sunion},
	}
}

const wrongType = "Operation against a key holding the wrong kind of value"

// isSet reports whether a name may be used as that of a set: there is a set, or nothing. Otherwise
// it answers an error.
func (s *Server) isSet(c *client, name string) bool {
	return isKind(c, s.node.View(), name, crdt.SetKind)
}

func isKind(c *client, state View, name string, kind crdt.Kind) bool {
	if have := state.Lookup(name).Kind(); have != crdt.NoKind && have != kind {
		c.fail("WRONGTYPE", wrongType)
		return false
	}
	return true
}

// fits reports whether a name and elements are within the bounds of the state, or answers an error.
func fits(c *client, name string, elements [][]byte) bool {
	if len(name) > crdt.MaxName {
		c.err(fmt.Sprintf("name of %d bytes, more than %d", len(name), crdt.MaxName))
		return false
	}
	for _, e := range elements {
		if len(name)+len(e) > crdt.MaxMember {
			c.err(fmt.Sprintf("element of %d bytes, more than %d together with the name; nothing was added", len(e), crdt.MaxMember))
			return false
		}
	}
	return true
}

func sadd(s *Server, c *client, args [][]byte) {
	name, elements := string(args[1]), args[2:]
	if !s.isSet(c, name) || !fits(c, name, elements) {
		return
	}
	added, err := s.node.Add(name, elements...)
	if s.updated(c, added, args, err) {
		c.w.Int(int64(added))
	}
}

// updated notes an update of some elements and sums, or answers its error. The reply awaits the commit
// also if nothing is new: what is there already may be of an update that is not committed yet.
func (s *Server) updated(c *client, n int, args [][]byte, err error) bool {
	switch {
	case errors.Is(err, crdt.ErrOverflow):
		c.err(overflow)
		return false
	case errors.Is(err, cluster.ErrReserved):
		c.err("this name is reserved for the members of the cluster")
		return false
	case errors.Is(err, cluster.ErrLeaving): // clients that fail over do so by this word
		c.fail("READONLY", "This member leaves its cluster, and makes no updates any more; other members do.")
		return false
	case err != nil:
		c.fail("MISCONF", "This node makes no updates now: "+err.Error())
		return false
	}
	c.AwaitCommit()
	s.stats.updates += uint64(n)
	if n > 0 {
		s.memory.grown += need(args[1:])
	}
	return true
}

func scard(s *Server, c *client, args [][]byte) {
	if name := string(args[1]); s.isSet(c, name) {
		c.w.Int(int64(s.node.View().Lookup(name).Elements))
	}
}

func sismember(s *Server, c *client, args [][]byte) {
	if name := string(args[1]); s.isSet(c, name) {
		c.w.Int(s.has(name, args[2]))
	}
}

func smismember(s *Server, c *client, args [][]byte) {
	name := string(args[1])
	if !s.isSet(c, name) {
		return
	}
	c.w.Array(len(args) - 2)
	for _, e := range args[2:] {
		c.w.Int(s.has(name, e))
	}
}

// has counts one for an element that a set has.
func (s *Server) has(name string, element []byte) int64 {
	found := s.node.View().Contains(name, element)
	s.stats.looked(found)
	if found {
		return 1
	}
	return 0
}

func smembers(s *Server, c *client, args [][]byte) {
	name := string(args[1])
	if !s.isSet(c, name) {
		return
	}
	state := s.node.View()
	c.w.Set(state.Lookup(name).Elements)
	for e := range state.Members(name) {
		c.w.Bulk(e)
	}
}
