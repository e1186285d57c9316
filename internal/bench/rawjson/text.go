package rawjson

import (
	"encoding/json"
	"fmt"
)

// AppendString writes s as a JSON string.
func AppendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			text, err := json.Marshal(s)
			if err != nil {
				panic(fmt.Sprintf("squall: a string has no JSON: %v", err))
			}
			return append(dst, text...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

// Clip shortens text for an error message to a few hundred bytes.
func Clip(text []byte) string {
	const most = 400
	if len(text) <= most {
		return string(text)
	}
	return fmt.Sprintf("%s... (%d bytes in all)", text[:most], len(text))
}

// OrMissing is what an error message says of a member that may be missing.
func OrMissing(raw []byte) string {
	if raw == nil {
		return "missing"
	}
	return Clip(raw)
}

// StringEnd returns the index of the quote that ends a string whose text begins at i, or the
// length of text, which need not be JSON.
func StringEnd(text []byte, i int) int {
	for ; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}
