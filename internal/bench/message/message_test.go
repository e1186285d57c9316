package message

import (
	"encoding/json"
	"strings"
	"testing"

	"gset/internal/bench/rawjson"
)

func TestLinesThatAreMessages(t *testing.T) {
	for line, want := range map[string]struct{ src, dest, body string }{
		`{"src":"n1","dest":"c2","body":{}}`:                                              {"n1", "c2", `{}`},
		` { "body" : {"type":"x","a":[1,{"b":null}]} , "dest":"n2","src":"n1" } `:         {"n1", "n2", `{"type":"x","a":[1,{"b":null}]}`},
		`{"id":12345678901234567890,"src":"\u006e1","dest":"n2","body":{}}`:               {"n1", "n2", `{}`},
		`{"src":"n1","dest":"c2","body":{"n":123456789012345678901234567890.5e-3}}`:       {"n1", "c2", `{"n":123456789012345678901234567890.5e-3}`},
		`{"src":"n1","dest":"n2","body":{"type":"a"}} {"src":"n1","dest":"n3","body":{}}`: {"n1", "n2", `{"type":"a"}`},
	} {
		var m Message
		if err := m.Parse([]byte(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		} else if string(m.Src) != want.src || string(m.Dest) != want.dest || string(m.Body) != want.body {
			t.Errorf("%s: from %s to %s: %s", line, m.Src, m.Dest, m.Body)
		}
	}
}

// Maelstrom makes messages of these lines, so they must not silence a node.
func TestLinesThatMaelstromLetsPass(t *testing.T) {
	for line, want := range map[string]string{
		"{\"src\":\"n1\",\"dest\":\"n2\",\"body\":{\"x\":\"a\x01\\\"\tb\"}}":      `{"x":"a\u0001\"\u0009b"}`,
		"{\"src\":\"n1\",\t\"dest\":\"n2\",\"body\":{ \t}}":                       "{ \t}",
		`{"src":"n1","dest":"n2"}`:                                                `{}`,
		`{"src":"n1","dest":"n2","body":null}`:                                    `{}`,
		`{"src":"n1","dest":"n2","body":[]}`:                                      `{}`,
		`{"src":"n1","dest":"n2","body":""}`:                                      `{}`,
		`{"src":"n1","dest":"n2","body":[["type","a"],["x",[1,{"y":2}]]]}`:        `{"type":"a","x":[1,{"y":2}]}`,
		`{"src":"n1","dest":"n2","body":[["a",1,2],["b"],[],[7,8]]}`:              `{"a":1,"b":null,"":8}`,
		`{"src":"n1","dest":"n2","body":[["a",1],["a",2],null,"xyz"]}`:            `{"a":2,"":"y"}`,
		`[["src","n1"],["dest","n2"],["body",{"type":"a"}]]`:                      `{"type":"a"}`,
		`{"src":"n0","src":"n1","dest":"n2","body":{"a":1,"b":[],"a":{"c":2}}}`:   `{"b":[],"a":{"c":2}}`,
		`{"src":"n1","dest":"n2","body":{"a":[{"b":1,"c":{"d":1,"d":2},"b":3}]}}`: `{"a":[{"c":{"d":2},"b":3}]}`,
	} {
		var m Message
		if err := m.Parse([]byte(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		} else if string(m.Src) != "n1" || string(m.Dest) != "n2" || string(m.Body) != want {
			t.Errorf("%s: from %s to %s: %s, want %s", line, m.Src, m.Dest, m.Body, want)
		}
	}
	for _, body := range []string{"1", "true", `"x"`, "[1]", "[{}]", "[true]"} {
		var m Message
		if err := m.Parse([]byte(`{"src":"n1","dest":"n2","body":` + body + `}`)); err == nil || !strings.Contains(err.Error(), `"body" is `+body+", where an object should be") {
			t.Errorf("a body of %s: error %v", body, err)
		}
	}
}

func TestLinesThatAreNot(t *testing.T) {
	for line, want := range map[string]string{
		``:                                 "it is empty",
		"  \t":                             "it is empty",
		`hello`:                            "not JSON: byte 0 is 'h', where a value should be",
		`42`:                               "not a JSON object",
		`[1]`:                              "not a JSON object",
		`[]`:                               `"src" is missing; "dest" is missing`,
		`{"src":"n1"`:                      "not JSON: the text ends at byte 11, where a comma or the end of an object should be",
		`{"src":'n1'}`:                     `not JSON: byte 7 is '\'', where a value should be`,
		`{"src":01}`:                       "not JSON: byte 8 is '1', where a comma or the end of an object should be",
		`{}`:                               `"src" is missing; "dest" is missing`,
		`{"src":1,"dest":null,"body":"x"}`: `"src" is 1, where a string should be; "dest" is null, where a string should be; "body" is "x", where an object should be`,
		`{"src":"a","dest":"b","body":{},"id":""}`:     `"id" is "", where a whole number should be`,
		`{"src":"a","dest":"b","body":{},"x":1,"y":2}`: `a message has no "x", "y"`,
	} {
		var m Message
		err := m.Parse([]byte(line))
		if err == nil {
			t.Errorf("%s is a message", line)
		} else if e := err.(*Error); e.reason != want || e.line != line {
			t.Errorf("%s: %s\nwant %s", line, e.reason, want)
		}
	}
}

func TestDeepNestingIsRefused(t *testing.T) {
	var m Message
	line := `{"src":"a","dest":"b","body":` + strings.Repeat(`{"x":`, 20000) + "1" + strings.Repeat("}", 20001)
	if err := m.Parse([]byte(line)); err == nil || !strings.Contains(err.Error(), "nested too deeply") {
		t.Errorf("error %v", err)
	}
}

// FuzzLine holds the parser against encoding/json: whatever is a message for
// one is so for the other, with the same content.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		`{"src":"n1","dest":"c2","body":{"type":"read_ok","messages":[1,2,-3.5e+7],"in_reply_to":1}}`,
		`{"src":"n1","dest":"n2","body":{"\u00e9\n":"\ud83d\ude00","a":{"a":{}}},"id":3}`,
		`{"src":"n1","src":"n2","dest":"","body":{"a":1,"a":2}}`,
		`{"src":"n1","dest":"n2","body":{"x":[{"a":1,"\u0061":{"b":[],"b":2}}]}}`,
		`{}`, `null`, `[[[]]]`, `"x`, `{"src":"n1"} x`, "\x00", `-`, `{"a":tru}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		var m Message
		err := m.Parse(line)
		if err != nil {
			if strings.Contains(err.Error(), "not JSON") && json.Valid(line) {
				t.Fatalf("valid JSON was refused: %v", err)
			}
			return
		}
		var body map[string]json.RawMessage
		if err := json.Unmarshal(m.Body, &body); err != nil || len(body) != len(m.Fields) {
			t.Fatalf("body %s has %d members, want %d: %v", m.Body, len(m.Fields), len(body), err)
		}
		var want struct {
			Body map[string]json.RawMessage
		}
		if json.Unmarshal(line, &want) == nil && want.Body != nil && len(want.Body) != len(m.Fields) {
			t.Fatalf("body %s has %d members, want %d", m.Body, len(m.Fields), len(want.Body))
		}
		for _, field := range m.Fields {
			if !json.Valid(field.Value) || len(rawjson.WithoutRepeats(field.Value)) != len(field.Value) {
				t.Fatalf("member %s is %s", field.Key, field.Value)
			}
			if n, ok := rawjson.Int(field.Value); ok {
				var want int64
				if err := json.Unmarshal(field.Value, &want); err != nil || n != want {
					t.Fatalf("%s is %d: %v", field.Value, n, err)
				}
			}
			_ = rawjson.Canonical(field.Value)
		}
	})
}
