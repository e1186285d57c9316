package resp_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"gset/internal/resp"

	"pgregory.net/rapid"
)

// feed is a client's stream in pieces, and the state of a connection that receives them.
type feed struct {
	parser   resp.Parser
	buf      []byte
	commands []string // each command's arguments, quoted
	err      error
}

// receive takes one piece and all commands that are whole then. The parser sees the buffer in
// fresh memory each time, and the old memory is overwritten, so that it must not keep slices.
func (f *feed) receive(piece []byte) {
	fresh := append(bytes.Clone(f.buf), piece...)
	for i := range f.buf {
		f.buf[i] = 0xdb
	}
	f.buf = fresh
	for f.err == nil {
		args, n, err := f.parser.Next(f.buf)
		f.err = err
		if args != nil {
			f.commands = append(f.commands, fmt.Sprintf("%q", args))
		}
		f.buf = f.buf[n:]
		if args == nil {
			return
		}
	}
}

func parseAll(stream []byte, authenticated bool, cuts ...int) *feed {
	f := &feed{parser: resp.Parser{Authenticated: authenticated}}
	last := 0
	for _, cut := range cuts {
		f.receive(stream[last:cut])
		last = cut
	}
	f.receive(stream[last:])
	return f
}

func (f *feed) same(g *feed) error {
	if !reflect.DeepEqual(f.commands, g.commands) || f.err != g.err {
		return fmt.Errorf("%v %v and %v %v", f.commands, f.err, g.commands, g.err)
	}
	return nil
}

func multibulk(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

// drawInline draws a command's inline form: each argument bare if it can be, or in quotes.
func drawInline(t *rapid.T, args []string) string {
	var b strings.Builder
	for i, arg := range args {
		if i > 0 {
			b.WriteString(rapid.SampledFrom([]string{" ", "\t", "  ", " \v\f"}).Draw(t, "blank"))
		}
		bare := arg != "" && !strings.ContainsAny(arg, " \t\r\n\v\f\x00'\"") && (i > 0 || arg[0] != '*')
		single := !strings.ContainsAny(arg, "\n\\\x00")
		switch form := rapid.IntRange(0, 2).Draw(t, "form"); {
		case form == 0 && bare:
			b.WriteString(arg)
		case form == 1 && single:
			b.WriteString("'" + strings.ReplaceAll(arg, "'", `\'`) + "'")
		default:
			b.WriteByte('"')
			for _, c := range []byte(arg) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
			b.WriteByte('"')
		}
	}
	return b.String() + rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
}

func TestCommandsComeOutAsTheyWentInHoweverTheyAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var want []string
		for range rapid.IntRange(1, 6).Draw(t, "commands") {
			arg := rapid.OneOf(rapid.StringMatching(`[a-z*$:]{0,12}`), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }))
			args := rapid.SliceOfN(arg, 1, 12).Draw(t, "args")
			if rapid.Bool().Draw(t, "inline") {
				stream = append(stream, drawInline(t, args)...)
			} else {
				stream = append(stream, multibulk(args...)...)
			}
			want = append(want, fmt.Sprintf("%q", args))
			stream = append(stream, rapid.SampledFrom([]string{"", "", "\r\n", "\n", "*0\r\n", "*-1\r\n", " \t\n"}).Draw(t, "empty")...)
		}
		var cuts []int
		for at := 0; ; {
			at += rapid.IntRange(1, len(stream)).Draw(t, "piece")
			if at >= len(stream) {
				break
			}
			cuts = append(cuts, at)
		}
		f := parseAll(stream, true, cuts...)
		if f.err != nil || !reflect.DeepEqual(f.commands, want) || len(f.buf) > 0 {
			t.Fatalf("%q, cut at %v: %v %v, left %q; want %v", stream, cuts, f.commands, f.err, f.buf, want)
		}
	})
}

func TestEveryCutOfAStreamReadsTheSame(t *testing.T) {
	for _, stream := range streams() {
		if len(stream) > 2000 {
			continue
		}
		for _, authenticated := range []bool{false, true} {
			whole := parseAll([]byte(stream), authenticated)
			every := make([]int, len(stream))
			for at := range stream {
				every[at] = at
				if err := whole.same(parseAll([]byte(stream), authenticated, at)); err != nil {
					t.Fatalf("%q cut at %d: %v", stream, at, err)
				}
			}
			if err := whole.same(parseAll([]byte(stream), authenticated, every...)); err != nil {
				t.Fatalf("%q byte by byte: %v", stream, err)
			}
		}
	}
}

func TestLimitsHoldAtBelowAndAbove(t *testing.T) {
	limits := resp.Limits{Args: 20, Bulk: 20000, Command: 50000}
	bulk := func(n int) string { return strings.Repeat("x", n) }
	args := func(n int) string { return multibulk(strings.Split(strings.Repeat("y ", n-1)+"y", " ")...) }
	frame := len("*3\r\n") + 3*len("$16000\r\n\r\n")
	for _, c := range []struct {
		stream        string
		authenticated bool
		err           string
	}{
		{args(10), false, ""},
		{args(11), false, "unauthenticated multibulk length"},
		{args(11), true, ""},
		{args(20), true, ""},
		{args(21), true, "invalid multibulk length"},
		{args(21), false, "unauthenticated multibulk length"},
		{multibulk(bulk(16384)), false, ""},
		{multibulk(bulk(16385)), false, "unauthenticated bulk length"},
		{multibulk(bulk(16385)), true, ""},
		{multibulk(bulk(20000)), true, ""},
		{multibulk(bulk(20001)), true, "invalid bulk length"},
		{multibulk(bulk(16000), bulk(16000), bulk(18000-frame)), true, ""},
		{multibulk(bulk(16000), bulk(16000), bulk(18000-frame+1)), true, "too big multibulk request"},
		{bulk(65536) + "\n", false, ""},
		{bulk(65537) + "\n", false, "too big inline request"},
		{"*" + bulk(65537), true, "too big mbulk count string"},
		{"*1\r\n$" + bulk(65537), true, "too big bulk count string"},
	} {
		f := feed{parser: resp.Parser{Limits: limits, Authenticated: c.authenticated}}
		f.receive([]byte(c.stream))
		switch {
		case c.err == "" && (f.err != nil || len(f.commands) != 1):
			t.Errorf("%.40q, %d bytes: %d commands, %v", c.stream, len(c.stream), len(f.commands), f.err)
		case c.err != "" && (f.err == nil || f.err.Error() != "Protocol error: "+c.err || len(f.commands) != 0):
			t.Errorf("%.40q, %d bytes: %d commands, %v; want %s", c.stream, len(c.stream), len(f.commands), f.err, c.err)
		}
	}
}

