package gsetd

import (
	"cmp"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"gset/crdt"
)

func serverTable() []command {
	const ask, control = loading | stale, admin | noScript | loading | stale
	return append([]command{
		{"bgsave", -1, admin | noScript | noAsyncLoading, noKeys, "server", "Writes a backup to the file that gsetd was started with.", bgsave},
		{"lastsave", 1, ask | fast, noKeys, "server", "Returns when the last backup was written.", lastsave},
		{"command", -1, ask, noKeys, "server", "Returns what COMMAND INFO has of all commands.", commandAll},
		{"command|count", 2, ask, noKeys, "server", "Returns the number of commands.", commandCount},
		{"command|docs", -2, ask, noKeys, "server", "Returns what commands are for.", commandDocs},
		{"command|info", -2, ask, noKeys, "server", "Returns the arities, flags and keys of commands.", commandInfo},
		{"command|list", -2, ask, noKeys, "server", "Returns the names of all commands.", commandList},
		{"config", -2, 0, noKeys, "server", "Has commands about the configuration.", nil},
		{"config|get", -3, control, noKeys, "server", "Returns settings whose names match patterns.", configGet},
		{"config|resetstat", 2, control, noKeys, "server", "Sets the counts of INFO back to zero.", configResetStat},
		{"config|rewrite", 2, control, noKeys, "server", "Refused: settings are flags of the program.", configSet},
		{"config|set", -4, control, noKeys, "server", "Refused: settings are flags of the program.", configSet},
		{"info", -1, ask, noKeys, "server", "Returns figures of the server.", info},
		{"latency", -2, 0, noKeys, "server", "Has commands about how long commands take.", nil},
		{"latency|histogram", -2, control, noKeys, "server", "Returns how long commands took.", latencyHistogram},
		{"latency|history", 3, control, noKeys, "server", "Returns nothing: no events are kept.", latencyNone},
		{"latency|latest", 2, control, noKeys, "server", "Returns nothing: no events are kept.", latencyNone},
		{"latency|reset", -2, control, noKeys, "server", "Returns 0: no events are kept.", latencyReset},
		{"memory", -2, 0, noKeys, "server", "Has commands about memory.", nil},
		{"memory|usage", -3, readonly, keys{2, 2, 1}, "server", "Estimates the bytes of memory that a collection takes.", memoryUsage},
		{"wait", 3, noScript, noKeys, "generic", "Waits until other members hold what was written.", wait},
	}, userTable()...)
}

func commandCount(s *Server, c *client, _ [][]byte) { c.w.Int(int64(len(s.ordered))) }

func commandAll(s *Server, c *client, _ [][]byte) {
	c.w.Array(len(s.ordered))
	for _, e := range s.ordered {
		c.describe(e)
	}
}

func commandList(s *Server, c *client, args [][]byte) {
	if len(args) > 2 {
		c.err(badSyntax)
		return
	}
	c.w.Array(len(s.ordered))
	for _, e := range s.ordered {
		c.w.BulkString(e.name)
	}
}

// named returns the command, or the subcommand "container|name", of an argument.
func (s *Server) named(arg []byte) *entry {
	container, sub, isSub := strings.Cut(strings.ToLower(string(clip(arg, 2*longestName))), "|")
	e := s.commands[container]
	if e == nil || !isSub {
		return e
	}
	return e.subs[sub]
}

func commandInfo(s *Server, c *client, args [][]byte) {
	if len(args) == 2 {
		commandAll(s, c, args)
		return
	}
	c.w.Array(len(args) - 2)
	for _, arg := range args[2:] {
		if e := s.named(arg); e != nil {
			c.describe(e)
		} else {
			c.w.NullArray()
		}
	}
}

// describe answers what COMMAND INFO has of a command: Redis' ten parts, of which the tips and the
// specifications of keys are left empty.
func (c *client) describe(e *entry) {
	c.w.Array(10)
	c.w.BulkString(e.name)
	c.w.Int(int64(e.arity))
	c.simpleSet(e.flags.names())
	c.w.Int(int64(e.keys.first))
	c.w.Int(int64(e.keys.last))
	c.w.Int(int64(e.keys.step))
	c.simpleSet(e.categories())
	c.w.Array(0)
	c.w.Array(0)
	subs := e.list()
	c.w.Array(len(subs))
	for _, sub := range subs {
		c.describe(sub)
	}
}

func (c *client) simpleSet(words []string) {
	c.w.Set(len(words))
	for _, word := range words {
		c.w.Simple(word)
	}
}

