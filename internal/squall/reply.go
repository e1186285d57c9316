package squall

import (
	"fmt"
	"strings"
)

// A fieldKind says what JSON a member of a reply may hold.
type fieldKind int

const (
	anyJSON    fieldKind = iota
	wholeInt             // a whole number of any size
	int64Value           // a whole number of at most 64 bits
	jsonArray            // an array; null will do for an empty one
)

func (k fieldKind) String() string {
	return [...]string{"anything", "a whole number", "a whole number of 64 bits", "an array"}[k]
}

func (k fieldKind) admits(raw []byte) bool {
	switch k {
	case wholeInt:
		return isJSONInt(raw)
	case int64Value:
		_, ok := jsonInt(raw)
		return ok
	case jsonArray:
		// Maelstrom lets null pass, which is what some languages make of an
		// empty list.
		return raw[0] == '[' || string(raw) == "null"
	}
	return true
}

// A replySchema says what a reply must hold besides in_reply_to: its type and
// these members, no others save an optional msg_id.
type replySchema struct {
	typ    string
	fields []fieldSpec
}

type fieldSpec struct {
	name string
	kind fieldKind
}

func (s *replySchema) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, `"type": %q`, s.typ)
	for _, f := range s.fields {
		fmt.Fprintf(&b, `, %q: (%s)`, f.name, f.kind)
	}
	return b.String() + `, "in_reply_to": (a whole number), and optionally "msg_id": (a whole number)`
}

// check returns what is wrong with a reply, field by field; nil if nothing is.
func (s *replySchema) check(fields []field) []string {
	var problems []string
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	need := func(name string, kind fieldKind) {
		raw := lookup(fields, name)
		switch {
		case raw == nil:
			wrong("%q is missing", name)
		case !kind.admits(raw):
			wrong("%q is %s, where %s should be", name, clip(raw), kind)
		}
	}
	switch raw := lookup(fields, "type"); {
	case raw == nil:
		wrong(`"type" is missing`)
	default:
		if t, ok := jsonString(raw); !ok || t != s.typ {
			wrong(`"type" is %s, where %q should be`, clip(raw), s.typ)
		}
	}
	for _, f := range s.fields {
		need(f.name, f.kind)
	}
	need("in_reply_to", wholeInt)
	if lookup(fields, "msg_id") != nil {
		need("msg_id", wholeInt)
	}
	for i := range fields {
		if name := string(fields[i].key); !s.knows(name) {
			wrong("%q should not be there", name)
		}
	}
	return problems
}

func (s *replySchema) knows(name string) bool {
	for i := range s.fields {
		if s.fields[i].name == name {
			return true
		}
	}
	return name == "type" || name == "in_reply_to" || name == "msg_id"
}

// A replyError is a reply that its schema does not admit.
type replyError struct {
	node, client, request string
	msgID                 int64
	problems              []string
	schema                *replySchema
	body                  string // clipped
}

func (e *replyError) Error() string {
	return fmt.Sprintf("malformed reply of node %s to client %s's %s request (msg_id %d): %s; it should be {%s}; it is %s",
		e.node, e.client, e.request, e.msgID, strings.Join(e.problems, "; "), e.schema, e.body)
}
