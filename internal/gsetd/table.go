package gsetd

import (
	"cmp"
	"slices"
	"strings"
)

// flags say what kind of command one is. Those that Redis has, have its names in COMMAND INFO.
type flags uint16

const (
	write flags = 1 << iota
	readonly
	denyOOM // adds: refused above the memory limit, and while the disk takes nothing
	admin
	pubsub
	noScript
	loading // answered while the node is loading
	stale
	fast
	noAuth // answered before AUTH
	allowBusy
	noAsyncLoading
	movableKeys
	whileSubscribed // allowed to a subscriber that speaks RESP2; Redis has no flag for it
	answers         // a command that writes, and whose reply tells what the collection has: it needs the right to read, too
	readsAll        // tells of all collections together
)

// flagNames are Redis' names of the flags, in their order.
var flagNames = []string{"write", "readonly", "denyoom", "admin", "pubsub", "noscript", "loading", "stale", "fast", "no_auth", "allow_busy", "no_async_loading", "movablekeys"}

// command is a row of the table of commands.
type command struct {
	name  string // in lower case; of a subcommand, container|name
	arity int    // arguments with the name; negative: at least so many
	flags flags
	keys  keys
	group string
	about string // what COMMAND DOCS says
	run   func(s *Server, c *client, args [][]byte)
}

// keys are the positions of the first and the last name of a collection in the arguments, and the
// step between two.
type keys struct{ first, last, step int }

var (
	noKeys  = keys{}
	oneKey  = keys{1, 1, 1}
	allKeys = keys{1, -1, 1}
)

// entry is a command in a server.
type entry struct {
	command
	subs  map[string]*entry // of a container, by name
	usage usage
}

// list returns the entry's subcommands by name.
func (e *entry) list() []*entry {
	var all []*entry
	for _, sub := range e.subs {
		all = append(all, sub)
	}
	return sorted(all)
}

func sorted(all []*entry) []*entry {
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.name, b.name) })
	return all
}

// index makes the server's commands of the table.
func (s *Server) index() {
	s.commands = map[string]*entry{}
	for _, table := range [][]command{connectionTable(), serverTable(), keyTable(), setTable(), counterTable(), pubsubTable(), refusedTable()} {
		for _, c := range table {
			e := &entry{command: c}
			container, sub, isSub := strings.Cut(c.name, "|")
			if !isSub {
				s.commands[c.name] = e
				s.ordered = append(s.ordered, e)
				continue
			}
			of := s.commands[container]
			if of.subs == nil {
				of.subs = map[string]*entry{}
			}
			of.subs[sub] = e
		}
	}
	for _, e := range sorted(s.ordered) {
		if e.subs != nil {
			e.addHelp()
		}
	}
}
