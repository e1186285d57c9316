package gsetd_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"gset/internal/gsetd"
	"gset/internal/resp/redistest"
	"gset/internal/seeded"
)

// rounds of the comparison, each with a new connection and of so many commands.
const (
	roundsBeside   = 100
	commandsBeside = 300
)

// Random commands get the same replies from a server as from redis-server, byte by byte, but for
// the order of sets and what doc.go lists.
func TestRepliesAreThoseOfRedis(t *testing.T) {
	redis := redistest.Start(t, "--databases", "1")
	addr := serve(t, gsetd.Config{})
	w := &writer{Rand: rand.New(rand.NewPCG(seeded.Seed(t), 0))}
	for round := range roundsBeside {
		theirs, ours := dial(t, "unix", redis.Socket), dial(t, "tcp", addr)
		var commands [][]string
		if round%2 == 1 {
			commands = append(commands, []string{"HELLO", "3"})
		}
		for range commandsBeside {
			commands = append(commands, w.command())
		}
		var raw []byte
		for _, args := range commands {
			raw = appendCommand(raw, args...)
		}
		go func() { _, _ = theirs.nc.Write(raw) }()
		go func() { _, _ = ours.nc.Write(raw) }()
		for i, args := range commands {
			want, got := normal(args, theirs.read()), normal(args, ours.read())
			if want != got {
				t.Fatalf("round %d, command %d: %q\nredis: %.2000s\n gset: %.2000s", round, i, args, want, got)
			}
		}
		_ = theirs.nc.Close()
		_ = ours.nc.Close()
	}
}

// normal shows a reply without what may differ.
func normal(args []string, r reply) string {
	if r.kind == '-' {
		return r.String()
	}
	switch name := strings.ToLower(args[0]); name {
	case "sunion", "sinter", "sdiff", "smembers", "keys":
		r = r.sorted()
	case "srandmember":
		if len(args) == 2 {
			return fmt.Sprint(string(r.kind), r.null)
		}
		return fmt.Sprint(string(r.kind), len(r.parts))
	case "scan", "sscan": // which steps a walk has is not the same
		return fmt.Sprint(string(r.kind), len(r.parts))
	case "hello":
		for i := range r.parts {
			if r.parts[i].text == "id" {
				r.parts[i+1].text = "n"
			}
		}
	case "client":
		if sub := strings.ToLower(args[1]); sub == "id" {
			return string(r.kind)
		}
	case "command":
		return fmt.Sprint(string(r.kind), r.null)
	}
	return r.String()
}

// writer makes random commands.
type writer struct {
	*rand.Rand
	large int // counters of large numbers so far
}

func (w *writer) of(choices ...string) string { return choices[w.IntN(len(choices))] }

// key is a name: of sets, of counters, of both, or of nothing.
func (w *writer) key() string {
	return w.of("s", "n", "x", "none", "") + strconv.Itoa(w.IntN(4))
}

func (w *writer) set() string     { return w.of("s1", "s2", "s3", w.key()) }
func (w *writer) counter() string { return w.of("n1", "n2", "n3", w.key()) }

func (w *writer) element() string {
	return w.of("", "a", "b", "\x00", "\r\n", "5", "-1", strings.Repeat("long", 50)) + strconv.Itoa(w.IntN(12))
}

func (w *writer) number() string {
	return w.of("0", "1", "-1", "2", "3", "10", "-10", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
		"-9223372036854775809", "01", "+1", " 1", "1 ", "", "x", "1.5", "-0", "4611686018427387904", strconv.Itoa(w.IntN(100)))
}

// sum returns a counter and a number that makes one: not zero, if it is one. What is added to a
// counter and what is taken away are sums of 64 bits each, so those of large numbers are new now and then.
func (w *writer) sum() (name, n string) {
	n = w.number()
	switch {
	case n == "0":
		return w.sum()
	case !isLarge(n):
		return w.counter(), n
	}
	w.large++
	return largeName + strconv.Itoa(w.large/2), n
}

const largeName = "large" // that names of counters of large numbers begin with

func isLarge(n string) bool { return len(n) >= 10 }

func (w *writer) some(most int, f func() string) (all []string) {
	for range w.IntN(most + 1) {
		all = append(all, f())
	}
	return all
}

// patterns has what is special in patterns.
func (w *writer) pattern() string {
	return w.of("*", "?*", "s*", "[s-x]*", "[^s]*", "\\s*", "n?", "*1", "[", "[s", "[x-s]1", "s[0-2]", "*[12]", "", "none*", "[\\]s]*", "s\\", "[^", "[a-]*")
}

