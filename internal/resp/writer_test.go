package resp_test

import (
	"math"
	"strings"
	"testing"

	"gset/internal/resp"

	"pgregory.net/rapid"
)

func TestNoTextBreaksTheLineOfAReply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab\r\n\x00 "))).Draw(t, "text")
		var w resp.Writer
		w.Simple(text)
		w.Error("ERR", text)
		lines := strings.Split(string(w.Buf), "\r\n")
		clean := strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
		if len(lines) != 3 || lines[0] != "+"+clean || lines[1] != "-ERR "+clean || lines[2] != "" {
			t.Fatalf("%q", w.Buf)
		}
	})
}

func TestIntegersAndLengths(t *testing.T) {
	var w resp.Writer
	for _, n := range []int64{0, 9, 10, -1, math.MaxInt64, math.MinInt64} {
		w.Int(n)
	}
	w.Array(0)
	w.Array(200_000)
	w.Bulk(nil)
	w.BulkString("a\r\n\x00")
	const want = ":0\r\n:9\r\n:10\r\n:-1\r\n:9223372036854775807\r\n:-9223372036854775808\r\n*0\r\n*200000\r\n$0\r\n\r\n$4\r\na\r\n\x00\r\n"
	if string(w.Buf) != want {
		t.Fatalf("%q, want %q", w.Buf, want)
	}
}

func TestRepliesAllocateNothing(t *testing.T) {
	w := resp.Writer{Buf: make([]byte, 0, 4096)}
	bulk := []byte("element")
	for _, protocol := range []resp.Protocol{resp.RESP2, resp.RESP3} {
		w.Protocol = protocol
		if n := testing.AllocsPerRun(100, func() {
			w.Buf = w.Buf[:0]
			w.Simple("OK")
			w.Error("ERR", "no such thing")
			w.Int(12345)
			w.Bulk(bulk)
			w.BulkString("text")
			w.Verbatim("text")
			w.Null()
			w.NullArray()
			w.Array(10)
			w.Map(1)
			w.Set(100)
			w.Push(3)
			w.Bool(true)
			w.Double(1.5e300)
			w.Double(0.1)
		}); n > 0 {
			t.Errorf("RESP%d: %v allocations", protocol, n)
		}
	}
}
