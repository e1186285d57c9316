package messages

import (
	"encoding/json"
	"unicode/utf8"

	"gset/internal/bench/rawjson"
)

// typeLimit is the length of the longest type that is told, in bytes.
const typeLimit = 100

// TypeOf returns the member "type" of a body that is a JSON object, "" if it has none
// that is a string of at most a hundred bytes. It takes time linear in the body, and stops at
// the member: in most bodies that is the first.
func TypeOf(body []byte) string {
	depth, key := 0, false
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{', '[':
			depth++
			key = depth == 1 && body[i] == '{'
		case '}', ']':
			depth--
		case ',':
			key = depth == 1
		case '"':
			end := rawjson.StringEnd(body, i+1)
			if key && string(body[i+1:end]) == "type" {
				return stringValue(body, end+1)
			}
			key = false
			i = end
		}
	}
	return ""
}

// stringValue returns the string that follows a colon at or after i, "" if there is none.
func stringValue(text []byte, i int) string {
	for ; i < len(text); i++ {
		switch text[i] {
		case ' ', '\t', '\r', '\n', ':':
			continue
		case '"':
			end := rawjson.StringEnd(text, i+1)
			if end >= len(text) || end-i > typeLimit {
				return ""
			}
			return unquote(text[i : end+1])
		}
		return ""
	}
	return ""
}

// unquote returns the string that a JSON string stands for, "" if it stands for none.
func unquote(quoted []byte) string {
	plain := quoted[1 : len(quoted)-1]
	for _, c := range plain {
		if c == '\\' || c < 0x20 || c >= utf8.RuneSelf {
			var s string
			if json.Unmarshal(quoted, &s) != nil {
				return ""
			}
			return s
		}
	}
	return string(plain)
}
