package edn

import (
	"gset/internal/bench/rawjson"
)

// JSON makes EDN of raw, a scanned JSON value, which it copies.
func JSON(raw []byte) any { return jsonText(raw) }

// AppendJSON appends raw, a scanned JSON value, as EDN: maps keep the order of
// their members, numbers are written as they are, but for whole ones beyond 64
// bits, which get Clojure's N. Keywords says whether the keys of an object
// become keywords, as those of messages' bodies do.
func AppendJSON(dst, raw []byte, keywords bool) []byte {
	switch raw[0] {
	case '"':
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
		dst = append(dst, '{')
		first := len(dst)
		_, _ = rawjson.Members(raw, func(key, value []byte) {
			if len(dst) > first {
				dst = append(dst, ", "...)
			}
			if keywords {
				dst = append(append(dst, ':'), key...)
			} else {
				dst = appendString(dst, string(key))
			}
			dst = AppendJSON(append(dst, ' '), value, false)
		})
		return append(dst, '}')
	case 'n':
		return append(dst, "nil"...)
	}
	dst = append(dst, raw...)
	if _, fits := rawjson.Int(raw); !fits && rawjson.IsInt(raw) {
		dst = append(dst, 'N')
	}
	return dst
}
