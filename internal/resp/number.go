package resp

import "math"

// number parses a decimal int64 as Redis does: no sign but '-', no leading zero, no "-0",
// nothing around it.
func number(text []byte) (value int64, ok bool) {
	if len(text) == 1 && text[0] == '0' {
		return 0, true
	}
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) == 0 || text[0] == '0' {
		return 0, false
	}
	magnitude := uint64(0)
	for _, c := range text {
		if c < '0' || c > '9' || magnitude > math.MaxUint64/10 {
			return 0, false
		}
		digit := uint64(c - '0')
		if magnitude = magnitude*10 + digit; magnitude < digit {
			return 0, false
		}
	}
	if negative {
		return -int64(magnitude), magnitude <= 1<<63
	}
	return int64(magnitude), magnitude <= math.MaxInt64
}

// plain reads what clients send: one to nine digits without a leading zero at text[from], a
// carriage return, and one byte. It returns the index behind them. Whatever else is there, or
// not there yet, is not ok and left to number.
func plain(text []byte, from int) (value, next int, ok bool) {
	i := from
	for ; i < len(text) && i < from+9; i++ {
		c := text[i] - '0'
		if c > 9 {
			break
		}
		value = value*10 + int(c)
	}
	if i == from || i+1 >= len(text) || text[i] != '\r' || text[from] == '0' && i != from+1 {
		return 0, 0, false
	}
	return value, i + 2, true
}
