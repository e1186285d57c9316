package squall

import (
	"bytes"
	"fmt"
	"strings"
)

// message is one line of a node, parsed. Its slices point into the line and
// are only good until the reader goes on to the next.
type message struct {
	src, dest []byte
	body      []byte  // raw JSON object
	fields    []field // the body's members
	trailing  []byte  // text after the message, which is ignored
}

// field returns the raw value of one of the body's members, or nil.
func (m *message) field(key string) []byte { return lookup(m.fields, key) }

// lineError says why a line a node printed is no message.
type lineError struct {
	line   string // clipped
	reason string
}

func (e *lineError) Error() string {
	return fmt.Sprintf("printed a line on standard output that is not a message: %s; the line: %s", e.reason, e.line)
}

// parse reads line into m, reusing m's memory. A message is an object with
// exactly the members src and dest, both strings, and body, an object; a
// whole number id is also let through, and ignored. Text after the object is
// kept aside, not refused: Maelstrom reads the first value of a line.
func (m *message) parse(line []byte) error {
	*m = message{fields: m.fields[:0]}
	refuse := func(format string, args ...any) error {
		return &lineError{clip(line), fmt.Sprintf(format, args...)}
	}
	text := bytes.TrimLeft(line, " \t\r\n")
	if len(text) == 0 {
		return refuse("it is empty")
	}
	if text[0] != '{' {
		if err := checkValue(line); err != nil {
			return refuse("not JSON: %v", err)
		}
		return refuse("not a JSON object")
	}
	var src, dest, id []byte
	var unknown []string
	rest, err := members(line, func(key, value []byte) {
		switch string(key) {
		case "src":
			src = value
		case "dest":
			dest = value
		case "body":
			m.body = value
		case "id":
			id = value
		default:
			unknown = append(unknown, fmt.Sprintf("%q", key))
		}
	})
	if err != nil {
		return refuse("not JSON: %v", err)
	}
	m.trailing = bytes.TrimLeft(rest, " \t\r\n")

	var problems []string
	name := func(key string, raw []byte) []byte {
		switch {
		case raw == nil:
			problems = append(problems, fmt.Sprintf("%q is missing", key))
		case raw[0] != '"':
			problems = append(problems, fmt.Sprintf("%q is %s, where a string should be", key, clip(raw)))
		default:
			inner := raw[1 : len(raw)-1]
			for _, c := range inner {
				if c == '\\' {
					return unescape(inner)
				}
			}
			return inner
		}
		return nil
	}
	m.src = name("src", src)
	m.dest = name("dest", dest)
	switch {
	case m.body == nil:
		problems = append(problems, `"body" is missing`)
	case m.body[0] != '{':
		problems = append(problems, fmt.Sprintf(`"body" is %s, where an object should be`, clip(m.body)))
	}
	if id != nil && !isJSONInt(id) {
		problems = append(problems, fmt.Sprintf(`"id" is %s, where a whole number should be`, clip(id)))
	}
	if unknown != nil {
		problems = append(problems, "a message has no "+strings.Join(unknown, ", "))
	}
	if problems != nil {
		return refuse("%s", strings.Join(problems, "; "))
	}
	if m.fields, err = scanFields(m.fields, m.body); err != nil {
		return refuse("not JSON: %v", err) // cannot happen: it has been scanned
	}
	return nil
}
