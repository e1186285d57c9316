package node

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
	"gset/replica"
)

// TestMaelstromVectors holds messages as Maelstrom carries them against
// ../../testdata/maelstrom.txt. They are written by
//
//	go test ./internal/node -run Vectors -rewrite
func TestMaelstromVectors(t *testing.T) {
	d := &driver[*crdt.GSet]{bottom: crdt.NewGSet(crdt.Key{1, 2})}
	datadriven.RunTest(t, "../../testdata/maelstrom.txt", func(t *testing.T, data *datadriven.TestData) string {
		switch data.Cmd {
		case "line": // a message from n1 to n2
			b, err := hex.DecodeString(strings.Join(strings.Fields(data.Input), ""))
			if err != nil {
				data.Fatalf(t, "%v", err)
			}
			m, err := replica.Decode(d.bottom, b)
			if err != nil {
				data.Fatalf(t, "%v", err)
			}
			body := marshal(t, gossip{m.Kind.String(), b})
			if _, err := d.decode(m.Kind, json.RawMessage(body)); err != nil {
				data.Fatalf(t, "%v", err)
			}
			return fmt.Sprintln(marshal(t, maelstrom.Message{Src: "n1", Dest: "n2", Body: json.RawMessage(body)}))
		case "refuse": // a body
			var typed struct{ Type string }
			if err := json.Unmarshal([]byte(data.Input), &typed); err != nil {
				data.Fatalf(t, "%v", err)
			}
			for _, kind := range replica.Kinds() {
				if kind.String() != typed.Type {
					continue
				}
				if _, err := d.decode(kind, json.RawMessage(data.Input)); err != nil {
					return err.Error() + "\n"
				}
			}
		case "limit": // of the binary form, among members
			return fmt.Sprintln(maxMessage(strings.Fields(data.Input)))
		}
		data.Fatalf(t, "unknown command, or nothing is wrong")
		return ""
	})
}
