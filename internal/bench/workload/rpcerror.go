package workload

import (
	"fmt"

	"gset/internal/bench/edn"
	"gset/internal/bench/rawjson"
)

// An code is one of the error codes that the protocol defines.
type code struct {
	Name     edn.Keyword
	Definite bool // the operation did not and will not happen
}

// codes are the defined codes. All others are unknown and indefinite.
var codes = map[int64]code{
	0:  {"timeout", false},
	1:  {"node-not-found", true},
	10: {"not-supported", true},
	11: {"temporarily-unavailable", true},
	12: {"malformed-request", true},
	13: {"crash", false},
	14: {"abort", true},
	20: {"key-does-not-exist", true},
	21: {"key-already-exists", true},
	22: {"precondition-failed", true},
	30: {"txn-conflict", true},
}

// Error is a reply of type error.
type Error struct {
	Code code
	raw  []byte // the code as sent, nil if there was none
	Text any    // the reply's text: nil, a string, or other JSON
}

func (e *Error) Error() string {
	return fmt.Sprintf("error %s (%s): %v", e.raw, e.Code.Name, e.Text)
}

// AsError reads a reply's members as an error reply; nil if it is none.
func AsError(fields []rawjson.Field) *Error {
	if t, ok := rawjson.String(rawjson.Lookup(fields, "type")); !ok || t != "error" {
		return nil
	}
	e := &Error{Code: code{Name: "unknown"}}
	if raw := rawjson.Lookup(fields, "code"); raw != nil {
		e.raw = append([]byte(nil), raw...)
		if n, ok := rawjson.Int(raw); ok {
			if code, ok := codes[n]; ok {
				e.Code = code
			}
		}
	}
	if raw := rawjson.Lookup(fields, "text"); raw != nil {
		e.Text = edn.JSON(raw)
	}
	return e
}
