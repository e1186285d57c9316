package squall

// jsonValue makes EDN of raw, a scanned JSON value, which it copies.
func jsonValue(raw []byte) any { return jsonText(raw) }

// appendJSON appends raw, a scanned JSON value, as EDN: maps keep the order of
// their members, numbers are written as they are, but for whole ones beyond 64
// bits, which get Clojure's N. Keywords says whether the keys of an object
// become keywords, as those of messages' bodies do.
func appendJSON(dst, raw []byte, keywords bool) []byte {
	switch raw[0] {
	case '"':
		text, _ := jsonString(raw) // it is one
		return appendEDNString(dst, text)
	case '[':
		dst = append(dst, '[')
		first := len(dst)
		_ = items(raw, func(value []byte) {
			if len(dst) > first {
				dst = append(dst, ' ')
			}
			dst = appendJSON(dst, value, false)
		})
		return append(dst, ']')
	case '{':
		dst = append(dst, '{')
		first := len(dst)
		_, _ = members(raw, func(key, value []byte) {
			if len(dst) > first {
				dst = append(dst, ", "...)
			}
			if keywords {
				dst = append(append(dst, ':'), key...)
			} else {
				dst = appendEDNString(dst, string(key))
			}
			dst = appendJSON(append(dst, ' '), value, false)
		})
		return append(dst, '}')
	case 'n':
		return append(dst, "nil"...)
	}
	dst = append(dst, raw...)
	if _, fits := jsonInt(raw); !fits && isJSONInt(raw) {
		dst = append(dst, 'N')
	}
	return dst
}
