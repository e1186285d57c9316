package history

import (
	"strconv"

	"gset/internal/bench/edn"
)

// A Printer writes the entries of a history in order, one on each call, in EDN and for people. What reads returned
// is written in full only as far as a budget lasts, since together it grows with the square
// of a test's length: {:count 4, :ranges [[0 2] [7 7]]} is a later read of 0, 1, 2 and 7, and
// {:count 4} one for which the second budget did not last either. The zero Printer has no
// budget; see [NewPrinter].
type Printer struct {
	full, ranges int // bytes left for reads written so
	buf          []byte
}

// The budgets, in bytes of a file. Maelstrom's usual tests stay far below the first.
const (
	fullBudget   = 24 << 20
	rangesBudget = 48 << 20
)

// NewPrinter returns a printer for one history.
func NewPrinter() *Printer { return &Printer{full: fullBudget, ranges: rangesBudget} }

// Append appends an entry to edn, on one line, and to text, for people: process, type, function,
// value and error, with tabs between them. The value, which may be long, is turned into EDN once for both.
func (p *Printer) Append(edn, text []byte, op *Op) ([]byte, []byte) {
	p.buf = p.value(p.buf[:0], op.Value)
	return op.appendEDN(edn, p.buf), op.appendText(text, p.buf)
}

// value writes an operation's value.
func (p *Printer) value(dst []byte, v any) []byte {
	e, ok := v.(*Elements)
	start := len(dst)
	switch {
	case !ok:
		return edn.Append(dst, v)
	case p.full > 0:
		dst = e.AppendEDN(dst)
		p.full -= len(dst) - start
		return dst
	}
	dst = strconv.AppendInt(append(dst, "{:count "...), int64(e.Len()+len(e.others)), 10)
	if p.ranges > 0 {
		dst = e.ints.appendRanges(append(dst, ", :ranges "...))
		p.ranges -= len(dst) - start
	}
	return append(dst, '}')
}
