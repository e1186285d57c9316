package gsetd

import (
	"fmt"
	"maps"
	"slices"

	"gset/crdt"
	"gset/replica/cluster"
)

// The channels on which the server tells what is new. The first two and their messages are those of
// Redis' keyspace notifications.
const (
	keyspaceChannel = "__keyspace@0__:" // and a name: "sadd" or "incrby"
	keyeventChannel = "__keyevent@0__:" // and "sadd" or "incrby": a name
	elementChannel  = "__element@0__:"  // and the name of a set: an element
)

// Bounds of what a client subscribes to.
const (
	mostSubscriptions = 10_000
	longestChannel    = 2 << 10 // bytes; channels with names of collections are shorter
)

// subscriptions are what a client is subscribed to.
type subscriptions struct{ channels, patterns map[string]struct{} }

func (s *subscriptions) count() int       { return len(s.channels) + len(s.patterns) }
func (s *subscriptions) subscribed() bool { return s.count() > 0 }

// hub knows who is subscribed to what, and holds what is new in this turn until it is committed.
type hub struct {
	channels, patterns map[string]map[*client]struct{}
	events             []event
}

type event struct {
	channel string
	message []byte
	name    string // of the collection, which who hears of it must have the right to read
}

func (h *hub) init() {
	h.channels = map[string]map[*client]struct{}{}
	h.patterns = map[string]map[*client]struct{}{}
}

func (h *hub) busy() bool { return len(h.channels)+len(h.patterns) > 0 }

// leave ends all subscriptions of a client.
func (h *hub) leave(c *client) {
	for name := range c.channels {
		remove(h.channels, name, c)
	}
	for name := range c.patterns {
		remove(h.patterns, name, c)
	}
	c.subscriptions = subscriptions{}
}

func remove(from map[string]map[*client]struct{}, name string, c *client) {
	if delete(from[name], c); len(from[name]) == 0 {
		delete(from, name)
	}
}

// learn notes what is new in a delta, if somebody is subscribed.
func (h *hub) learn(delta *crdt.Collections) {
	if !h.busy() {
		return
	}
	last, begun := "", false
	for name, element := range delta.All() {
		if !begun || name != last {
			begun, last = true, name
			h.note(name, keyspaceChannel+name, []byte("sadd"))
			h.note(name, keyeventChannel+"sadd", []byte(name))
		}
		h.note(name, elementChannel+name, element)
	}
	for e := range delta.Entries() {
		if e.Name == cluster.BeaconName {
			continue
		}
		h.note(e.Name, keyspaceChannel+e.Name, []byte("incrby"))
		h.note(e.Name, keyeventChannel+"incrby", []byte(e.Name))
	}
}

func (h *hub) note(name, channel string, message []byte) {
	if len(h.channels[channel])+len(h.patterns) > 0 {
		h.events = append(h.events, event{channel, message, name})
	}
}

// deliver sends what is new. A client that does not read is disconnected by the loop.
func (h *hub) deliver() {
	events := h.events
	h.events = nil
	for _, e := range events {
		for c := range h.channels[e.channel] {
			if !c.hears(e) {
				continue
			}
			w := c.Reply()
			w.Push(3)
			w.BulkString("message")
			w.BulkString(e.channel)
			w.Bulk(e.message)
		}
		for pattern, clients := range h.patterns {
			if !glob([]byte(pattern), []byte(e.channel)) {
				continue
			}
			for c := range clients {
				if !c.hears(e) {
					continue
				}
				w := c.Reply()
				w.Push(4)
				w.BulkString("pmessage")
				w.BulkString(pattern)
				w.BulkString(e.channel)
				w.Bulk(e.message)
			}
		}
	}
}

