package squall

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// EDN is the notation of Clojure's data, in which Maelstrom writes its results
// and histories. These types, with nil, bool, int, int64, float64 and string,
// make it up.
type (
	// Keyword is a name written with a colon before it.
	Keyword string
	// Map keeps the order of its pairs.
	Map []Pair
	// Pair is one entry of a Map.
	Pair struct{ Key, Value any }
	// Vector is written in brackets.
	Vector []any
	// List is written in parentheses.
	List []any
	// Set is written in braces with a # before them.
	Set []any
	// jsonText is a scanned JSON value.
	jsonText string
)

// appendEDN appends v on one line.
func appendEDN(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "nil"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return appendFloat(dst, v, 64)
	case float32:
		return appendFloat(dst, float64(v), 32)
	case string:
		return appendEDNString(dst, v)
	case Keyword:
		return append(append(dst, ':'), v...)
	case Validity:
		return appendEDN(dst, v.edn())
	case Vector:
		return appendSeq(dst, "[", v, "]")
	case List:
		return appendSeq(dst, "(", v, ")")
	case Set:
		return appendSeq(dst, "#{", v, "}")
	case Map:
		dst = append(dst, '{')
		for i, pair := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = append(appendEDN(dst, pair.Key), ' ')
			dst = appendEDN(dst, pair.Value)
		}
		return append(dst, '}')
	case *Op:
		return appendOp(dst, v)
	case *Elements:
		return appendElements(dst, v)
	case Grudge:
		return appendEDN(dst, v.edn())
	case jsonText:
		return appendJSON(dst, []byte(v), false)
	case echoReply:
		return appendJSON(dst, []byte(v.body), true)
	case fmt.Stringer:
		return appendEDNString(dst, v.String())
	}
	panic(fmt.Sprintf("squall: %T has no EDN", v))
}

func appendSeq(dst []byte, open string, items []any, shut string) []byte {
	dst = append(dst, open...)
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = appendEDN(dst, item)
	}
	return append(dst, shut...)
}

func appendElements(dst []byte, e *Elements) []byte {
	if e.raw != nil {
		return appendJSON(dst, e.raw, false)
	}
	dst = append(dst, '[')
	for i, n := range e.Ints {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = strconv.AppendInt(dst, n, 10)
	}
	return append(dst, ']')
}

// appendOp writes an entry of a history.
func appendOp(dst []byte, op *Op) []byte {
	dst = strconv.AppendInt(append(dst, "{:index "...), int64(op.Index), 10)
	dst = strconv.AppendInt(append(dst, ", :time "...), int64(op.Time), 10)
	dst = append(append(dst, ", :type :"...), opTypes[op.Type]...)
	dst = append(dst, ", :process "...)
	dst = appendProcess(dst, op.Process)
	dst = append(append(dst, ", :f :"...), op.F...)
	dst = appendEDN(append(dst, ", :value "...), op.Value)
	if op.Final {
		dst = append(dst, ", :final? true"...)
	}
	if op.Error != nil {
		dst = appendEDN(append(dst, ", :error "...), op.Error)
	}
	if op.Crash != nil {
		dst = appendEDN(append(dst, ", :exception "...), op.Crash.Reason)
	}
	return append(dst, '}')
}

func appendProcess(dst []byte, process int) []byte {
	if process == Nemesis {
		return append(dst, ":nemesis"...)
	}
	return strconv.AppendInt(dst, int64(process), 10)
}

// appendEDNString writes a string as Clojure's printer does.
func appendEDNString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\b':
			dst = append(dst, `\b`...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendFloat writes a number so that it reads as a float: 24.0, not 24.
func appendFloat(dst []byte, f float64, bits int) []byte {
	format := byte('f')
	if abs := max(f, -f); abs != 0 && (abs < 1e-3 || abs >= 1e7) {
		format = 'e'
	}
	text := strings.ToUpper(strconv.FormatFloat(f, format, -1, bits))
	mantissa, exponent, hasExponent := strings.Cut(text, "E")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	dst = append(dst, mantissa...)
	if hasExponent {
		n, _ := strconv.Atoi(exponent) // FormatFloat wrote it
		dst = strconv.AppendInt(append(dst, 'E'), int64(n), 10)
	}
	return dst
}

// prettyWidth is the line length that appendPretty aims for.
const prettyWidth = 78

// appendPretty appends v, broken into lines where it is too long for one. It
// starts at the given column, to which further lines are indented.
func appendPretty(dst []byte, v any, column int) []byte {
	start := len(dst)
	dst = appendEDN(dst, v)
	if column+len(dst)-start <= prettyWidth {
		return dst
	}
	newline := func(dst []byte, column int) []byte {
		dst = append(dst, '\n')
		return append(dst, strings.Repeat(" ", column)...)
	}
	switch v := v.(type) {
	case Map:
		dst = append(dst[:start], '{')
		for i, pair := range v {
			if i > 0 {
				dst = newline(append(dst, ','), column+1)
			}
			from := len(dst)
			dst = append(appendEDN(dst, pair.Key), ' ')
			dst = appendPretty(dst, pair.Value, column+1+len(dst)-from)
		}
		return append(dst, '}')
	case Vector:
		return appendPrettySeq(dst[:start], "[", v, "]", column, newline)
	case List:
		return appendPrettySeq(dst[:start], "(", v, ")", column, newline)
	case Set:
		return appendPrettySeq(dst[:start], "#{", v, "}", column, newline)
	}
	return dst // cannot be broken
}

func appendPrettySeq(dst []byte, open string, items []any, shut string, column int, newline func([]byte, int) []byte) []byte {
	dst = append(dst, open...)
	column += len(open)
	at := column // where the line ends so far
	for i, item := range items {
		if i > 0 {
			// Numbers fill lines; anything larger has a line of its own.
			width := 1 + len(appendEDN(nil, item))
			if n, ok := item.(int64); ok && at+width <= prettyWidth {
				dst = strconv.AppendInt(append(dst, ' '), n, 10)
				at += width
				continue
			}
			dst = newline(dst, column)
			at = column
		}
		start := len(dst)
		dst = appendPretty(dst, item, column)
		at += len(dst) - start
	}
	return append(dst, shut...)
}

// appendJSONString writes s as a JSON string.
func appendJSONString(dst []byte, s string) []byte {
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

// edn writes a grudge as a map of sets.
func (g Grudge) edn() Map {
	var m Map
	for receiver, senders := range g {
		set := Set{}
		for _, s := range senders {
			set = append(set, s)
		}
		m = append(m, Pair{receiver, set})
	}
	slices.SortFunc(m, func(a, b Pair) int { return compareNames(a.Key.(string), b.Key.(string)) })
	return m
}
