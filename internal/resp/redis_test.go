package resp_test

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"
	"strings"
	"testing"

	"gset/internal/resp"
	"gset/internal/resp/redistest"

	"pgregory.net/rapid"
)

// streams are what clients send, and what they should not.
func streams() []string {
	streams := []string{
		"", "\n", "\r\n", "\r", "\r\r\n", "\n\n\r\nPING\r\n", "PING\n", "PING\r\n", "PING\r", "  PING  \n", "ping\r\nPING\n",
		"*0\r\n", "*-1\r\n", "*-2\r\n", "*0\r\nPING\r\n", "*-1\r\n*-5\r\n" + multibulk("PING"),
		"*1\r\n$4\r\nPING\r\n", "*1\r\n$4\r\nPINGxxPING\r\n", "*1\rX$4\rYPINGZZPING\n", "*1\r\n$4\r\nPIN", "*1\r\n$4\r", "*1\r",
		"*1\n$4\nPING\n", "*1\r\n$9223372036854775807\r\n", "*1\r\n$9223372036854775808\r\n", "*1\r\n$18446744073709551616\r\n",
		"*2000000000\r\n", "*2147483647\r\n", "*2147483648\r\n", "*9223372036854775807\r\n", "*9223372036854775808\r\n",
		"*99999999999999999999999999\r\n", "*-9223372036854775808\r\nPING\n", "*-9223372036854775809\r\nPING\n", "*1048577\r\n",
		"*1\r\n$-1\r\n", "*1\r\n$-2\r\n", "*1\r\n$0\r\n\r\n", "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "*1\r\n$536870913\r\n", "*1\r\n$1048577\r\n",
		"*\r\n", "*-\r\n", "*+1\r\n", "*01\r\n", "*00\r\n", "*-0\r\n", "*1 \r\n", "* 1\r\n", "*1x\r\n", "*x\r\n", "*-01\r\n",
		"*1\r\n$\r\n", "*1\r\n$x\r\n", "*1\r\n$+4\r\nPING\r\n", "*1\r\n$04\r\nPING\r\n", "*1\r\n$4x\r\nPING\r\n",
		"*1\r\nPING\r\n", "*1\r\n:1\r\n", "*1\r\n\r\n", "*1\r\n\n\r\n", "*1\r\n*1\r\n$4\r\nPING\r\n", "*1\r\n\xff\r\n", "*1\r\n'\r\n", "*2\r\n$4\r\nECHO\r\n+a\r\n",
		"*3\r\n$4\r\nPING\r\n$-5\r\n", "*1\r\n$4\r\nPING\r\n*x\r\n*1\r\n$4\r\nPING\r\n",
		"\x00", "\x00\n", "PI\x00NG\r\n", "PING\x00\r\nPING\r\n", "*1\x00\r\n$4\r\nPING\r\n", "*1\r\n$4\x00\r\nPING\r\n", "*2\r\n$4\r\nECHO\r\n$3\r\na\x00b\r\n",
		"ECHO \"a b\"\n", "ECHO 'a b'\n", "ECHO \"a\\x41\\n\\r\\t\\b\\a\\q\\\\\\\"\"\n", "ECHO 'a\\'b\\n\\x41'\n", "ECHO \"\"\n", "ECHO ''\n", "\"\"\n", "'' ''\n",
		"ECHO \"abc\n", "ECHO 'abc\n", "ECHO \"a\"b\n", "ECHO 'a'b\n", "ECHO a\"b c\"\n", "ECHO a'b'\"c\"\n", "ECHO \"abc\\\n", "ECHO \"abc\\\"\n", "ECHO 'abc\\'\n",
		"ECHO \"\\x4\"\n", "ECHO \"\\x4g\"\n", "ECHO \"\\xAf\\x0\"\n", "ECHO \"\\x\"\n", "ECHO \"\\x4", "ECHO \"a\"\vx\n", "ECHO \"a\"\tx\n", "ECHO a\vb\n", "ECHO\va\n", "ECHO a\rb\n", "ECHO \fa\n",
		"\"PING\"\n", "'PING'\n", "\"ECHO\" \"*1\"\n", "$4\r\nPING\r\n", ":1\r\n", "+OK\r\n", "-ERR\r\n", "a b c d e f g h i j k l m\r\n", "ECHO \"a\"\r\n", "\"\"\"\"\n",
		strings.Repeat("PING\r\n", 50) + strings.Repeat(multibulk("ECHO", "a"), 50),
		multibulk(strings.Split("ECHO b c d e f g h i j", " ")...), multibulk(strings.Split("ECHO b c d e f g h i j k", " ")...),
		"nosuch " + strings.Repeat("argument ", 40) + "\r\n", strings.Repeat("n", 300) + " a\n", multibulk("a\r\nb", "c\r\nd"), multibulk("a\x00b", "c\x00d"), multibulk(""), multibulk("ping", "a"), multibulk("ping", "a", "b"), multibulk("ECHO"),
		multibulk("ECHO", strings.Repeat("x", 16384)), multibulk("ECHO", strings.Repeat("x", 16385)), multibulk("ECHO", "", strings.Repeat("x", 1<<20)), multibulk("ECHO", "", strings.Repeat("x", 1<<20+1)),
		strings.Repeat("x", 200_000), "*" + strings.Repeat("1", 200_000), "*1\r\n$" + strings.Repeat("1", 200_000), "*1\r\n" + strings.Repeat("1", 200_000), "\x00" + strings.Repeat("\n", 200_000),
		"ECHO " + strings.Repeat("x", 60_000) + "\r\n", "ECHO \"" + strings.Repeat("\\x41", 15_000) + "\"\r\n", strings.Repeat("\r\n", 50_000) + "PING\n", strings.Repeat("*0\r\n", 20_000) + "PING\n", strings.Repeat("a ", 30_000) + "\n",
	}
	return append(streams, "AUTH wrong\n", "AUTH secret\nPING\n", "PING\nAUTH secret\n"+multibulk("ECHO", strings.Repeat("x", 20000)), "AUTH secret\n"+multibulk(strings.Split("ECHO b c d e f g h i j k", " ")...))
}

