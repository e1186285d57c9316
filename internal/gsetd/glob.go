package gsetd

// glob matches texts against a pattern as Redis does: * for any text, ? for a byte, [abc], [a-z]
// and [^a] for a byte of a class, and \ before a byte that stands for itself. A class that is not
// closed ends with the pattern. It takes at most the product of both lengths.
func glob(pattern, text []byte) bool {
	star, from := -1, 0 // behind the last star, and where the text goes on that it does not match
	p, t := 0, 0
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			p++
			star, from = p, t
			continue
		}
		if p < len(pattern) {
			if width, ok := globByte(pattern[p:], text[t]); ok {
				p, t = p+width, t+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		from++
		p, t = star, from
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// globByte matches a byte against the beginning of a pattern, which is not a star, and returns how
// long that is.
func globByte(pattern []byte, b byte) (width int, ok bool) {
	switch {
	case pattern[0] == '?':
		return 1, true
	case pattern[0] == '[':
		return globClass(pattern, b)
	case pattern[0] == '\\' && len(pattern) > 1:
		return 2, pattern[1] == b
	}
	return 1, pattern[0] == b
}

// globClass matches a byte against a class.
func globClass(pattern []byte, b byte) (width int, ok bool) {
	p := 1
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	for {
		switch left := len(pattern) - p; {
		case left == 0:
			return p, ok != not
		case left >= 2 && pattern[p] == '\\':
			p++
			ok = ok || pattern[p] == b
		case pattern[p] == ']':
			return p + 1, ok != not
		case left >= 3 && pattern[p+1] == '-':
			low, high := min(pattern[p], pattern[p+2]), max(pattern[p], pattern[p+2])
			p += 2
			ok = ok || low <= b && b <= high
		default:
			ok = ok || pattern[p] == b
		}
		p++
	}
}
