package gsetd

import (
	"bytes"
	"strconv"
	"strings"

	"gset/crdt"
)

func keyTable() []command {
	return []command{
		{"dbsize", 1, readonly | readsAll | fast, noKeys, "generic", "Returns the number of collections.", dbsize},
		{"exists", -2, readonly | fast, allKeys, "generic", "Counts which of the names are those of collections.", exists},
		{"keys", 2, readonly, noKeys, "generic", "Returns the names of collections that match a pattern.", keysMatching},
		{"scan", -2, readonly, noKeys, "generic", "Walks over the names of collections, some a step.", scan},
		{"touch", -2, readonly | fast, allKeys, "generic", "Counts which of the names are those of collections.", exists},
		{"type", 2, readonly | fast, oneKey, "generic", "Tells whether a name is that of a set or of a counter.", kindOf},
	}
}

func dbsize(s *Server, c *client, _ [][]byte) { c.w.Int(int64(s.node.View().Names())) }

func exists(s *Server, c *client, args [][]byte) {
	n := int64(0)
	for _, name := range args[1:] {
		found := s.node.View().Lookup(string(name)).Kind() != crdt.NoKind
		s.stats.looked(found)
		if found {
			n++
		}
	}
	c.w.Int(n)
}

// kindNames are the names that Redis has for the types.
var kindNames = map[crdt.Kind]string{crdt.NoKind: "none", crdt.SetKind: "set", crdt.CounterKind: "string"}

func kindOf(s *Server, c *client, args [][]byte) {
	c.w.Simple(kindNames[s.node.View().Lookup(string(args[1])).Kind()])
}

func keysMatching(s *Server, c *client, args [][]byte) {
	var names []string
	for cursor, more := uint64(0), true; more; more = cursor != 0 {
		var some []crdt.Collection
		some, cursor = s.node.View().ScanNames(cursor, mostScanned)
		for _, of := range some {
			if name := []byte(of.Name); c.user.MayRead(name) && glob(args[1], name) {
				names = append(names, of.Name)
			}
		}
	}
	c.w.Array(len(names))
	for _, name := range names {
		c.w.BulkString(name)
	}
}

// mostScanned bounds what a step of SCAN or SSCAN looks at, whatever its COUNT is.
const mostScanned = 10_000

// walk is what a client has said of a step of SCAN or SSCAN.
type walk struct {
	count   int
	pattern []byte // nil for all
	kind    string // "" for all; of SCAN
}

func (w *walk) matches(text []byte) bool { return w.pattern == nil || glob(w.pattern, text) }

// cursor reads a cursor as C's strtoul does: nothing is zero, a sign is allowed, and a zero byte ends it.
func (c *client) cursor(arg []byte) (cursor uint64, ok bool) {
	arg = clip(arg, len(arg))
	if len(arg) == 0 {
		return 0, true
	}
	digits, negative := bytes.CutPrefix(arg, []byte("-"))
	if !negative {
		digits = bytes.TrimPrefix(digits, []byte("+"))
	}
	cursor, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		c.err("invalid cursor")
	}
	if negative {
		cursor = -cursor
	}
	return cursor, err == nil
}

// walk reads the options of a step, or answers an error.
func (c *client) walk(options [][]byte, kinds bool) (w walk, ok bool) {
	w.count = 10
	for ; len(options) > 0; options = options[2:] {
		switch {
		case len(options) < 2:
			c.err(badSyntax)
			return w, false
		case is(options[0], "count"):
			n, isInt := c.integer(options[1])
			if !isInt {
				return w, false
			}
			if n < 1 {
				c.err(badSyntax)
				return w, false
			}
			w.count = int(min(n, mostScanned))
		case is(options[0], "match"):
			w.pattern = options[1]
		case kinds && is(options[0], "type"):
			w.kind = strings.ToLower(string(options[1]))
		default:
			c.err(badSyntax)
			return w, false
		}
	}
	return w, true
}

func scan(s *Server, c *client, args [][]byte) {
	cursor, ok := c.cursor(args[1])
	if !ok {
		return
	}
	w, ok := c.walk(args[2:], true)
	if !ok {
		return
	}
	some, next := s.node.View().ScanNames(cursor, w.count)
	var found [][]byte
	for _, of := range some {
		if name := []byte(of.Name); c.user.MayRead(name) && w.matches(name) && (w.kind == "" || w.kind == kindNames[of.Kind()]) {
			found = append(found, name)
		}
	}
	c.step(next, found)
}

func sscan(s *Server, c *client, args [][]byte) {
	cursor, ok := c.cursor(args[2])
	name := string(args[1])
	if !ok || !s.isSet(c, name) {
		return
	}
	if s.node.View().Lookup(name).Elements == 0 {
		c.step(0, nil)
		return
	}
	w, ok := c.walk(args[3:], false)
	if !ok {
		return
	}
	some, next := s.node.View().ScanElements(name, cursor, w.count)
	var found [][]byte
	for _, e := range some {
		if w.matches(e) {
			found = append(found, e)
		}
	}
	c.step(next, found)
}

func (c *client) step(next uint64, found [][]byte) {
	c.w.Array(2)
	c.w.BulkString(strconv.FormatUint(next, 10))
	c.w.Array(len(found))
	for _, b := range found {
		c.w.Bulk(b)
	}
}