// ours answers a stream as this package reads it, with the few commands that streams know.
func ours(stream []byte, needsPassword bool) []byte {
	p := resp.Parser{Authenticated: !needsPassword}
	var w resp.Writer
	for rest := stream; ; {
		args, n, err := p.Next(rest)
		if err != nil {
			w.Error("ERR", err.Error())
			return w.Buf
		}
		if args == nil {
			return w.Buf
		}
		rest = rest[n:]
		execute(args, &p, &w)
	}
}

func execute(args [][]byte, p *resp.Parser, w *resp.Writer) {
	name := strings.ToLower(string(args[0]))
	switch {
	case name != "ping" && name != "echo" && name != "auth":
		w.Error("ERR", unknown(args))
	case name == "echo" && len(args) != 2, name == "auth" && len(args) < 2:
		w.Error("ERR", "wrong number of arguments for '"+name+"' command")
	case name == "auth" && len(args) > 3:
		w.Error("ERR", "syntax error")
	case name == "auth" && (string(args[len(args)-1]) != "secret" || len(args) == 3 && string(args[1]) != "default"):
		w.Error("WRONGPASS", "invalid username-password pair or user is disabled.")
	case name == "auth":
		p.Authenticated = true
		w.Simple("OK")
	case !p.Authenticated:
		w.Error("NOAUTH", "Authentication required.")
	case len(args) > 2:
		w.Error("ERR", "wrong number of arguments for 'ping' command")
	case len(args) == 2:
		w.Bulk(args[1])
	default:
		w.Simple("PONG")
	}
}

// unknown is what Redis says of a command that it does not know, by C's rules for strings.
func unknown(args [][]byte) string {
	text := func(b []byte, most int) string {
		b, _, _ = bytes.Cut(b, []byte{0})
		return string(b[:min(len(b), most)])
	}
	said := ""
	for _, arg := range args[1:] {
		if len(said) >= 128 {
			break
		}
		said += "'" + text(arg, 128-len(said)) + "' "
	}
	return fmt.Sprintf("unknown command '%s', with args beginning with: %s", text(args[0], 128), said)
}

