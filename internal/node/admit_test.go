package node

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

// wantIgnored gives a node a line three times, and checks that it says nothing,
// and logs just once that it ignores such lines, mentioning some words.
func (c *cluster) wantIgnored(id, line, words string) {
	c.t.Helper()
	before := c.nodes[id].log.String()
	if said := c.say(id, line, line, line); said != nil {
		c.t.Errorf("%.200s\nwas answered: %.500s", line, said)
	}
	log, _ := strings.CutPrefix(c.nodes[id].log.String(), before)
	if strings.Count(log, "\n") != 1 || !strings.Contains(log, "ignored") || !strings.Contains(log, words) {
		c.t.Errorf("%.200s\nlogged %q\nwant one line about %s", line, log, words)
	}
	if len(log) > 400 {
		c.t.Errorf("%.200s\nlogged %d bytes", line, len(log))
	}
}

// wantTotal ends a node and checks how many faults of a kind it logs in the end.
func (c *cluster) wantTotal(id string, kind fault, n int) {
	c.t.Helper()
	c.stop(id)
	log := strings.TrimSpace(c.nodes[id].log.String())
	last := log[strings.LastIndex(log, "\n")+1:]
	if want := fmt.Sprintf("ignored in all: %s: %d", faultNames[kind], n); !strings.HasSuffix(last, want) {
		c.t.Errorf("the last line logged is %q, want %q", last, want)
	}
}

func TestLineThatIsNoMessageIsCountedLoggedOnceAndIgnored(t *testing.T) {
	for _, test := range []struct{ line, words string }{
		{`nonsense`, "malformed line"},
		{` `, "malformed line"},
		{`{`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"broadcast","msg_id":1,"message":5`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"broadcast","msg_id":1,"message":5}} and more`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"broadcast","msg_id":1,"message":+5}}`, "malformed line"},
		{"\x00\xff\xfe", "malformed line"},
		{`null`, "malformed line"},
		{`5`, "malformed line"},
		{`"string"`, "malformed line"},
		{`[{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1}}]`, "malformed line"},
		{`{}`, "malformed line"},
		{`{"src":1,"dest":"n1","body":{"type":"read","msg_id":1}}`, "malformed line"},
		{`{"src":"c1","dest":{},"body":{"type":"read","msg_id":1}}`, "malformed line"},
		{`{"dest":"n1","body":{"type":"read","msg_id":1}}`, "malformed line"},
		{`{"src":"","dest":"n1","body":{"type":"read","msg_id":1}}`, "malformed line"},
		{`{"src":null,"dest":"n1","body":{"type":"read","msg_id":1}}`, "malformed line"},
		{`{"src":"c1","body":{"type":"read","msg_id":1}}`, "malformed line"},
		{`{"src":"c1","dest":"n1"}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":[]}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":"read"}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":7}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":7,"msg_id":1}}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":"1"}}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1.5}}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":9223372036854775808}}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":{}}}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1,"in_reply_to":"0"}}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1,"code":"12"}}`, "malformed line"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","msg_id":1,"text":12}}`, "malformed line"},
		{strings.Repeat("[", 1000000), "malformed line"},
		{strings.Repeat("x", 2*maxParse), "malformed line"},
		{`{"src":"c1","dest":"n1","body":null}`, "unanswerable request"},
		{`{"src":"c1","dest":"n1","body":{}}`, "unanswerable request"},
		{`{"src":"c1","dest":"n1","body":{"type":"add"}}`, "unanswerable request"},
		{`{"src":"c1","dest":"n1","body":{"type":"broadcast","message":"x"}}`, "unanswerable request"},
		{`{"src":"c1","dest":"n1","body":{"type":"init","node_id":"n1","node_ids":["n1"]}}`, "unanswerable request"},
		{`{"src":"n2","dest":"n1","body":{"type":"rumour","data":""}}`, "unanswerable request"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","in_reply_to":1}}`, "reply to nothing"},
		{`{"src":"c1","dest":"n1","body":{"type":"read","in_reply_to":-1,"msg_id":1}}`, "reply to nothing"},
		{`{"src":"n2","dest":"n1","body":{"type":"broadcast_ok","in_reply_to":1}}`, "reply to nothing"},
		{`{"src":"n2","dest":"n1","body":{"type":"error","in_reply_to":1,"code":10,"text":"no"}}`, "reply to nothing"},
		{`{"src":"n2","dest":"n1","body":{"type":"error","code":10,"text":"no"}}`, "reply to nothing"},
		{`{"src":"n2","dest":"n1","body":{"type":"error","msg_id":1}}`, "reply to nothing"},
		{`{"src":"` + strings.Repeat("c", 30000) + `","dest":"n1","body":{"type":"error"}}`, "reply to nothing"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, Broadcast(), usual, "n1")
			c.init("n1")
			c.wantIgnored("n1", test.line, test.words)
			c.want("n1", `{"type":"read"}`, `{"messages":[],"type":"read_ok"}`)
			for kind, name := range faultNames {
				if name == test.words {
					c.wantTotal("n1", fault(kind), 3)
				}
			}
		})
	}
}

func TestEmptyLinesAreNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1")
		c.init("n1")
		if said := c.say("n1", "", "", ""); said != nil {
			t.Errorf("empty lines were answered: %s", said)
		}
		c.want("n1", `{"type":"read"}`, `{"messages":[],"type":"read_ok"}`)
		if log := c.nodes["n1"].log.String(); log != "" {
			t.Errorf("empty lines were logged: %s", log)
		}
	})
}

func TestLongLineIsRefusedAndTheNodeLivesOn(t *testing.T) {
	// padded returns a read request of so many bytes.
	padded := func(length int, msgID string) string {
		line := `{"src":"c1","dest":"n1","body":{"type":"read"` + msgID + `,"pad":"%s"}}`
		return fmt.Sprintf(line, strings.Repeat("x", length-len(line)+len("%s")))
	}
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1")
		c.init("n1")
		for _, length := range []int{4095, 4096, 4097, 65534, 65535} {
			said := c.say("n1", padded(length, `,"msg_id":1`))
			if len(said) != 1 || !strings.Contains(said[0], `"read_ok"`) {
				t.Errorf("a request of %d bytes: got %s, want read_ok", length, said)
			}
		}
		for _, length := range []int{65536, 65537, 131072, maxParse} {
			said := c.say("n1", padded(length, `,"msg_id":1`))
			want := fmt.Sprintf(`{"src":"n1","dest":"c1","body":{"type":"error","in_reply_to":1,"code":12,`+
				`"text":"a message of %d bytes; at most 65535 are read"}}`, length)
			if len(said) != 1 || said[0] != want {
				t.Errorf("a request of %d bytes\n got %.300s\nwant %s", length, said, want)
			}
		}
		c.wantIgnored("n1", padded(65536, ``), "unanswerable request")
		c.wantIgnored("n1", padded(2*maxParse, `,"msg_id":1`), "malformed line")
		c.want("n1", `{"type":"read"}`, `{"messages":[],"type":"read_ok"}`)
	})
}

func TestRequestBeforeInitIsRefusedUnderTheNameItWasSentTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1", "n2")
		// Both names lead to the same node, which has none of its own yet.
		for _, name := range []string{"n2", "n1"} {
			for body, code := range map[string]int{
				`"type":"read"`:                  maelstrom.TemporarilyUnavailable,
				`"type":"topology"`:              maelstrom.TemporarilyUnavailable,
				`"type":"broadcast","message":1`: maelstrom.TemporarilyUnavailable,
				`"type":"add","element":1`:       maelstrom.NotSupported,
			} {
				said := c.say("n1", `{"src":"c1","dest":"`+name+`","body":{`+body+`,"msg_id":5}}`)
				want := fmt.Sprintf(`{"src":"%s","dest":"c1","body":{"type":"error","in_reply_to":5,"code":%d,"text":"`, name, code)
				if len(said) != 1 || !strings.HasPrefix(said[0], want) {
					t.Errorf("%s to %s: got %s", body, name, said)
				}
			}
		}
		c.wantIgnored("n1", `{"src":"c1","dest":"n1","body":{"type":"broadcast","message":1}}`, "unanswerable request")
		c.init("n1")
		c.want("n1", `{"type":"read"}`, `{"messages":[],"type":"read_ok"}`)
	})
}

// The library starts a goroutine for every message, so what comes right behind an init
// could be handled before it, and would race with it for the node's name.
func TestRequestsRightBehindInitAreServed(t *testing.T) {
	var lines []string
	const n = 200
	lines = append(lines, `{"src":"c1","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2","n3"]}}`)
	for i := range n {
		lines = append(lines,
			fmt.Sprintf(`{"src":"c1","dest":"n1","body":{"type":"broadcast","msg_id":%d,"message":%d}}`, 1000+i, i),
			fmt.Sprintf(`{"src":"c1","dest":"n1","body":{"type":"unheard-of","msg_id":%d}}`, 2000+i))
	}
	var out, logs strings.Builder
	if err := Run(Broadcast(), usual, strings.NewReader(strings.Join(lines, "\n")), &out, &logs); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		reply string
		count int
	}{
		{`{"src":"n1","dest":"c1","body":{"type":"init_ok","in_reply_to":1}}`, 1},
		{`{"src":"n1","dest":"c1","body":{"type":"broadcast_ok","in_reply_to":`, n},
		{`"code":10`, n},
		{`"error"`, n},
	} {
		if got := strings.Count(out.String(), want.reply); got != want.count {
			t.Errorf("%d replies with %s, want %d", got, want.reply, want.count)
		}
	}
	if logs.Len() > 0 {
		t.Errorf("logged: %s", logs.String())
	}
}
