package crdt

import "unsafe"

// pieces is a list that grows by pieces of equal length: however long it is, to append takes the
// same time and copies nothing. Only the first piece grows by copying, so that a list of few is small.
type pieces[T any] struct {
	first []T
	more  *[][]T // of which only the last one has room; nil until the first piece is full
}

const (
	pieceBits   = 9
	pieceLength = 1 << pieceBits
)

func (p *pieces[T]) len() int {
	if p.more == nil {
		return len(p.first)
	}
	last := len(*p.more) - 1
	return pieceLength*(1+last) + len((*p.more)[last])
}

// at returns the i-th of the list. The pointer holds until the next append.
func (p *pieces[T]) at(i int) *T {
	if i < len(p.first) {
		return &p.first[i]
	}
	return &(*p.more)[i>>pieceBits-1][i&(pieceLength-1)]
}

func (p *pieces[T]) append(x T) {
	switch n := len(p.first); {
	case n < pieceLength:
		if n == cap(p.first) {
			p.first = append(make([]T, 0, min(max(2*n, 1), pieceLength)), p.first...)
		}
		p.first = append(p.first, x)
		return
	case p.more == nil:
		p.more = new([][]T)
		fallthrough
	case p.len()%pieceLength == 0:
		*p.more = append(*p.more, make([]T, 0, pieceLength))
	}
	last := &(*p.more)[len(*p.more)-1]
	*last = append(*last, x)
}

// clone returns a copy that shares no memory. The copy of a list of few is in room, if that is long
// enough.
func (p *pieces[T]) clone(room []T) pieces[T] {
	made := pieces[T]{first: append(room[:0], p.first...)}
	if p.more == nil {
		return made
	}
	more := make([][]T, len(*p.more))
	for i, piece := range *p.more {
		more[i] = append(make([]T, 0, pieceLength), piece...)
	}
	made.more = &more
	return made
}

// memory returns how many bytes of memory the list takes besides the struct.
func (p *pieces[T]) memory() int {
	n := cap(p.first)
	var x T
	bytes := 0
	if p.more != nil {
		n += pieceLength * len(*p.more)
		bytes = int(unsafe.Sizeof(*p.more)) + cap(*p.more)*int(unsafe.Sizeof([]T(nil)))
	}
	return bytes + n*int(unsafe.Sizeof(x))
}
