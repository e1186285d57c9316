package resp

import (
	"math"
	"strconv"
)

// Protocol is a version of RESP, as clients name it in HELLO.
type Protocol uint8

// The protocols. A client speaks RESP2 until its HELLO 3.
const (
	RESP2 Protocol = 2
	RESP3 Protocol = 3
)

// Writer appends replies to Buf. Its zero value writes RESP2 into a new slice. An aggregate
// (Array, Map, Set, Push) is followed by as many replies as it announces.
type Writer struct {
	Buf      []byte
	Protocol Protocol
}

func (w *Writer) is3() bool { return w.Protocol >= RESP3 }

// Simple appends a simple string, such as OK. A line break in it becomes a space.
func (w *Writer) Simple(s string) {
	w.Buf = append(w.Buf, '+')
	w.oneLine(s)
	w.Buf = append(w.Buf, '\r', '\n')
}

// Error appends an error: a code such as ERR or NOAUTH, and a message. A line break in the
// message becomes a space.
func (w *Writer) Error(code, message string) {
	w.Buf = append(append(append(w.Buf, '-'), code...), ' ')
	w.oneLine(message)
	w.Buf = append(w.Buf, '\r', '\n')
}

func (w *Writer) oneLine(s string) {
	start := len(w.Buf)
	w.Buf = append(w.Buf, s...)
	for i, c := range w.Buf[start:] {
		if c == '\r' || c == '\n' {
			w.Buf[start+i] = ' '
		}
	}
}

// header appends a type's byte, a number, and a line's end.
func (w *Writer) header(kind byte, n int64) {
	if n >= 0 && n < 10 {
		w.Buf = append(w.Buf, kind, byte('0'+n), '\r', '\n')
		return
	}
	w.Buf = append(strconv.AppendInt(append(w.Buf, kind), n, 10), '\r', '\n')
}

// Int appends an integer.
func (w *Writer) Int(n int64) { w.header(':', n) }

// Bulk appends a byte string.
func (w *Writer) Bulk(b []byte) {
	w.header('$', int64(len(b)))
	w.Buf = append(append(w.Buf, b...), '\r', '\n')
}

// BulkString appends a byte string.
func (w *Writer) BulkString(s string) {
	w.header('$', int64(len(s)))
	w.Buf = append(append(w.Buf, s...), '\r', '\n')
}

// BulkInt appends a decimal number as a byte string.
func (w *Writer) BulkInt(n int64) {
	var room [20]byte
	w.Bulk(strconv.AppendInt(room[:0], n, 10))
}

// Verbatim appends a text for people, marked as such in RESP3.
func (w *Writer) Verbatim(s string) {
	if !w.is3() {
		w.BulkString(s)
		return
	}
	w.header('=', int64(len(s))+4)
	w.Buf = append(append(append(w.Buf, "txt:"...), s...), '\r', '\n')
}

// Null appends the reply for a value that is not there.
func (w *Writer) Null() { w.null("$-1\r\n") }

// NullArray appends the reply for an array that is not there.
func (w *Writer) NullArray() { w.null("*-1\r\n") }

func (w *Writer) null(resp2 string) {
	if w.is3() {
		resp2 = "_\r\n"
	}
	w.Buf = append(w.Buf, resp2...)
}

// Array begins an array of n replies.
func (w *Writer) Array(n int) { w.header('*', int64(n)) }

// Map begins a map of n keys, each followed by its value. In RESP2 it is an array of 2n.
func (w *Writer) Map(n int) {
	if w.is3() {
		w.header('%', int64(n))
	} else {
		w.header('*', 2*int64(n))
	}
}

// Set begins a set of n replies. In RESP2 it is an array.
func (w *Writer) Set(n int) { w.aggregate('~', n) }

// Push begins a message of n parts that no request asked for. In RESP2 it is an array.
func (w *Writer) Push(n int) { w.aggregate('>', n) }

func (w *Writer) aggregate(resp3 byte, n int) {
	if !w.is3() {
		resp3 = '*'
	}
	w.header(resp3, int64(n))
}

// Bool appends a truth value: 1 or 0 in RESP2.
func (w *Writer) Bool(b bool) {
	switch {
	case w.is3() && b:
		w.Buf = append(w.Buf, "#t\r\n"...)
	case w.is3():
		w.Buf = append(w.Buf, "#f\r\n"...)
	case b:
		w.Int(1)
	default:
		w.Int(0)
	}
}

// Double appends a floating-point number with 17 digits: a byte string in RESP2.
func (w *Writer) Double(f float64) {
	var text [32]byte
	digits := appendDouble(text[:0], f)
	if w.is3() {
		w.Buf = append(append(append(w.Buf, ','), digits...), '\r', '\n')
	} else {
		w.Bulk(digits)
	}
}

// appendDouble appends f as C's %.17g does, with inf, -inf and nan.
func appendDouble(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	// The form with an exponent has 17 digits, then e, a sign, and two or three digits.
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'e', 16, 64)
	e := len(dst) - 1
	for dst[e] != 'e' {
		e--
	}
	exponent, _ := strconv.Atoi(string(dst[e+1:])) // what AppendFloat has written
	if exponent < -4 || exponent >= 17 {
		tail := [4]byte{}
		n := copy(tail[:], dst[e+1:])
		return append(append(trimZeros(dst[:e]), 'e'), tail[:n]...)
	}
	dst = strconv.AppendFloat(dst[:start], f, 'f', 16-exponent, 64)
	if exponent == 16 {
		return dst // no fraction: its zeros count
	}
	return trimZeros(dst)
}

// trimZeros takes the zeros off the end of a fraction, and the point if nothing else is left.
func trimZeros(dst []byte) []byte {
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}
