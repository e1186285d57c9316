// Package message parses what a node prints on a line of its standard output.
package message

import (
	"bytes"
	"fmt"
	"strings"

	"gset/internal/bench/rawjson"
)

// Message is one line of a node, parsed. Its slices point into the line and
// are only good until the reader goes on to the next.
type Message struct {
	Src, Dest []byte
	Body      []byte          // raw JSON object
	Fields    []rawjson.Field // the body's members
	Trailing  []byte          // text after the message, which is ignored
}

// Field returns the raw value of one of the body's members, or nil.
func (m *Message) Field(key string) []byte { return rawjson.Lookup(m.Fields, key) }

// Error says why a line a node printed is no message.
type Error struct {
	line   string // clipped
	reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("printed a line on standard output that is not a message: %s; the line: %s", e.reason, e.line)
}

// Parse reads line into m, reusing m's memory. A message is an object with
// exactly the members src and dest, both strings, and body, an object; a
// whole number id is also let through, and ignored. Text after the object is
// kept aside, not refused: Maelstrom reads the first value of a line. What
// Maelstrom lets pass for an object, Parse makes one of; see asObject.
func (m *Message) Parse(line []byte) error {
	*m = Message{Fields: m.Fields[:0]}
	if reason := m.parse(line); reason != "" {
		return &Error{rawjson.Clip(line), reason}
	}
	return nil
}

// parse is Parse. It returns why the line is no message, or "".
func (m *Message) parse(line []byte) string {
	text, reason := objectIn(escapeControls(line))
	if reason != "" {
		return reason
	}
	var p parts
	rest, err := rawjson.Members(text, p.take)
	if err != nil {
		return fmt.Sprintf("not JSON: %v", err)
	}
	m.Trailing = bytes.TrimLeft(rest, space)
	m.Src = p.name("src", p.src)
	m.Dest = p.name("dest", p.dest)
	if m.Body = asObject(p.body); m.Body == nil {
		p.refuse(`"body" is %s, where an object should be`, rawjson.Clip(p.body))
	}
	if p.id != nil && !rawjson.IsInt(p.id) {
		p.refuse(`"id" is %s, where a whole number should be`, rawjson.Clip(p.id))
	}
	if p.unknown != nil {
		p.refuse("a message has no %s", strings.Join(p.unknown, ", "))
	}
	if p.problems != nil {
		return strings.Join(p.problems, "; ")
	}
	if err := m.readBody(); err != nil {
		return fmt.Sprintf("not JSON: %v", err) // cannot happen: it has been scanned
	}
	return ""
}

// readBody reads the body's members. To Maelstrom's parser the last of members with the same key
// counts, at any depth, and what it hands on has each key once: the receiver's parser may take
// offence at two, or go by the first.
func (m *Message) readBody() error {
	var repeated bool
	var err error
	m.Fields, repeated, err = rawjson.Fields(m.Fields[:0], m.Body)
	if err != nil || !repeated && bytes.IndexByte(m.Body[1:], '{') < 0 {
		return err
	}
	if body := rawjson.WithoutRepeats(m.Body); len(body) < len(m.Body) {
		m.Body = body
		m.Fields, _, err = rawjson.Fields(m.Fields[:0], m.Body)
	}
	return err
}

// space is what JSON has between its values.
const space = " \t\r\n"

// objectIn returns the text from a line's object on, which it makes of a list of pairs, or why there is none.
func objectIn(text []byte) (object []byte, reason string) {
	start := bytes.TrimLeft(text, space)
	switch {
	case len(start) == 0:
		return nil, "it is empty"
	case start[0] == '{':
		return text, ""
	}
	value, rest, err := rawjson.First(text)
	if err != nil {
		return nil, fmt.Sprintf("not JSON: %v", err)
	}
	if value[0] == '[' {
		object = append(asObject(value), rest...)
	}
	if len(object) == 0 || object[0] != '{' {
		return nil, "not a JSON object"
	}
	return object, ""
}

// parts are the raw members of a message, and what is wrong with them.
type parts struct {
	src, dest, body, id []byte
	unknown, problems   []string
}

// take keeps a member; the last of a name counts.
func (p *parts) take(key, value []byte) {
	switch string(key) {
	case "src":
		p.src = value
	case "dest":
		p.dest = value
	case "body":
		p.body = value
	case "id":
		p.id = value
	default:
		p.unknown = append(p.unknown, fmt.Sprintf("%q", key))
	}
}

func (p *parts) refuse(format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf(format, args...))
}

// name returns what a member says that must be a string.
func (p *parts) name(key string, raw []byte) []byte {
	switch {
	case raw == nil:
		p.refuse("%q is missing", key)
		return nil
	case raw[0] != '"':
		p.refuse("%q is %s, where a string should be", key, rawjson.Clip(raw))
		return nil
	}
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		return rawjson.Unescape(inner)
	}
	return inner
}
