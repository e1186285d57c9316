package gsetd

import "strconv"

// parseInt parses a decimal int64 as Redis does: no sign but '-', no leading zero, no "-0", and
// nothing around it.
func parseInt(arg []byte) (n int64, ok bool) {
	const longest = len("-9223372036854775808")
	if len(arg) > longest {
		return 0, false
	}
	n, err := strconv.ParseInt(string(arg), 10, 64)
	if err != nil {
		return 0, false
	}
	var room [longest]byte
	return n, string(strconv.AppendInt(room[:0], n, 10)) == string(arg)
}
