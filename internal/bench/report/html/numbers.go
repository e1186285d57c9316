package html

import "gset/internal/bench/rawjson"

// bookkeeping are names of members whose numbers are hardly ever elements of a set.
var bookkeeping = map[string]bool{
	"msg_id": true, "in_reply_to": true, "id": true, "seq": true, "seqno": true, "ts": true, "time": true,
	"timestamp": true, "round": true, "version": true, "versions": true, "term": true, "view": true, "epoch": true,
	"count": true, "clock": true, "vclock": true, "ttl": true, "hop": true, "hops": true, "code": true,
	"offset": true, "index": true, "ack_id": true, "size": true, "len": true, "length": true,
}

// maxDepth is how deep numbers looks into nested values.
const maxDepth = 32

// frame is an object or an array that numbers is inside of.
type frame struct {
	object bool
	key    bool // in an object: a key comes next
	mute   bool // numbers in the value at hand are bookkeeping
	all    bool // numbers in the whole object or array are
}

// numbers calls yield with every whole number of a JSON text that may be an element of
// a set: one in an array, the value of a member, or a member's name in quotes, unless
// the name of a member around it is in bookkeeping. It takes time linear in the text and
// makes what it can of text that is not JSON.
func numbers(text []byte, yield func(int64)) {
	var stack [maxDepth]frame
	depth := 0
	top := &stack[0]
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := rawjson.StringEnd(text, i+1)
			if top.object && top.key {
				top.key = false
				name := text[i+1 : min(end, len(text))]
				top.mute = bookkeeping[string(name)]
				if !top.all {
					yieldInt(name, yield)
				}
			}
			i = end + 1
		case c == '{' || c == '[':
			if depth++; depth >= maxDepth {
				return
			}
			stack[depth] = frame{object: c == '{', key: c == '{', all: top.all || top.mute}
			top = &stack[depth]
			i++
		case c == '}' || c == ']':
			if depth > 0 {
				depth--
				top = &stack[depth]
			}
			i++
		case c == ',':
			if top.object {
				top.key, top.mute = true, false
			}
			i++
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(text) && numeric(text[end]) {
				end++
			}
			if !top.all && !top.mute {
				yieldInt(text[i:end], yield)
			}
			i = end
		default:
			i++
		}
	}
}

// numeric tells whether c may go on a number.
func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// yieldInt yields text if it is a whole number that fits 64 bits.
func yieldInt(text []byte, yield func(int64)) {
	if n, ok := rawjson.Int(text); ok {
		yield(n)
	}
}
