package node

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"gset/crdt"
	"gset/replica"
)

// FuzzLine gives a node any bytes to read, before its init and after. They must not
// end it, nor make it write anything but messages, nor keep it from answering.
func FuzzLine(f *testing.F) {
	const (
		asker = `"tester-of-nodes"`
		init  = `{"src":` + asker + `,"dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1","n2"]}}`
		read  = `{"src":` + asker + `,"dest":"n1","body":{"type":"read","msg_id":2}}`
	)
	for _, seed := range []string{
		"",
		"\n\r\n \n",
		"nonsense\n{\n[]\nnull",
		init,
		strings.ReplaceAll(init, "n1", "n7"),
		read + "\n" + read,
		`{"src":"c1","dest":"n1","body":{"type":"broadcast","msg_id":1,"message":5}}`,
		`{"src":"c1","dest":"n1","body":{"type":"broadcast","msg_id":1,"message":1e5}}`,
		`{"src":"c1","dest":"n1","body":{"Type":"init","msg_id":1,"NODE_ID":"n1","node_ids":["n1",""]}}`,
		`{"src":"c1","dest":"n1","body":{"type":"topology","in_reply_to":1,"IN_REPLY_TO":null}}`,
		`{"src":"c1","dest":"","body":{"type":"error","code":"","text":1}}`,
		gossipLine(f, "n2", "probe", replica.Message[*crdt.GSet]{Kind: replica.Probe, Cluster: benchCluster, Range: replica.Everything, Sketch: crdt.NewGSet(benchKey, 7).Sketch(0)}),
		gossipLine(f, "n2", "scatter", replica.Message[*crdt.GSet]{Kind: replica.Scatter, Cluster: benchCluster, Delta: crdt.NewGSet(benchKey, 1, 1000)}),
		gossipLine(f, "n2", "cells", replica.Message[*crdt.GSet]{Kind: replica.Cells, Cluster: benchCluster, Want: []crdt.CellID{0}, Delta: crdt.NewGSet(benchKey)}),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, lines []byte) {
		for _, input := range []string{
			string(lines) + "\n" + init + "\n" + read,
			init + "\n" + string(lines) + "\n" + read,
		} {
			var out bytes.Buffer
			if err := Run(Broadcast(), usual, strings.NewReader(input), &out, io.Discard); err != nil {
				t.Fatalf("the node ended: %v", err)
			}
			answered := false
			for line := range bytes.Lines(out.Bytes()) {
				var m struct {
					Src, Dest string
					Body      struct {
						Type      string
						InReplyTo int `json:"in_reply_to"`
						Messages  []int64
					}
				}
				if err := json.Unmarshal(line, &m); err != nil || m.Src == "" || m.Dest == "" || m.Body.Type == "" {
					t.Errorf("%q is no message: %v", line, err)
				}
				if !bytes.HasSuffix(line, []byte("}\n")) {
					t.Errorf("%q is no line", line)
				}
				if m.Body.Type == "read_ok" && m.Dest == strings.Trim(asker, `"`) && m.Body.InReplyTo == 2 {
					answered = true
				}
			}
			if !answered {
				t.Errorf("no answer to the read:\n%s", out.Bytes())
			}
		}
	})
}
