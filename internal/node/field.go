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
	var fields map[string]json.RawMessage // not a struct, whose field any case would match
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
		return 0, Malformed("field %q: %s is outside the 64-bit integers", field, shortened(string(value)))
	case err != nil:
		return 0, Malformed("field %q: %s is not an integer", field, shortened(string(value)))
	}
	return n, nil
}

// Malformed returns a malformed-request error.
func Malformed(format string, args ...any) error {
	return maelstrom.NewRPCError(maelstrom.MalformedRequest, fmt.Sprintf(format, args...))
}

// shortened keeps texts about what was sent short, whatever it was.
func shortened(text string) string {
	const limit = 200
	if len(text) <= limit {
		return text
	}
	return text[:limit] + "..."
}
