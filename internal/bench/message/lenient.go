package message

import (
	"fmt"

	"gset/internal/bench/rawjson"
)

// What Maelstrom lets pass besides well-formed messages: its JSON parser admits control
// characters in strings, and what it takes for a map is whatever Clojure can read as pairs
// of keys and values.

// escapeControls returns text with the control characters in its strings escaped: text
// itself if there are none.
func escapeControls(text []byte) []byte {
	i := 0
	for i < len(text) && text[i] >= ' ' {
		i++
	}
	if i == len(text) {
		return text
	}
	var clean []byte
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			inString = !inString
			clean = append(clean, c)
		case c == '\\' && inString && i+1 < len(text):
			clean = append(clean, c, text[i+1])
			i++
		case c < ' ' && inString:
			clean = fmt.Appendf(clean, `\u%04x`, c)
		default:
			clean = append(clean, c)
		}
	}
	return clean
}

// asObject returns the JSON object that Maelstrom makes of a scanned value: an object as it
// is; none, null, [] and "" as an empty object; a list of pairs as an object of them. It
// returns nil for what Maelstrom makes no map of.
func asObject(value []byte) []byte {
	switch {
	case value == nil, string(value) == "null", string(value) == `""`:
		return []byte("{}")
	case value[0] == '{':
		return value
	case value[0] == '[':
		return fromPairs(value)
	}
	return nil
}

// fromPairs makes an object of a list of pairs, nil if the list has anything else. Of a list
// that is longer than a pair the rest is ignored, what is missing is null, and a key that is
// no string becomes "", all as in Maelstrom.
func fromPairs(list []byte) []byte {
	object, ok := []byte{'{'}, true
	err := rawjson.Elements(list, func(pair []byte) {
		key, value := []byte(nil), []byte("null")
		switch {
		case string(pair) == "null":
		case pair[0] == '[':
			n := 0
			// The list has been scanned before: there is no error to expect.
			_ = rawjson.Elements(pair, func(item []byte) {
				switch n++; n {
				case 1:
					if text, isString := rawjson.String(item); isString {
						key = []byte(text)
					}
				case 2:
					value = item
				}
			})
		case pair[0] == '"': // a pair of characters
			text, _ := rawjson.String(pair)
			if runes := []rune(text); len(runes) > 1 {
				value = rawjson.AppendString(nil, string(runes[1]))
			}
		default:
			ok = false
			return
		}
		object = appendMember(object, key, value)
	})
	if !ok || err != nil {
		return nil
	}
	return append(object, '}')
}

// appendMember appends a member to the text of an object that is not closed yet.
func appendMember(text, key, value []byte) []byte {
	if text[len(text)-1] != '{' {
		text = append(text, ',')
	}
	text = append(rawjson.AppendString(text, string(key)), ':')
	return append(text, value...)
}
