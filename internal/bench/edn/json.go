package edn

import (
	"strings"

	"gset/internal/bench/rawjson"
)

// JSON makes EDN of raw, a scanned JSON value, which it copies.
func JSON(raw []byte) any { return jsonText(raw) }

// isKeyword tells whether a key can be read as a keyword behind a colon. A regular expression
// would take half the time that a history of echoes takes to write.
func isKeyword(key []byte) bool {
	for _, c := range key {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(".*+!_?$%&=<>-", c) < 0 {
			return false
		}
	}
	return len(key) > 0
}

// plain tells whether text is printable ASCII without quotes and backslashes.
func plain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '"' || c == '\\' || c >= 0x7f {
			return false
		}
	}
	return true
}

// AppendJSON appends raw, a scanned JSON value, as EDN: maps keep the order of
// their members, numbers are written as they are, but for whole ones beyond 64
// bits, which get Clojure's N. Of equal keys the last one counts. Keywords says whether
// the keys of an object become keywords, as those of messages' bodies do; what no reader
// would take for a keyword stays a string.
func AppendJSON(dst, raw []byte, keywords bool) []byte {
	switch raw[0] {
	case '"':
		if plain(raw[1 : len(raw)-1]) { // as nearly all are, and then EDN writes it as JSON does
			return append(dst, raw...)
		}
		text, _ := rawjson.String(raw) // it is one
		return appendString(dst, text)
	case '[':
		dst = append(dst, '[')
		first := len(dst)
		_ = rawjson.Elements(raw, func(value []byte) {
			if len(dst) > first {
				dst = append(dst, ' ')
			}
			dst = AppendJSON(dst, value, false)
		})
		return append(dst, ']')
	case '{':
		return appendObject(dst, raw, keywords)
	case 'n':
		return append(dst, "nil"...)
	}
	dst = append(dst, raw...)
	if _, fits := rawjson.Int(raw); !fits && rawjson.IsInt(raw) {
		dst = append(dst, 'N')
	}
	return dst
}

// appendObject appends an object as a map of EDN, which must not have a key twice.
func appendObject(dst, raw []byte, keywords bool) []byte {
	dst = append(dst, '{')
	var few [8]rawjson.Field
	fields, _, _ := rawjson.Fields(few[:0], raw)
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		if keywords && isKeyword(f.Key) {
			dst = append(append(dst, ':'), f.Key...)
		} else {
			dst = appendString(dst, string(f.Key))
		}
		dst = AppendJSON(append(dst, ' '), f.Value, false)
	}
	return append(dst, '}')
}
