package node

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

const (
	// maxRead is the longest line the library reads: its scanner's buffer less
	// the newline. One longer line would end the node.
	maxRead = bufio.MaxScanTokenSize - 1

	// maxParse is the longest line whose sender is still told that it is too long.
	maxParse = 16 << 20
)

// filter is the node's standard input less the lines that would end the library's
// Run: lines too long, lines that are no message, types nobody handles, and requests
// before init, when the node has no name to reply under. A request among them
// is answered with an error.
//
// It is an io.Reader, called by Run in the goroutine that reads.
type filter struct {
	in     *bufio.Reader
	node   *maelstrom.Node
	faults *faults
	types  map[string]bool // the types with a handler
	inited bool            // an init has been let through
	rest   []byte          // what is left of the line being read
}

func newFilter(in io.Reader, node *maelstrom.Node, faults *faults, types map[string]bool) *filter {
	return &filter{in: bufio.NewReaderSize(in, maxRead+1), node: node, faults: faults, types: types}
}

// Read implements io.Reader. A line passes whole, though perhaps in several reads.
func (f *filter) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		line, err := f.line()
		if len(line) > 0 && f.passes(line) {
			f.rest = append(line, '\n')
		} else if err != nil {
			return 0, err
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// line reads the next line, without its end. Of a line longer than maxParse only
// the first part is returned.
func (f *filter) line() ([]byte, error) {
	var line []byte
	for {
		part, err := f.in.ReadSlice('\n')
		if len(line) <= maxParse {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if n := len(line); n > 0 && line[n-1] == '\n' {
			line = line[:n-1]
		}
		return line, err
	}
}

// passes reports whether the library can have a line, and deals with it if not.
func (f *filter) passes(line []byte) bool {
	var m maelstrom.Message
	if err := json.Unmarshal(line, &m); err != nil {
		f.faults.count(malformedLine, "a line that is no message: %v", err)
		return false
	}
	var body maelstrom.MessageBody
	if err := json.Unmarshal(m.Body, &body); err != nil {
		f.faults.count(malformedLine, "a message from %q without a proper body: %v", m.Src, err)
		return false
	}
	switch {
	case body.InReplyTo != 0 || body.Type == "error":
		f.faults.count(strayReply, "a reply from %q to nothing that was asked", m.Src)
	case len(line) > maxRead:
		f.faults.count(oversizedLine, "a line of %d bytes from %q", len(line), m.Src)
		f.refuse(m, body, maelstrom.MalformedRequest, fmt.Sprintf("a message of %d bytes, at most %d are read", len(line), maxRead))
	case !f.types[body.Type]:
		f.refuse(m, body, maelstrom.NotSupported, fmt.Sprintf("no requests of type %q here", body.Type))
	case body.Type == "init" && f.inited:
		f.refuse(m, body, maelstrom.Abort, "this node has been initialised already")
	case body.Type != "init" && !f.inited && body.MsgID != 0:
		f.refuse(m, body, maelstrom.TemporarilyUnavailable, "not initialised yet")
	default:
		f.inited = f.inited || body.Type == "init"
		return true
	}
	return false
}

// refuse answers a request with an error. What has no msg_id asked for no answer.
func (f *filter) refuse(m maelstrom.Message, body maelstrom.MessageBody, code int, text string) {
	if body.MsgID == 0 {
		f.faults.count(malformedLine, "a message of type %q from %q: %s", body.Type, m.Src, text)
		return
	}
	if !f.inited { // no name yet but the one this message was sent to
		f.node.Init(m.Dest, nil)
	}
	reply := struct {
		Header
		Code int    `json:"code"`
		Text string `json:"text"`
	}{Header{"error", body.MsgID}, code, text}
	if err := f.node.Send(m.Src, reply); err != nil {
		f.faults.count(unsent, "an error to %s: %v", m.Src, err)
	}
}
