// Package edn writes EDN, the notation of Clojure's data, as Maelstrom and Jepsen write it.
package edn

import (
	"fmt"
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
	// Pair is one entry of a Map, a key and its value.
	Pair [2]any
	// Vector is written in brackets.
	Vector []any
	// List is written in parentheses.
	List []any
	// Set is written in braces with a # before them.
	Set []any
	// jsonText is a scanned JSON value.
	jsonText string
)

// Appender is a value that writes itself in EDN, on one line.
type Appender interface {
	AppendEDN(dst []byte) []byte
}

// Append appends v on one line. It panics if v is none of this package's types, no
// appender and no fmt.Stringer.
func Append(dst []byte, v any) []byte {
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
		return appendString(dst, v)
	case Keyword:
		return append(append(dst, ':'), v...)
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
			dst = append(Append(dst, pair[0]), ' ')
			dst = Append(dst, pair[1])
		}
		return append(dst, '}')
	case jsonText:
		return AppendJSON(dst, []byte(v), false)
	case Appender:
		return v.AppendEDN(dst)
	case fmt.Stringer:
		return appendString(dst, v.String())
	}
	panic(fmt.Sprintf("squall: %T has no EDN", v))
}

func appendSeq(dst []byte, open string, items []any, shut string) []byte {
	dst = append(dst, open...)
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = Append(dst, item)
	}
	return append(dst, shut...)
}

// appendString writes a string as Clojure's printer does.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	s = strings.ToValidUTF8(s, "\uFFFD")
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

// prettyWidth is the line length that AppendPretty aims for.
const prettyWidth = 78

// AppendPretty appends v, broken into lines where it is too long for one. It
// starts at the given column, to which further lines are indented.
func AppendPretty(dst []byte, v any, column int) []byte {
	start := len(dst)
	dst = Append(dst, v)
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
			dst = append(Append(dst, pair[0]), ' ')
			dst = AppendPretty(dst, pair[1], column+1+len(dst)-from)
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
			width := 1 + len(Append(nil, item))
			if n, ok := item.(int64); ok && at+width <= prettyWidth {
				dst = strconv.AppendInt(append(dst, ' '), n, 10)
				at += width
				continue
			}
			dst = newline(dst, column)
			at = column
		}
		start := len(dst)
		dst = AppendPretty(dst, item, column)
		at += len(dst) - start
	}
	return append(dst, shut...)
}
