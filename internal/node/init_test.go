package node

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/replica"
)

func TestImpossibleInitIsRefusedAndAnotherAccepted(t *testing.T) {
	long := strings.Repeat("n", 30000)
	for _, test := range []struct{ fields, words string }{
		{`"node_id":"n1","node_ids":["n2","n3"]`, "not among the members"},
		{`"node_id":"n1","node_ids":["N1"]`, "not among the members"},
		{`"node_id":"n1","node_ids":[]`, "a list of 0 members"},
		{`"node_id":"n1"`, "a list of 0 members"},
		{`"node_id":"n1","node_ids":null`, "a list of 0 members"},
		{`"node_ids":["n1"]`, "Self is a name of 0 bytes"},
		{`"node_id":"","node_ids":["n1"]`, "Self is a name of 0 bytes"},
		{`"node_id":"n1","node_ids":["` + strings.Repeat(`n2","`, 5000) + `n3"]`, "twice"},
		{`"node_id":"n1","node_ids":["n1","n2","n1"]`, "twice"},
		{`"node_id":"n1","node_ids":["n1","n2","n2"]`, "twice"},
		{`"node_id":"","node_ids":["","n1"]`, "without a name"},
		{`"node_id":"n1","node_ids":["n1",""]`, "without a name"},
		{`"node_id":"n1","node_ids":["n1",null]`, "without a name"},
		{`"node_id":1,"node_ids":["n1"]`, "node_id"},
		{`"node_id":"n1","node_ids":"n1"`, "node_ids"},
		{`"node_id":"n1","node_ids":{"n1":[]}`, "node_ids"},
		{`"node_id":"n1","node_ids":["n1",2]`, "node_ids"},
		{`"node_id":"n1","node_ids":["n1","` + long + `"]`, "a name of 30000 bytes, more than 255"},
		{`"node_id":"` + long + `","node_ids":["` + long + `"]`, "a name of 30000 bytes, more than 255"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, Broadcast(), usual, "n1")
			c.wantError("n1", `{"type":"init",`+test.fields+`}`, maelstrom.MalformedRequest, test.words)
			c.wantError("n1", `{"type":"read"}`, maelstrom.TemporarilyUnavailable, "not initialised")
			c.init("n1")
			c.want("n1", `{"type":"broadcast","message":1}`, `{"type":"broadcast_ok"}`)
			c.want("n1", `{"type":"read"}`, `{"messages":[1],"type":"read_ok"}`)
		})
	}
}

func TestSecondInitIsRefusedAndChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1")
		c.init("n1")
		c.want("n1", `{"type":"broadcast","message":1}`, `{"type":"broadcast_ok"}`)
		for _, ids := range []string{
			`"node_id":"n1","node_ids":["n1"]`,
			`"node_id":"n2","node_ids":["n1","n2"]`,
			`"node_id":"n2"`,
		} {
			c.wantError("n1", `{"type":"init",`+ids+`}`, maelstrom.Abort, "already")
		}
		c.want("n1", `{"type":"read"}`, `{"messages":[1],"type":"read_ok"}`)
	})
}

func TestLongestMessageMakesALineOfAtMost60KiB(t *testing.T) {
	long := strings.Repeat("<", replica.MaxID-1)
	for _, ids := range [][]string{
		{"n1"},
		{"n1", "n10000"},
		{"<n&1>", "\u2028\"\\\x01"}, // escaped, six bytes for one
		{"n1", "knoten-äöü-結び目"},
		{"n1", "\xff\xfe"}, // no UTF-8: each byte becomes U+FFFD
		{long, long + "n"},
	} {
		limit := maxMessage(ids)
		if limit < replica.MinMessage {
			t.Errorf("%.100q: no message is short enough", ids)
		}
		body := func(kind replica.Kind, length int) json.RawMessage {
			b, err := json.Marshal(gossip{kind.String(), make([]byte, length)})
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		longest := 0
		for _, from := range ids {
			for _, to := range ids {
				for _, kind := range replica.Kinds() {
					line, err := json.Marshal(maelstrom.Message{Src: from, Dest: to, Body: body(kind, limit)})
					if err != nil {
						t.Fatal(err)
					}
					longest = max(longest, len(line)+len("\n"))
				}
			}
		}
		if longest > maxLine || longest <= maxLine-base64.StdEncoding.EncodedLen(3) {
			t.Errorf("%.100q: the longest line takes %d bytes, want just under %d", ids, longest, maxLine)
		}
	}
}
