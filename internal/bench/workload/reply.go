package workload

import (
	"fmt"
	"strings"

	"gset/internal/bench/rawjson"
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
		return rawjson.IsInt(raw)
	case int64Value:
		_, ok := rawjson.Int(raw)
		return ok
	case jsonArray:
		// Maelstrom lets null pass, which is what some languages make of an
		// empty list.
		return raw[0] == '[' || string(raw) == "null"
	}
	return true
}

// A Schema says what a reply must hold besides in_reply_to: its type and
// these members, no others save an optional msg_id.
type Schema struct {
	Type   string
	fields []fieldSpec
}

type fieldSpec struct {
	name string
	kind fieldKind
}

func (s *Schema) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, `"type": %q`, s.Type)
	for _, f := range s.fields {
		fmt.Fprintf(&b, `, %q: (%s)`, f.name, f.kind)
	}
	return b.String() + `, "in_reply_to": (a whole number), and optionally "msg_id": (a whole number)`
}

// Check returns what is wrong with a reply, field by field; nil if nothing is.
func (s *Schema) Check(fields []rawjson.Field) []string {
	var problems []string
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	need := func(name string, kind fieldKind) {
		raw := rawjson.Lookup(fields, name)
		switch {
		case raw == nil:
			wrong("%q is missing", name)
		case !kind.admits(raw):
			wrong("%q is %s, where %s should be", name, rawjson.Clip(raw), kind)
		}
	}
	switch raw := rawjson.Lookup(fields, "type"); {
	case raw == nil:
		wrong(`"type" is missing`)
	default:
		if t, ok := rawjson.String(raw); !ok || t != s.Type {
			wrong(`"type" is %s, where %q should be`, rawjson.Clip(raw), s.Type)
		}
	}
	for _, f := range s.fields {
		need(f.name, f.kind)
	}
	need("in_reply_to", wholeInt)
	if rawjson.Lookup(fields, "msg_id") != nil {
		need("msg_id", wholeInt)
	}
	for i := range fields {
		if name := string(fields[i].Key); !s.knows(name) {
			wrong("%q should not be there", name)
		}
	}
	return problems
}

func (s *Schema) knows(name string) bool {
	for i := range s.fields {
		if s.fields[i].name == name {
			return true
		}
	}
	return name == "type" || name == "in_reply_to" || name == "msg_id"
}

// A ReplyError is a reply that its schema does not admit.
type ReplyError struct {
	Node, Client, Request string
	MsgID                 int64
	Problems              []string
	Schema                *Schema
	Body                  string // clipped
}

func (e *ReplyError) Error() string {
	return fmt.Sprintf("malformed reply of node %s to client %s's %s request (msg_id %d): %s; it should be {%s}; it is %s",
		e.Node, e.Client, e.Request, e.MsgID, strings.Join(e.Problems, "; "), e.Schema, e.Body)
}
