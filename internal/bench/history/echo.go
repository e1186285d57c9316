package history

import (
	"gset/internal/bench/edn"
)

// EchoReply is the value of a completed echo: the reply's body.
type EchoReply struct {
	Body string // raw JSON
	Same bool   // it echoes what was sent
}

// AppendEDN writes the body as a map with keywords for keys.
func (r EchoReply) AppendEDN(dst []byte) []byte { return edn.AppendJSON(dst, []byte(r.Body), true) }
