package squall

import (
	"testing"
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
		var m message
		if m.parse(line) != nil {
			return
		}
		for _, field := range m.fields {
			_ = appendEDN(nil, jsonValue(field.value))
			_ = appendEDN(nil, parseElements(field.value))
		}
		_ = readSetOK.check(m.fields)
		_ = asRPCError(m.fields)
	})
}
