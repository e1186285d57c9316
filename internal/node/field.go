package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
)

// Int64 returns the integer in a field of a request's body. Anything else, also a
// number with a fraction or an exponent, is a malformed-request error that names
// the field.
func Int64(body json.RawMessage, field string) (int64, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return 0, Malformed("the body is not an object: %v", err)
	}
	value, ok := fields[field]
	if !ok {
		return 0, Malformed("field %q is missing", field)
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, Malformed("field %q: %s is outside the 64-bit integers", field, shortened(value))
	case err != nil || value[0] == '+':
		return 0, Malformed("field %q: %s is not an integer", field, shortened(value))
	}
	return n, nil
}

// Malformed returns a malformed-request error.
func Malformed(format string, args ...any) error {
	return maelstrom.NewRPCError(maelstrom.MalformedRequest, fmt.Sprintf(format, args...))
}

// shortened keeps error texts short, whatever was sent.
func shortened(value json.RawMessage) string {
	const limit = 40
	if len(value) <= limit {
		return string(value)
	}
	return string(value[:limit]) + "..."
}
