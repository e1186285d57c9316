package node

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

func TestRepliesHaveTheDocumentedKeysAndNoOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1")
		for _, exchange := range []struct{ body, reply string }{
			{`{"type":"init","node_id":"n1","node_ids":["n1"]}`, `{"type":"init_ok"}`},
			{`{"type":"topology","topology":{"n1":[]}}`, `{"type":"topology_ok"}`},
			{`{"type":"topology"}`, `{"type":"topology_ok"}`},
			{`{"type":"read"}`, `{"messages":[],"type":"read_ok"}`},
			{`{"type":"broadcast","message":7}`, `{"type":"broadcast_ok"}`},
			{`{"type":"broadcast","message":-3}`, `{"type":"broadcast_ok"}`},
			{`{"type":"broadcast","message":7}`, `{"type":"broadcast_ok"}`},
			{`{"type":"broadcast","message":0,"of":["no","interest"]}`, `{"type":"broadcast_ok"}`},
			{`{"type":"read"}`, `{"messages":[-3,0,7],"type":"read_ok"}`},
		} {
			c.want("n1", exchange.body, exchange.reply) // which also checks in_reply_to
		}
	})
}

func TestIntegersAreExact(t *testing.T) {
	for _, test := range []struct{ sent, read string }{
		{"0", "0"},
		{"-0", "0"},
		{"9223372036854775807", "9223372036854775807"},
		{"9223372036854775806", "9223372036854775806"},
		{"-9223372036854775808", "-9223372036854775808"},
		{"-9223372036854775807", "-9223372036854775807"},
		{"9007199254740993", "9007199254740993"}, // 2^53 + 1, which no float64 is
		{"-9007199254740993", "-9007199254740993"},
		{"4611686018427387905", "4611686018427387905"}, // 2^62 + 1
	} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, Broadcast(), usual, "n1")
			c.init("n1")
			c.want("n1", `{"type":"broadcast","message":`+test.sent+`}`, `{"type":"broadcast_ok"}`)
			c.want("n1", `{"type":"read"}`, `{"messages":[`+test.read+`],"type":"read_ok"}`)
		})
	}
}

func TestBroadcastOfAnythingElseIsRefusedAndChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1")
		c.init("n1")
		c.want("n1", `{"type":"broadcast","message":1}`, `{"type":"broadcast_ok"}`)
		for _, fields := range []string{
			`"message":1.5`,
			`"message":1.0`,
			`"message":2e3`,
			`"message":-1E-2`,
			`"message":"2"`,
			`"message":""`,
			`"message":null`,
			`"message":true`,
			`"message":{}`,
			`"message":{"message":2}`,
			`"message":[2]`,
			`"message":9223372036854775808`,
			`"message":-9223372036854775809`,
			`"message":1e400`,
			`"message":` + strings.Repeat("9", 1000),
			`"message":"` + strings.Repeat("ä", 10000) + `"`,
			`"message":2,"message":"2"`,
			`"Message":2`, // which encoding/json would take for the same, given a struct
			`"MESSAGE":2`,
			`"messages":[2]`,
			`"element":2`,
			`"body":{"message":2}`,
		} {
			c.wantError("n1", `{"type":"broadcast",`+fields+`}`, maelstrom.MalformedRequest, `"message"`)
		}
		c.wantError("n1", `{"type":"broadcast"}`, maelstrom.MalformedRequest, `"message" is missing`)
		c.want("n1", `{"type":"read"}`, `{"messages":[1],"type":"read_ok"}`)
	})
}

func TestUnknownRequestIsRefusedAndTheNodeLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1")
		c.init("n1")
		for _, body := range []string{
			`{"type":"add","element":1}`,
			`{"type":""}`,
			`{"type":null}`,
			`{"no":"type"}`,
			`{"type":"Read"}`,
			`{"type":"read "}`,
			`{"type":"read_ok","messages":[1]}`,
			`{"type":"init_ok"}`,
			`{"type":"` + strings.Repeat("long", 10000) + `"}`,
		} {
			c.wantError("n1", body, maelstrom.NotSupported, "no requests of type")
			c.want("n1", `{"type":"read"}`, `{"messages":[],"type":"read_ok"}`)
		}
	})
}

func TestRequestWithoutMsgIDIsDoneAndNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1")
		c.init("n1")
		for i, id := range []string{``, `,"msg_id":null`} {
			body := fmt.Sprintf(`{"type":"broadcast","message":%d%s}`, i, id)
			if said := c.say("n1", `{"src":"c1","dest":"n1","body":`+body+`}`); said != nil {
				t.Errorf("%s was answered: %s", body, said)
			}
		}
		c.want("n1", `{"type":"read"}`, `{"messages":[0,1],"type":"read_ok"}`)
	})
}

func TestMessageIDsOfAllSizesAreRepliedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1")
		c.init("n1")
		for _, id := range []string{"0", "-1", "9007199254740993", "9223372036854775807", "-9223372036854775808"} {
			said := c.say("n1", `{"src":"c1","dest":"n1","body":{"type":"topology","msg_id":`+id+`}}`)
			want := `{"src":"n1","dest":"c1","body":{"type":"topology_ok","in_reply_to":` + id + `}}`
			if len(said) != 1 || said[0] != want {
				t.Errorf("got %s\nwant %s", said, want)
			}
			said = c.say("n1", `{"src":"c1","dest":"n1","body":{"type":"broadcast","msg_id":`+id+`}}`)
			if len(said) != 1 || !strings.Contains(said[0], `"in_reply_to":`+id+`,"code":12`) {
				t.Errorf("got %s\nwant error 12 in reply to %s", said, id)
			}
		}
	})
}
