package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
)

func TestEndOfInputEndsTheNodeCleanly(t *testing.T) {
	for _, input := range []string{
		"",
		"\n",
		"nonsense",
		`{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2"]}}`,
	} {
		if err := Run(Broadcast(), usual, strings.NewReader(input), io.Discard, io.Discard); err != nil {
			t.Errorf("input %q: %v", input, err)
		}
	}
}

func TestLastLineNeedsNoNewline(t *testing.T) {
	var out strings.Builder
	in := strings.NewReader(`{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}` + "\r\n" +
		`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":2}}`)
	if err := Run(Broadcast(), usual, iotest.OneByteReader(in), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "\n"); got != 2 || !strings.Contains(out.String(), "read_ok") {
		t.Errorf("got %s", out.String())
	}
}

func TestNothingHappensAfterRunHasReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1", "n2", "n3")
		c.init("n1", "n2", "n3")
		c.want("n1", `{"type":"broadcast","message":1}`, `{"type":"broadcast_ok"}`)
		for _, id := range c.ids {
			c.stop(id)
		}
		time.Sleep(usual.Probe) // what was on its way has arrived
		before := c.sent()
		time.Sleep(time.Hour)
		if after := c.sent(); after != before {
			t.Errorf("%d messages sent after the end", after-before)
		}
	})
}

func TestNodeThatHearsNothingProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1", "n2")
		c.init("n1")
		time.Sleep(usual.Probe/2 - time.Millisecond)
		if n := c.sent(); n != 0 {
			t.Errorf("%d messages before half a probe interval was over", n)
		}
		time.Sleep(usual.Probe)
		if n := c.sent(); n != 1 {
			t.Errorf("%d messages in one and a half probe intervals, want 1", n)
		}
	})
}

func TestFailureToReadIsReported(t *testing.T) {
	broken := errors.New("a broken pipe")
	in := io.MultiReader(strings.NewReader("nonsense\nmore of it"), iotest.ErrReader(broken))
	err := Run(Broadcast(), usual, in, io.Discard, io.Discard)
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "reading") {
		t.Errorf("Run returned %v", err)
	}
}

// brokenAfter is a writer that fails after so many bytes.
type brokenAfter struct {
	n   int
	err error
}

func (b *brokenAfter) Write(p []byte) (int, error) {
	if b.n -= len(p); b.n < 0 {
		return 0, b.err
	}
	return len(p), nil
}

func TestFailureToWriteEndsTheNodeAtOnce(t *testing.T) {
	broken := errors.New("a broken pipe")
	init := `{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2"]}}`
	const initOK = `{"src":"n1","dest":"c1","body":{"type":"init_ok","in_reply_to":1}}` + "\n"
	for _, test := range []struct {
		name   string
		lines  []string
		intact int // bytes that can be written
	}{
		{"an error before init", []string{`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1}}`}, 0},
		{"init_ok", []string{init}, 0},
		{"the newline of init_ok", []string{init}, len(initOK) - 1},
		{"a reply", []string{init, `{"src":"c1","dest":"n1","body":{"type":"read","msg_id":2}}`}, len(initOK)},
		{"an error", []string{init, `{"src":"c1","dest":"n1","body":{"type":"add","msg_id":2}}`}, len(initOK)},
		{"a probe", []string{init}, len(initOK)},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := stdin{lines: make(chan string, len(test.lines))}
				defer in.close() // it is open all the while
				for _, line := range test.lines {
					in.put(line)
				}
				err := Run(Broadcast(), usual, &in, &brokenAfter{test.intact, broken}, io.Discard)
				if !errors.Is(err, broken) || !strings.Contains(err.Error(), "writing") {
					t.Errorf("Run returned %v", err)
				}
			})
		})
	}
}

func TestFailureToWriteIsReportedThoughInputHasEnded(t *testing.T) {
	broken := errors.New("a broken pipe")
	in := strings.NewReader(`{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}`)
	err := Run(Broadcast(), usual, in, &brokenAfter{0, broken}, io.Discard)
	if !errors.Is(err, broken) {
		t.Errorf("Run returned %v", err)
	}
}

func TestVerboseLogsMessagesAndViewsAndOthersNothing(t *testing.T) {
	for _, verbose := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			o := usual
			o.Verbose = verbose
			c := start(t, Broadcast(), o, "n1", "n2", "n3")
			c.init("n1", "n3")   // and n2, the first hub, is given up
			for i := range 200 { // so many that they cannot do without a hub
				c.say("n1", fmt.Sprintf(`{"src":"c1","dest":"n1","body":{"type":"broadcast","message":%d}}`, i))
				time.Sleep(20 * time.Millisecond)
			}
			c.init("n2")
			c.await(c.ids, `{"type":"read"}`, time.Minute)
			var logs strings.Builder
			for _, id := range c.ids {
				logs.WriteString(c.nodes[id].log.String())
			}
			log := logs.String()
			if !verbose {
				if strings.Count(log, "\n") != strings.Count(log, "gossip before init") {
					t.Errorf("logged without being asked:\n%s", log)
				}
				return
			}
			for _, want := range []string{"sent scatter to n3, digest ", ": {0..", "got scatter from n1, digest ", "sent probe to n1, digest ",
				"got probe from n", `view 2, hub "n1"`, `suspected: "n1"`, `mismatch: "n2"`} {
				if !strings.Contains(log, want) {
					t.Errorf("nothing logged like %q:\n%s", want, log)
				}
			}
		})
	}
}

func TestErrorOfARequestThatHasNoCodeIsACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := Broadcast()
		w.Reads["read"] = func(Local[*crdt.GSet], json.RawMessage) (Reply, error) {
			return nil, errors.New("out of order")
		}
		c := start(t, w, usual, "n1")
		c.init("n1")
		c.wantError("n1", `{"type":"read"}`, maelstrom.Crash, "out of order")
	})
}

func TestUpdateThatTheReplicaRefusesIsADefiniteError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := Broadcast()
		w.Updates["foreign"] = func(json.RawMessage) (Change[*crdt.GSet], Reply, error) {
			return func(Local[*crdt.GSet]) (*crdt.GSet, error) {
				return crdt.NewGSet(crdt.Key{1, 2}, 7), nil // under a key of its own
			}, OK("foreign_ok"), nil
		}
		c := start(t, w, usual, "n1", "n2")
		c.init("n1")
		c.wantError("n1", `{"type":"foreign"}`, maelstrom.Abort, "another hash key")
		c.want("n1", `{"type":"read"}`, `{"messages":[],"type":"read_ok"}`)
	})
}
