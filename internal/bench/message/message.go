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
	refuse := func(format string, args ...any) error {
		return &Error{rawjson.Clip(line), fmt.Sprintf(format, args...)}
	}
	text := escapeControls(line)
	start := bytes.TrimLeft(text, " \t\r\n")
	if len(start) == 0 {
		return refuse("it is empty")
	}
	if start[0] != '{' {
		value, rest, err := rawjson.First(text)
		if err != nil {
			return refuse("not JSON: %v", err)
		}
		if value[0] == '[' {
			text = append(asObject(value), rest...)
		}
		if len(text) == 0 || text[0] != '{' {
			return refuse("not a JSON object")
		}
	}
	var src, dest, id []byte
	var unknown []string
	rest, err := rawjson.Members(text, func(key, value []byte) {
		switch string(key) {
		case "src":
			src = value
		case "dest":
			dest = value
		case "body":
			m.Body = value
		case "id":
			id = value
		default:
			unknown = append(unknown, fmt.Sprintf("%q", key))
		}
	})
	if err != nil {
		return refuse("not JSON: %v", err)
	}
	m.Trailing = bytes.TrimLeft(rest, " \t\r\n")

	var problems []string
	name := func(key string, raw []byte) []byte {
		switch {
		case raw == nil:
			problems = append(problems, fmt.Sprintf("%q is missing", key))
		case raw[0] != '"':
			problems = append(problems, fmt.Sprintf("%q is %s, where a string should be", key, rawjson.Clip(raw)))
		default:
			inner := raw[1 : len(raw)-1]
			for _, c := range inner {
				if c == '\\' {
					return rawjson.Unescape(inner)
				}
			}
			return inner
		}
		return nil
	}
	m.Src = name("src", src)
	m.Dest = name("dest", dest)
	if object := asObject(m.Body); object != nil {
		m.Body = object
	} else {
		problems = append(problems, fmt.Sprintf(`"body" is %s, where an object should be`, rawjson.Clip(m.Body)))
	}
	if id != nil && !rawjson.IsInt(id) {
		problems = append(problems, fmt.Sprintf(`"id" is %s, where a whole number should be`, rawjson.Clip(id)))
	}
	if unknown != nil {
		problems = append(problems, "a message has no "+strings.Join(unknown, ", "))
	}
	if problems != nil {
		return refuse("%s", strings.Join(problems, "; "))
	}
	repeated := false
	if m.Fields, repeated, err = rawjson.Fields(m.Fields, m.Body); err != nil {
		return refuse("not JSON: %v", err) // cannot happen: it has been scanned
	}
	if repeated { // the receiver's parser may take offence
		m.Body = objectOf(m.Fields)
	}
	return nil
}
