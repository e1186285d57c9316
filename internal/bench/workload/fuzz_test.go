package workload

import (
	"testing"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/message"
)

// FuzzReply has everything that looks at a reply look at any message.
func FuzzReply(f *testing.F) {
	for _, line := range []string{
		`{"src":"n1","dest":"c2","body":{"type":"read_ok","messages":[1,2,-3.5e+7],"in_reply_to":1}}`,
		`{"src":"n1","dest":"c2","body":{"type":"error","code":11,"text":["\ud83d\ude00",{"a":{}}]}}`,
		`{"src":"n1","dest":"c2","body":{"a":1,"a":2}}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var m message.Message
		if m.Parse(line) != nil {
			return
		}
		for _, field := range m.Fields {
			_ = edn.Append(nil, edn.JSON(field.Value))
			_ = edn.Append(nil, history.ParseElements(field.Value))
		}
		_ = readSetOK.Check(m.Fields)
		_ = AsError(m.Fields)
	})
}