func TestAnErrorIsFinal(t *testing.T) {
	var p resp.Parser
	for range 3 {
		args, n, err := p.Next([]byte("*x\r\nPING\r\n"))
		if args != nil || n != 0 || err == nil {
			t.Fatal(args, n, err)
		}
	}
}

// A parser that went over a line or a command again would be caught by what is put in the
// place of the bytes it has passed.
func TestNoByteIsSearchedTwice(t *testing.T) {
	var p resp.Parser
	line := []byte(strings.Repeat("x", 60000) + "\n")
	for i := range line {
		_, n, err := p.Next(line[:i+1])
		if err != nil || n > 0 != (i == len(line)-1) || n > 0 && n != len(line) {
			t.Fatal(i, n, err)
		}
		line[i] = '\n'
	}

	p = resp.Parser{Authenticated: true}
	const elements = 1000
	command := []byte(multibulk(strings.Split(strings.Repeat("elem ", elements-1)+"elem", " ")...))
	for i := range command {
		args, _, err := p.Next(command[:i+1])
		if err != nil || (args != nil) != (i == len(command)-1) {
			t.Fatal(i, len(args), err)
		}
		if args != nil && (len(args) != elements || string(args[elements-1]) != "elem") {
			t.Fatalf("%d arguments, the last %q", len(args), args[len(args)-1])
		}
		if before := i - len("$4\r\nelem\r\n"); before > len("*1000\r\n") && command[before] != 'e' && command[before] != 'l' && command[before] != 'm' {
			command[before] = '#' // a header of an argument that is read
		}
	}
}

func TestOneCommandOf200000ElementsFedInPieces(t *testing.T) {
	const elements = 200_000
	args := []string{"SADD", "key"}
	for i := range elements {
		args = append(args, "element:"+strconv.Itoa(i))
	}
	stream := []byte(multibulk(args...))
	p := resp.Parser{Authenticated: true}
	for size := 1; ; size = min(size+1000, len(stream)) {
		got, n, err := p.Next(stream[:size])
		if err != nil {
			t.Fatal(err)
		}
		if got == nil {
			continue
		}
		if n != len(stream) || len(got) != len(args) {
			t.Fatalf("%d bytes of %d, %d arguments", n, len(stream), len(got))
		}
		for i, arg := range args {
			if string(got[i]) != arg {
				t.Fatalf("argument %d is %q", i, got[i])
			}
		}
		return
	}
}

func TestNothingIsAllocatedForWhatIsOnlyAnnounced(t *testing.T) {
	for _, stream := range []string{"*524288\r\n", "*1\r\n$1048576\r\n", "*524288\r\n$1048576\r\n", "*9\r\n$16384\r\nxx"} {
		buf := []byte(stream)
		if n := testing.AllocsPerRun(100, func() {
			p := resp.Parser{Authenticated: true}
			if args, _, err := p.Next(buf); args != nil || err != nil {
				t.Fatal(stream, args, err)
			}
		}); n > 0 {
			t.Errorf("%q: %v allocations", stream, n)
		}
	}
}

func TestSteadyCommandsAllocateNothing(t *testing.T) {
	buf := []byte(multibulk("SADD", "key", "element") + "SISMEMBER key element\r\n" + "ECHO \"a\\x00b\"\n" + multibulk("PING"))
	var p resp.Parser
	if n := testing.AllocsPerRun(1000, func() {
		rest := buf
		for len(rest) > 0 {
			args, n, err := p.Next(rest)
			if args == nil || err != nil {
				t.Fatal(args, err)
			}
			rest = rest[n:]
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParser(f *testing.F) {
	for _, stream := range streams() {
		if len(stream) < 200 {
			f.Add([]byte(stream), uint16(3), true)
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte, cut uint16, authenticated bool) {
		whole := parseAll(stream, authenticated)
		at := int(cut) % (len(stream) + 1)
		if err := whole.same(parseAll(stream, authenticated, at)); err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		if len(stream) <= 1000 {
			every := make([]int, len(stream))
			for at := range stream {
				every[at] = at
			}
			if err := whole.same(parseAll(stream, authenticated, every...)); err != nil {
				t.Fatalf("byte by byte: %v", err)
			}
		}
	})
}

func BenchmarkParser(b *testing.B) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"PING", []string{"PING"}},
		{"SADD", []string{"SADD", "myset", "element:000000123456"}},
	} {
		b.Run(c.name, func(b *testing.B) {
			buf := []byte(strings.Repeat(multibulk(c.args...), 100))
			var p resp.Parser
			b.ReportAllocs()
			for i := 0; i < b.N; {
				for rest := buf; len(rest) > 0; i++ {
					_, n, _ := p.Next(rest)
					rest = rest[n:]
				}
			}
		})
	}
}