func (f flags) names() []string {
	var names []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// categories are those of Redis' access lists.
func (e *entry) categories() []string {
	var all []string
	for _, of := range []struct {
		flag flags
		name string
	}{{write, "@write"}, {readonly, "@read"}, {admin, "@admin"}, {pubsub, "@pubsub"}} {
		if e.flags&of.flag != 0 {
			all = append(all, of.name)
		}
	}
	if group := map[string]string{"set": "@set", "string": "@string", "connection": "@connection", "generic": "@keyspace"}[e.group]; group != "" {
		all = append(all, group)
	}
	if e.flags&fast != 0 {
		return append(all, "@fast")
	}
	return append(all, "@slow")
}

func commandDocs(s *Server, c *client, args [][]byte) {
	found := s.ordered
	if len(args) > 2 {
		found = nil
		for _, arg := range args[2:] {
			if e := s.named(arg); e != nil {
				found = append(found, e)
			}
		}
	}
	c.w.Map(len(found))
	for _, e := range found {
		c.document(e)
	}
}

func (c *client) document(e *entry) {
	subs := e.list()
	c.w.BulkString(e.name)
	c.w.Map(2 + boolInt(len(subs) > 0))
	c.pair("summary", e.about)
	c.pair("group", e.group)
	if len(subs) > 0 {
		c.w.BulkString("subcommands")
		c.w.Map(len(subs))
		for _, sub := range subs {
			c.document(sub)
		}
	}
}

// settings are what CONFIG GET knows, under Redis' names.
func (s *Server) settings() map[string]string {
	host, port, _ := net.SplitHostPort(s.config.Address)
	limits := s.config.Limits.WithDefaults()
	status := s.node.Status()
	appendOnly, fsync := "no", "no"
	if status.Durable != Never {
		appendOnly, fsync = "yes", status.Durable.String()
	}
	return map[string]string{
		"appendfsync":            fsync,
		"appendonly":             appendOnly,
		"bind":                   host,
		"databases":              "1",
		"maxclients":             strconv.Itoa(s.maxConns()),
		"maxmemory":              strconv.FormatInt(s.config.MaxMemory, 10),
		"maxmemory-policy":       "noeviction",
		"notify-keyspace-events": "AKE",
		"port":                   port,
		"proto-max-bulk-len":     strconv.Itoa(limits.Bulk),
		"save":                   "",
		"timeout":                "0",
	}
}

func configGet(s *Server, c *client, args [][]byte) {
	settings := s.settings()
	var found []string
	for _, name := range sortedKeys(settings) {
		if slices.ContainsFunc(args[2:], func(pattern []byte) bool {
			return glob([]byte(strings.ToLower(string(pattern))), []byte(name))
		}) {
			found = append(found, name)
		}
	}
	c.w.Map(len(found))
	for _, name := range found {
		c.pair(name, settings[name])
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func configResetStat(s *Server, c *client, _ [][]byte) {
	s.resetStats()
	c.ok()
}

func configSet(_ *Server, c *client, args [][]byte) {
	c.err("CONFIG " + strings.ToUpper(string(args[1])) + " is refused: settings are flags of gsetd, read when it starts")
}

func latencyNone(_ *Server, c *client, _ [][]byte)  { c.w.Array(0) }
func latencyReset(_ *Server, c *client, _ [][]byte) { c.w.Int(0) }

// latencyHistogram answers, of commands that were called, how many calls took no more than so many
// microseconds, at powers of two.
func latencyHistogram(s *Server, c *client, args [][]byte) {
	asked := map[*entry]bool{}
	for _, arg := range args[2:] {
		if e := s.named(arg); e != nil {
			asked[e] = true
			for _, sub := range e.subs {
				asked[sub] = true
			}
		}
	}
	var found []*entry
	s.eachUsed(func(e *entry) {
		if e.usage.calls > 0 && (len(args) == 2 || asked[e]) {
			found = append(found, e)
		}
	})
	c.w.Map(len(found))
	for _, e := range found {
		c.w.BulkString(e.name)
		c.w.Map(2)
		c.w.BulkString("calls")
		c.w.Int(int64(e.usage.calls))
		c.w.BulkString("histogram_usec")
		c.histogram(&e.usage)
	}
}

func (c *client) histogram(u *usage) {
	last := 0
	for i, n := range u.buckets {
		if n > 0 {
			last = i
		}
	}
	c.w.Map(last + 1)
	sum := uint64(0)
	for i, n := range u.buckets[:last+1] {
		sum += n
		c.w.Int(int64(1) << i)
		c.w.Int(int64(sum))
	}
}

// memoryUsage estimates by the mean of some elements, as Redis does.
func memoryUsage(s *Server, c *client, args [][]byte) {
	samples := int64(5)
	for options := args[3:]; len(options) > 0; options = options[2:] {
		if !is(options[0], "samples") || len(options) < 2 {
			c.err(badSyntax)
			return
		}
		n, ok := c.integer(options[1])
		if !ok {
			return
		}
		if n < 0 {
			c.err(badSyntax)
			return
		}
		samples = n
	}
	state, name := s.node.View(), string(args[2])
	of := state.Lookup(name)
	if of.Kind() == crdt.NoKind {
		c.w.Null()
		return
	}
	// As measured of a state of a million elements, beside the elements' own bytes.
	const nameBytes, elementBytes, entryBytes = 80, 17, 43
	n := int64(len(name) + nameBytes + of.Entries*entryBytes)
	if of.Elements > 0 {
		some, _ := state.ScanElements(name, 0, int(min(cmp.Or(samples, mostScanned), mostScanned)))
		sum := 0
		for _, e := range some {
			sum += len(e) + elementBytes
		}
		n += int64(sum) * int64(of.Elements) / int64(max(len(some), 1))
	}
	c.w.Int(n)
}
