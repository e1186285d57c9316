package gsetd

import (
	"iter"
	"slices"
)

// names returns the arguments as names of sets, without those for which there is nothing, and
// says whether there is a set for each. If one is the name of something else it answers an error.
func (s *Server) names(c *client, args [][]byte) (names []string, whole, ok bool) {
	whole = true
	for _, arg := range args {
		name := string(arg)
		if !s.isSet(c, name) {
			return nil, false, false
		}
		if s.node.View().Lookup(name).Elements == 0 {
			whole = false
			continue
		}
		names = append(names, name)
	}
	return names, whole, true
}

// setReply answers a set. It holds the places of the elements, 24 bytes each, until it has counted them.
func (c *client) setReply(elements [][]byte) {
	c.w.Set(len(elements))
	for _, e := range elements {
		c.w.Bulk(e)
	}
}

func sunion(s *Server, c *client, args [][]byte) {
	names, _, ok := s.names(c, args[1:])
	if !ok {
		return
	}
	state := s.node.View()
	var all [][]byte
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			continue
		}
		for e := range state.Members(name) {
			if !inAny(state, names[:i], e) {
				all = append(all, e)
			}
		}
	}
	c.setReply(all)
}

func inAny(state View, names []string, e []byte) bool {
	return slices.ContainsFunc(names, func(name string) bool { return state.Contains(name, e) })
}

func sdiff(s *Server, c *client, args [][]byte) {
	names, _, ok := s.names(c, args[1:])
	if !ok {
		return
	}
	state, first := s.node.View(), string(args[1])
	var left [][]byte
	if len(names) > 0 && names[0] == first {
		for e := range state.Members(first) {
			if !inAny(state, names[1:], e) {
				left = append(left, e)
			}
		}
	}
	c.setReply(left)
}

// common yields what all sets have: the elements of the smallest that are in the others.
func common(state View, names []string) iter.Seq[[]byte] {
	size := func(name string) int { return state.Lookup(name).Elements }
	slices.SortStableFunc(names, func(a, b string) int { return size(a) - size(b) })
	return func(yield func([]byte) bool) {
		for e := range state.Members(names[0]) {
			lacks := slices.ContainsFunc(names[1:], func(name string) bool { return !state.Contains(name, e) })
			if !lacks && !yield(e) {
				return
			}
		}
	}
}

func sinter(s *Server, c *client, args [][]byte) {
	names, whole, ok := s.names(c, args[1:])
	if !ok {
		return
	}
	var all [][]byte
	if whole {
		all = slices.Collect(common(s.node.View(), names))
	}
	c.setReply(all)
}

func sintercard(s *Server, c *client, args [][]byte) {
	keys, limit, ok := c.sintercardArgs(args)
	if !ok {
		return
	}
	names, whole, ok := s.names(c, keys)
	if !ok {
		return
	}
	n := int64(0)
	if whole {
		for range common(s.node.View(), names) {
			if n++; n == limit {
				break
			}
		}
	}
	c.w.Int(n)
}

func (c *client) sintercardArgs(args [][]byte) (keys [][]byte, limit int64, ok bool) {
	n, isInt := parseInt(args[1])
	switch {
	case !isInt || n < 1:
		c.err("numkeys should be greater than 0")
		return nil, 0, false
	case n > int64(len(args)-2):
		c.err("Number of keys can't be greater than number of args")
		return nil, 0, false
	}
	for rest := args[2+n:]; len(rest) > 0; rest = rest[2:] {
		if !is(rest[0], "limit") || len(rest) < 2 {
			c.err(badSyntax)
			return nil, 0, false
		}
		if limit, isInt = parseInt(rest[1]); !isInt || limit < 0 {
			c.err("LIMIT can't be negative")
			return nil, 0, false
		}
	}
	return args[2 : 2+n], limit, true
}