// command returns a random command: a valid one mostly.
func (w *writer) command() []string {
	args := w.valid()
	switch w.IntN(40) {
	case 0:
		args = append(args, w.element())
	case 1:
		args = args[:1+w.IntN(len(args))]
	case 2:
		args[w.IntN(len(args))] = w.of(w.element(), "3")
	case 3:
		args[0] = w.of("nonsense", strings.Repeat("x", 200), "ge\x00t", "sadd\r\n") // Redis may take get\x00 for get
	case 4:
		args[0] = strings.ToUpper(args[0])
	}
	if unfit(args) {
		return w.command()
	}
	return args
}

// unfit reports whether a changed command is one whose reply is meant to differ, or that would end the
// connection or wait.
func unfit(args []string) bool {
	switch strings.ToLower(args[0]) {
	case "quit", "reset", "wait", "client", "command", "config":
		return true
	case "incrby", "decrby":
		return len(args) == 3 && (args[2] == "0" || isLarge(args[2]) && !strings.HasPrefix(args[1], largeName))
	case "srandmember":
		return len(args) == 3 && len(args[2]) > 8 && args[2][0] == '-' && args[2] != "-9223372036854775808"
	}
	return false
}

func (w *writer) valid() []string {
	with := func(args []string, more ...string) []string { return append(args, more...) }
	switch w.IntN(30) {
	case 0, 1, 2, 3:
		return with([]string{"sadd", w.set(), w.element()}, w.some(5, w.element)...)
	case 4:
		return []string{"sismember", w.set(), w.element()}
	case 5:
		return with([]string{"smismember", w.set(), w.element()}, w.some(3, w.element)...)
	case 6:
		return []string{w.of("scard", "smembers", "srandmember"), w.set()}
	case 7:
		return []string{"srandmember", w.set(), w.number()}
	case 8, 9:
		return with([]string{w.of("sunion", "sinter", "sdiff"), w.set()}, w.some(3, w.set)...)
	case 10:
		n := w.IntN(4)
		args := []string{"sintercard", w.of(strconv.Itoa(n), strconv.Itoa(n), w.number())}
		for range n {
			args = append(args, w.set())
		}
		if w.IntN(2) == 0 {
			args = append(args, w.of("LIMIT", "limit", "x"), w.number())
		}
		return args
	case 11, 12, 13:
		return []string{w.of("incr", "decr"), w.counter()}
	case 14, 15:
		name, n := w.sum()
		return []string{w.of("incrby", "decrby"), name, n}
	case 16, 17:
		return []string{"get", w.counter()}
	case 18:
		return with([]string{"mget", w.counter()}, w.some(3, w.key)...)
	}
	return w.other()
}

// other is a command that is not about one kind of collection.
func (w *writer) other() []string {
	switch w.IntN(12) {
	case 0:
		return []string{"type", w.key()}
	case 1:
		return append([]string{w.of("exists", "touch"), w.key()}, w.some(3, w.key)...)
	case 2:
		return []string{"keys", w.pattern()}
	case 3:
		return []string{"dbsize"}
	case 4:
		return append([]string{"ping"}, w.some(1, w.element)...)
	case 5:
		return []string{"echo", w.element()}
	case 6:
		return []string{"select", w.of("0", "1", "-1", "x", "")}
	case 7:
		return append([]string{"hello"}, w.of("2", "3"))
	case 8:
		return []string{"hello", w.of("1", "4", "x", "3"), w.of("auth", "setname", "x"), w.of("default", "a b"), w.element()}
	case 9:
		return []string{"scan", w.of("0", "x", "-", "0 ", ""), w.of("match", "count", "type", "x"), w.number()}
	case 10:
		return []string{"sscan", w.set(), "0", w.of("match", "count", "type", "x"), w.number()}
	}
	return w.about()
}

// about is a command about the connection or the server.
func (w *writer) about() []string {
	switch w.IntN(9) {
	case 0:
		return []string{"auth", w.element()}
	case 1:
		return []string{"auth", w.of("default", "someone"), w.element()}
	case 2:
		return []string{"client", "setname", w.of("me", "a b", "", "you")}
	case 3:
		return []string{"client", w.of("getname", "id")}
	case 4:
		return []string{"command", w.of("count", "list")}
	case 5:
		return []string{"config", "get", w.of("save", "maxmemory-policy", "nothing")}
	case 6:
		return []string{w.of("config", "client", "memory", "latency", "pubsub"), w.of("nonsense", "")}
	case 7:
		return []string{"pubsub", "numsub", w.element()}
	}
	return []string{"client", "no-evict", w.of("on", "off", "x")}
}
