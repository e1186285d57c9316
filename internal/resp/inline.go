package resp

import "bytes"

// keptText is how many bytes for arguments with quotes a parser keeps between commands.
const keptText = 1 << 10

// inline reads a line of words. Redis' quoting rules: a word may have parts in double quotes,
// with the escapes \n \r \t \b \a \xHH and \ before any other byte for that byte, and parts in
// single quotes, where only \' is an escape. A closing quote ends the word.
func (p *Parser) inline(buf []byte) (whole bool, err error) {
	end, err := p.lineEnd(buf, '\n', errInline)
	if end < 0 {
		return false, err
	}
	p.nextLine(end + 1)
	if end > 0 && buf[end-1] == '\r' {
		end--
	}
	line := buf[:end]
	quoted := bytes.IndexByte(line, '"') >= 0 || bytes.IndexByte(line, '\'') >= 0
	for i := skipBlanks(line, 0); i < len(line); i = skipBlanks(line, i) {
		if !quoted {
			start := i
			for i < len(line) && !endsWord(line[i]) {
				i++
			}
			p.add(start, i)
			continue
		}
		start := len(p.text)
		if i = p.word(line, i); i < 0 {
			return false, errQuotes
		}
		p.add(start, len(p.text))
	}
	return true, nil
}

// word appends the word at line[i] to text and returns the index behind it, -1 if its quotes
// are not balanced.
func (p *Parser) word(line []byte, i int) int {
	for i < len(line) && !endsWord(line[i]) {
		switch c := line[i]; c {
		case '"', '\'':
			i = p.quotes(line, i+1, c)
			if i < 0 || i < len(line) && !isBlank(line[i]) {
				return -1
			}
			return i
		default:
			p.text = append(p.text, c)
			i++
		}
	}
	return i
}

// quotes appends what stands in quotes from line[i] on and returns the index behind the
// closing quote, -1 if there is none.
func (p *Parser) quotes(line []byte, i int, quote byte) int {
	for i < len(line) {
		c := line[i]
		i++
		if c == quote {
			return i
		}
		if c == '\\' && i < len(line) && (quote == '"' || line[i] == quote) {
			c, i = escape(line, i, quote)
		}
		p.text = append(p.text, c)
	}
	return -1
}

// escape returns the byte that stands for the escape at line[i], behind its backslash, and the
// index behind it.
func escape(line []byte, i int, quote byte) (byte, int) {
	c := line[i]
	i++
	if quote == '\'' {
		return c, i
	}
	switch c {
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'b':
		c = '\b'
	case 'a':
		c = '\a'
	case 'x':
		if i+1 < len(line) {
			high, low := hexDigit(line[i]), hexDigit(line[i+1])
			if high >= 0 && low >= 0 {
				return byte(high<<4 | low), i + 2
			}
		}
	}
	return c, i
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func skipBlanks(line []byte, i int) int {
	for i < len(line) && isBlank(line[i]) {
		i++
	}
	return i
}

// isBlank is C's isspace: what may stand between words, and must behind a closing quote.
func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// endsWord says whether c ends a word outside of quotes. Redis leaves vertical tab and form
// feed in the word, though it skips both before a word.
func endsWord(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
