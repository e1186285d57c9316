package messages

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestTypeOfFindsTheBodysOwnType(t *testing.T) {
	for body, want := range map[string]string{
		`{"type":"gossip","x":1}`: "gossip",
		`{"x":{"type":"inner"},"y":[{"type":"other"}], "type" : "own"}`: "own",
		`{"x":"type","type":"own"}`:                                     "own",
		`{"type":"a\"\u00e9"}`:                                          "a\"é",
		`{"a\"b":1,"type":"own"}`:                                       "own",
		`{"type":7}`:                                                    "", `{"type":null}`: "", `{}`: "", `[]`: "", `["type","x"]`: "", ``: "", `"type"`: "", `{"type":`: "", `{"type":"x`: "",
	} {
		if got := TypeOf([]byte(body)); got != want {
			t.Errorf("the type of %s is %q, want %q", body, got, want)
		}
	}
}

// FuzzTypeOf holds TypeOf to what encoding/json finds in objects whose members differ.
func FuzzTypeOf(f *testing.F) {
	f.Add([]byte(`{"type":"gossip","x":{"type":1}}`))
	f.Add([]byte(`{"a":[{}],"type":"x"}`))
	f.Add([]byte(`}}{"type":"`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got := TypeOf(body)
		var members map[string]json.RawMessage
		if json.Unmarshal(body, &members) != nil || got == "" {
			return
		}
		var want string
		if err := json.Unmarshal(members["type"], &want); err == nil && got != want && countTypes(body) == 1 {
			t.Errorf("the type of %s is %q, want %q", body, got, want)
		}
	})
}

// countTypes counts members at the top called type, however they are written.
func countTypes(body []byte) int {
	n, depth := 0, 0
	d := json.NewDecoder(bytes.NewReader(body))
	key := false
	for {
		token, err := d.Token()
		if err != nil {
			return n
		}
		switch v := token.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
				key = true
			} else {
				depth--
				key = true
			}
		case string:
			if depth == 1 && key && v == "type" {
				n++
			}
			key = !key
		default:
			key = true
		}
	}
}