// theirs sends a stream to a server, ends it there, and returns all that the server answers.
func theirs(t rapid.TB, socket string, stream []byte) []byte {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = conn.Write(stream) // the server may have closed the connection by now
		_ = conn.(*net.UnixConn).CloseWrite()
	}()
	answer, err := io.ReadAll(conn)
	_ = conn.Close()
	<-sent
	if err != nil && len(answer) == 0 {
		t.Fatalf("%.100q: %v", stream, err)
	}
	return answer
}

// startPair starts a redis-server whose limit for a bulk is ours, and one that needs a password.
func startPair(t *testing.T) (open, closed string) {
	return redistest.Start(t, "--proto-max-bulk-len", "1048576").Socket, redistest.Start(t, "--requirepass", "secret").Socket
}

// oursIsLower says of a stream that it announces more arguments than our limit and fewer than
// that of Redis.
func oursIsLower(stream []byte) bool {
	for _, count := range []string{"*2000000000", "*2147483647", "*1048577"} {
		if bytes.HasPrefix(stream, []byte(count)) {
			return true
		}
	}
	return false
}

func TestStreamsReadAsRedisReadsThem(t *testing.T) {
	open, closed := startPair(t)
	for _, stream := range streams() {
		stream := []byte(stream)
		if got, want := ours(stream, true), theirs(t, closed, stream); !bytes.Equal(got, want) {
			t.Errorf("before AUTH: %.100q: %.200q, Redis %.200q", stream, got, want)
		}
		if bytes.Contains(stream, []byte("AUTH")) || oursIsLower(stream) {
			continue
		}
		if got, want := ours(stream, false), theirs(t, open, stream); !bytes.Equal(got, want) {
			t.Errorf("%.100q: %.200q, Redis %.200q", stream, got, want)
		}
	}
}

// Commands, valid and not, mutated at a few places.
func TestRandomStreamsReadAsRedisReadsThem(t *testing.T) {
	open, closed := startPair(t)
	word := rapid.OneOf(rapid.SampledFrom([]string{"PING", "ECHO", "echo", "x", "", "*1", "\"a b\"", "'c'", "\\x41", "\r\n", "\x00"}), rapid.StringMatching(`["' a\\xt]{0,6}`))
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		for range rapid.IntRange(1, 5).Draw(t, "commands") {
			args := append([]string{rapid.SampledFrom([]string{"PING", "ECHO", "ECHO", "AUTH"}).Draw(t, "name")}, rapid.SliceOfN(word, 0, 12).Draw(t, "args")...)
			if args[0] == "AUTH" {
				args = []string{"AUTH", "secret"}
			}
			switch rapid.IntRange(0, 2).Draw(t, "form") {
			case 0:
				stream = append(stream, strings.Join(args, " ")+"\r\n"...)
			default:
				stream = append(stream, multibulk(args...)...)
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "mutations") {
			at := rapid.IntRange(0, len(stream)-1).Draw(t, "at")
			put := rapid.SampledFrom([]byte("\r\n\x00*$-0123456789 \"'x")).Draw(t, "byte")
			switch rapid.IntRange(0, 2).Draw(t, "how") {
			case 0:
				stream[at] = put
			case 1:
				stream = append(stream[:at], append([]byte{put}, stream[at:]...)...)
			default:
				stream = append(stream[:at], stream[at+1:]...)
			}
			if len(stream) == 0 {
				return
			}
		}
		if got, want := ours(stream, true), theirs(t, closed, stream); !bytes.Equal(got, want) {
			t.Fatalf("before AUTH: %q: %q, Redis %q", stream, got, want)
		}
		if bytes.Contains(bytes.ToLower(stream), []byte("auth")) {
			return
		}
		if got, want := ours(stream, false), theirs(t, open, stream); !bytes.Equal(got, want) {
			t.Fatalf("%q: %q, Redis %q", stream, got, want)
		}
	})
}

