package resp

import "bytes"

// Parser takes commands out of a stream of bytes. Its zero value is ready to use: with default
// limits, for a client that has not authenticated.
type Parser struct {
	Limits        Limits // for a client that has authenticated; read by the first call of Next
	Authenticated bool   // may change between two calls of Next

	limits  Limits   // Limits with their defaults
	spans   []span   // the arguments found of the command under way
	args    [][]byte // returned by Next
	text    []byte   // arguments that had quotes
	pos     int      // offset of the first byte not parsed, from the command's beginning
	seen    int      // bytes from pos that were searched for the end of the line
	hidden  bool     // a zero byte hides the end of this line
	missing int      // arguments still to come; 0 if the count is not read yet
	bulk    int      // length of the argument to come, if sized
	sized   bool
	err     error
}

// span is where an argument lies, from the command's beginning.
type span struct{ start, end uint32 }

// keptArgs is how many arguments' room a parser keeps between commands.
const keptArgs = 64

// Next parses the next command. buf holds what was received and not yet consumed; a call after
// one that returned no args must present the same bytes again, from index n on, and more behind
// them.
//
// With args, the command is whole; n bytes of buf are consumed, and the args, at least one, are
// valid until the next call or until buf changes. Without args more bytes are needed; n counts
// the empty commands at the beginning of buf, which Redis ignores, too. An error is a
// [ProtocolError]; it is final, and every later call returns it again.
func (p *Parser) Next(buf []byte) (args [][]byte, n int, err error) {
	if p.err != nil {
		return nil, 0, p.err
	}
	if p.limits.Command == 0 {
		p.limits = p.Limits.WithDefaults()
	}
	for n < len(buf) {
		command := buf[n:]
		whole, err := p.parse(command)
		if err != nil {
			p.err = err
			return nil, n, err
		}
		if !whole {
			break
		}
		n += p.pos
		if args = p.take(command); args != nil {
			return args, n, nil
		}
	}
	return nil, n, nil
}

// Partial reports whether the parser has seen the beginning of a command and not its end.
func (p *Parser) Partial() bool { return p.pos > 0 || p.seen > 0 }

// parse goes on with the command that begins at buf[0].
func (p *Parser) parse(buf []byte) (whole bool, err error) {
	if buf[0] != '*' {
		return p.inline(buf)
	}
	if p.missing == 0 {
		if ok, err := p.count(buf); !ok || err != nil {
			return false, err
		}
	}
	for p.missing > 0 {
		if !p.sized {
			if ok, err := p.length(buf); !ok || err != nil {
				return false, err
			}
		}
		if len(buf)-p.pos < p.bulk+2 {
			return false, nil
		}
		p.add(p.pos, p.pos+p.bulk)
		p.pos += p.bulk + 2
		p.sized = false
		p.missing--
	}
	return true, nil
}

func (p *Parser) add(start, end int) {
	p.spans = append(p.spans, span{uint32(start), uint32(end)})
}

// take returns the arguments of the command that parse has found whole, nil if there is none,
// and prepares for the next command.
func (p *Parser) take(command []byte) [][]byte {
	p.pos, p.seen, p.hidden = 0, 0, false
	if len(p.spans) == 0 {
		return nil
	}
	if len(p.text) > 0 {
		command = p.text
	}
	args := p.args[:0]
	for _, s := range p.spans {
		args = append(args, command[s.start:s.end:s.end])
	}
	p.spans, p.args, p.text = p.spans[:0], args, p.text[:0]
	if len(args) > keptArgs {
		p.spans, p.args = nil, nil
	}
	if cap(p.text) > keptText {
		p.text = nil
	}
	return args
}

// count reads the line that says how many arguments follow. A count below one leaves missing 0.
func (p *Parser) count(buf []byte) (ok bool, err error) {
	if n, next, ok := plain(buf, 1); ok && n <= min(unauthenticatedArgs, p.limits.Args) {
		p.missing = n
		p.nextLine(next)
		return true, nil
	}
	end, err := p.lineEnd(buf, '\r', errCountLine)
	if end < 0 || end+1 >= len(buf) {
		return false, err
	}
	n, valid := number(buf[1:end])
	switch {
	case !valid || n > redisArgs:
		return false, errCount
	case n > unauthenticatedArgs && !p.Authenticated:
		return false, errCountUnauth
	case n > int64(p.limits.Args):
		return false, errCount
	}
	p.missing = int(max(n, 0))
	p.nextLine(end + 2)
	return true, nil
}

// length reads the line that says how many bytes the next argument has.
func (p *Parser) length(buf []byte) (ok bool, err error) {
	if p.pos < len(buf) && buf[p.pos] == '$' {
		if n, next, ok := plain(buf, p.pos+1); ok && n <= min(unauthenticatedBulk, p.limits.Bulk) && next+n+2 <= p.limits.Command {
			p.bulk, p.sized = n, true
			p.nextLine(next)
			return true, nil
		}
	}
	end, err := p.lineEnd(buf, '\r', errLengthLine)
	if end < 0 || end+1 >= len(buf) {
		return false, err
	}
	if c := buf[p.pos]; c != '$' {
		return false, errExpected + ProtocolError([]byte{c, '\''})
	}
	n, valid := number(buf[p.pos+1 : end])
	switch {
	case !valid || n < 0 || n > redisBulk:
		return false, errLength
	case n > unauthenticatedBulk && !p.Authenticated:
		return false, errLengthUnauth
	case n > int64(p.limits.Bulk):
		return false, errLength
	case int64(end)+2+n+2 > int64(p.limits.Command):
		return false, errCommand
	}
	p.bulk, p.sized = int(n), true
	p.nextLine(end + 2)
	return true, nil
}

func (p *Parser) nextLine(pos int) { p.pos, p.seen, p.hidden = pos, 0, false }

// lineEnd returns the index of the end byte of the line at pos, -1 if it has not arrived. A
// line of more than maxLine bytes is the error given. The search continues where the last one
// ended. A zero byte hides what follows it, as from the C function by which Redis searches.
func (p *Parser) lineEnd(buf []byte, end byte, tooLong error) (int, error) {
	from, to := p.pos+p.seen, min(len(buf), p.pos+maxLine+1)
	if !p.hidden {
		i := bytes.IndexByte(buf[from:to], end)
		upTo := to
		if i >= 0 {
			upTo = from + i
		}
		p.hidden = bytes.IndexByte(buf[from:upTo], 0) >= 0
		if i >= 0 && !p.hidden {
			p.seen = upTo - p.pos // the end is found again at once
			return upTo, nil
		}
		p.seen = to - p.pos
	}
	if len(buf)-p.pos > maxLine {
		return -1, tooLong
	}
	return -1, nil
}
