package squall

import "fmt"

// An rpcCode is one of the error codes that the protocol defines.
type rpcCode struct {
	name     Keyword
	definite bool // the operation did not and will not happen
}

// rpcCodes are the defined codes. All others are unknown and indefinite.
var rpcCodes = map[int64]rpcCode{
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

// rpcError is a reply of type error.
type rpcError struct {
	code rpcCode
	raw  []byte // the code as sent, nil if there was none
	text any    // the reply's text: nil, a string, or other JSON
}

func (e *rpcError) Error() string {
	return fmt.Sprintf("error %s (%s): %v", e.raw, e.code.name, e.text)
}

// asRPCError reads a reply's members as an error reply; nil if it is none.
func asRPCError(fields []field) *rpcError {
	if t, ok := jsonString(lookup(fields, "type")); !ok || t != "error" {
		return nil
	}
	e := &rpcError{code: rpcCode{name: "unknown"}}
	if raw := lookup(fields, "code"); raw != nil {
		e.raw = append([]byte(nil), raw...)
		if n, ok := jsonInt(raw); ok {
			if code, ok := rpcCodes[n]; ok {
				e.code = code
			}
		}
	}
	if raw := lookup(fields, "text"); raw != nil {
		e.text = jsonValue(raw)
	}
	return e
}
