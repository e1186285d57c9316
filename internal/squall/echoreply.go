package squall

// echoReply is the value of a completed echo: the reply's body.
type echoReply struct {
	body string // raw JSON
	same bool   // it echoes what was sent
}

// AppendEDN writes the body as a map with keywords for keys.
func (r echoReply) AppendEDN(dst []byte) []byte { return appendJSON(dst, []byte(r.body), true) }