func TestRepliesAreThoseOfRedis(t *testing.T) {
	socket := redistest.Start(t, "--enable-debug-command", "yes").Socket
	ints := func(w *resp.Writer) {
		for i := range 3 {
			w.Int(int64(i))
		}
	}
	for name, write := range map[string]func(w *resp.Writer){
		"string":  func(w *resp.Writer) { w.BulkString("Hello World") },
		"integer": func(w *resp.Writer) { w.Int(12345) },
		"double":  func(w *resp.Writer) { w.Double(3.141) },
		"null":    func(w *resp.Writer) { w.Null() },
		"array":   func(w *resp.Writer) { w.Array(3); ints(w) },
		"set":     func(w *resp.Writer) { w.Set(3); ints(w) },
		"map": func(w *resp.Writer) {
			w.Map(3)
			for i := range 3 {
				w.Int(int64(i))
				w.Bool(i == 1)
			}
		},
		"push": func(w *resp.Writer) {
			if w.Protocol < resp.RESP3 {
				w.Error("ERR", "RESP2 is not supported by this command")
				return
			}
			w.Push(2)
			w.Bulk([]byte("server-cpu-usage"))
			w.Int(42)
			w.BulkString("Some real reply following the push reply")
		},
		"verbatim": func(w *resp.Writer) { w.Verbatim("This is a verbatim\nstring") },
		"true":     func(w *resp.Writer) { w.Bool(true) },
		"false":    func(w *resp.Writer) { w.Bool(false) },
	} {
		for _, protocol := range []resp.Protocol{resp.RESP2, resp.RESP3} {
			hello := fmt.Sprintf("HELLO %d\r\n", protocol)
			w := resp.Writer{Protocol: protocol}
			write(&w)
			answer := theirs(t, socket, []byte(hello+"PING fence\r\nDEBUG PROTOCOL "+name+"\r\n"))
			_, want, _ := bytes.Cut(answer, []byte("$5\r\nfence\r\n"))
			if !bytes.Equal(w.Buf, want) {
				t.Errorf("%s in RESP%d: %q, Redis %q", name, protocol, w.Buf, want)
			}
		}
	}
	for _, protocol := range []resp.Protocol{resp.RESP2, resp.RESP3} {
		w := resp.Writer{Protocol: protocol}
		w.NullArray()
		answer := theirs(t, socket, fmt.Appendf(nil, "HELLO %d\r\nPING fence\r\nLPOP nosuch 1\r\n", protocol))
		_, want, _ := bytes.Cut(answer, []byte("fence\r\n"))
		if !bytes.Equal(w.Buf, want) {
			t.Errorf("null array in RESP%d: %q, Redis %q", protocol, w.Buf, want)
		}
	}
}

func TestDoublesArePrintedAsRedisPrintsThem(t *testing.T) {
	socket := redistest.Start(t).Socket
	double := rapid.OneOf(rapid.Float64(), rapid.Map(rapid.Uint64(), math.Float64frombits),
		rapid.SampledFrom([]float64{0, 1, -1, 0.1, 100, 1e15, 1e16, 1e17, 1e18, 123456789012345678, 9999999999999999.5, 1e-4, 1e-5, 0.00012345, 1e100, 1e-300, 5e-324, math.MaxFloat64, math.Inf(1), math.Inf(-1), 99999999999999984, 0.5, 1.5e17}))
	rapid.Check(t, func(t *rapid.T) {
		protocol := rapid.SampledFrom([]resp.Protocol{resp.RESP2, resp.RESP3}).Draw(t, "protocol")
		var stream bytes.Buffer
		fmt.Fprintf(&stream, "HELLO %d\r\nPING fence\r\n", protocol)
		w := resp.Writer{Protocol: protocol}
		for _, f := range rapid.SliceOfN(double, 1, 20).Draw(t, "doubles") {
			if math.IsNaN(f) || f == 0 && math.Signbit(f) {
				continue // Redis keeps neither
			}
			fmt.Fprintf(&stream, "DEL z\r\nZADD z %s m\r\nZSCORE z m\r\n", strconv.FormatFloat(f, 'g', -1, 64))
			w.Int(1)
			w.Int(1)
			w.Double(f)
		}
		answer := theirs(t, socket, stream.Bytes())
		_, want, _ := bytes.Cut(answer, []byte("$5\r\nfence\r\n"))
		w.Buf = bytes.TrimPrefix(w.Buf, []byte(":1\r\n"))
		want = bytes.TrimPrefix(bytes.TrimPrefix(want, []byte(":1\r\n")), []byte(":0\r\n"))
		if !bytes.Equal(w.Buf, want) {
			t.Fatalf("%q, Redis %q", w.Buf, want)
		}
	})
}
