package rawjson

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Canonical returns text that is equal for equal values: members sorted,
// no spaces, numbers with a fraction or exponent as the nearest double.
func Canonical(raw []byte) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return string(raw)
	}
	canonicalNumbers(&v)
	text, err := json.Marshal(v)
	if err != nil {
		return string(raw)
	}
	return string(text)
}

func canonicalNumbers(v *any) {
	switch x := (*v).(type) {
	case json.Number:
		if strings.ContainsAny(string(x), ".eE") {
			if f, err := x.Float64(); err == nil {
				text := strconv.FormatFloat(f, 'e', -1, 64) // always has an exponent: 1 and 1.0 differ
				*v = json.Number(text)
			}
		}
	case []any:
		for i := range x {
			canonicalNumbers(&x[i])
		}
	case map[string]any:
		for key, member := range x {
			canonicalNumbers(&member)
			x[key] = member
		}
	}
}