func pubsubTable() []command {
	const begin = pubsub | noScript | loading | stale | whileSubscribed
	const ask = pubsub | loading | stale
	return []command{
		{"psubscribe", -2, begin, noKeys, "pubsub", "Subscribes to the channels that match patterns.", psubscribe},
		{"pubsub", -2, 0, noKeys, "pubsub", "Has commands about subscriptions.", nil},
		{"pubsub|channels", -2, ask, noKeys, "pubsub", "Returns the channels that have subscribers.", pubsubChannels},
		{"pubsub|numpat", 2, ask, noKeys, "pubsub", "Returns the number of patterns that have subscribers.", pubsubNumPat},
		{"pubsub|numsub", -2, ask, noKeys, "pubsub", "Returns the number of subscribers of channels.", pubsubNumSub},
		{"punsubscribe", -1, begin, noKeys, "pubsub", "Ends subscriptions to patterns.", punsubscribe},
		{"subscribe", -2, begin, noKeys, "pubsub", "Subscribes to channels.", subscribe},
		{"unsubscribe", -1, begin, noKeys, "pubsub", "Ends subscriptions to channels.", unsubscribe},
	}
}

func subscribe(s *Server, c *client, args [][]byte) {
	s.subscribe(c, "subscribe", args[1:], s.hub.channels, &c.channels)
}

func psubscribe(s *Server, c *client, args [][]byte) {
	s.subscribe(c, "psubscribe", args[1:], s.hub.patterns, &c.patterns)
}

func (s *Server) subscribe(c *client, kind string, names [][]byte, at map[string]map[*client]struct{}, own *map[string]struct{}) {
	if c.count()+len(names) > mostSubscriptions {
		c.err(fmt.Sprintf("more than %d subscriptions of a client", mostSubscriptions))
		return
	}
	if slices.ContainsFunc(names, func(name []byte) bool { return len(name) > longestChannel }) {
		c.err(fmt.Sprintf("channel of more than %d bytes", longestChannel))
		return
	}
	if at := slices.IndexFunc(names, func(name []byte) bool { return kind == "subscribe" && !c.mayHear(string(name)) }); at >= 0 {
		s.stats.denied.channel++
		c.fail("NOPERM", "this user has no permissions to access one of the channels used as arguments")
		return
	}
	if *own == nil {
		*own = map[string]struct{}{}
	}
	for _, arg := range names {
		name := string(arg)
		(*own)[name] = struct{}{}
		if at[name] == nil {
			at[name] = map[*client]struct{}{}
		}
		at[name][c] = struct{}{}
		c.w.Push(3)
		c.w.BulkString(kind)
		c.w.Bulk(arg)
		c.w.Int(int64(c.count()))
	}
}

func unsubscribe(s *Server, c *client, args [][]byte) {
	s.unsubscribe(c, "unsubscribe", args[1:], s.hub.channels, c.channels)
}

func punsubscribe(s *Server, c *client, args [][]byte) {
	s.unsubscribe(c, "punsubscribe", args[1:], s.hub.patterns, c.patterns)
}

// unsubscribe ends subscriptions, all of them if no name is given.
func (s *Server) unsubscribe(c *client, kind string, args [][]byte, at map[string]map[*client]struct{}, own map[string]struct{}) {
	var names []string
	for _, arg := range args {
		names = append(names, string(arg))
	}
	if len(args) == 0 {
		names = slices.Sorted(maps.Keys(own))
	}
	if len(names) == 0 {
		c.w.Push(3)
		c.w.BulkString(kind)
		c.w.Null()
		c.w.Int(int64(c.count()))
	}
	for _, name := range names {
		delete(own, name)
		remove(at, name, c)
		c.w.Push(3)
		c.w.BulkString(kind)
		c.w.BulkString(name)
		c.w.Int(int64(c.count()))
	}
}

func pubsubChannels(s *Server, c *client, args [][]byte) {
	if len(args) > 3 {
		c.err(fmt.Sprintf("unknown subcommand or wrong number of arguments for '%s'. Try PUBSUB HELP.", clip(args[1], 128)))
		return
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.hub.channels)) {
		if c.mayHear(name) && (len(args) == 2 || glob(args[2], []byte(name))) {
			names = append(names, name)
		}
	}
	c.w.Array(len(names))
	for _, name := range names {
		c.w.BulkString(name)
	}
}

func pubsubNumPat(s *Server, c *client, _ [][]byte) { c.w.Int(int64(len(s.hub.patterns))) }

func pubsubNumSub(s *Server, c *client, args [][]byte) {
	c.w.Array(2 * (len(args) - 2))
	for _, name := range args[2:] {
		c.w.Bulk(name)
		c.w.Int(int64(len(s.hub.channels[string(name)])))
	}
}
