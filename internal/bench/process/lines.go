package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"gset/internal/bench/rawjson"
)

// lines splits what comes in pieces into lines, without their ends. The last line need not have an end.
type lines struct {
	limit int                    // a longer line is an error, in bytes
	take  func(line []byte) bool // returns false if it wants no more
	pause func()                 // is called when all that came was taken, before there is more

	buf        []byte
	start, end int // what has come and was not taken
}

// errEnough ends the reading of lines whose taker wants no more.
var errEnough = errors.New("no more lines are wanted")

// readLines hands take the lines that r delivers, until r ends or take returns false. pause is called when all that r
// delivered was taken, before more is read. A line longer than limit is an error.
func readLines(r io.Reader, limit int, take func(line []byte) bool, pause func()) error {
	l := &lines{limit: limit, take: take, pause: pause, buf: make([]byte, 64<<10)}
	var err error
	if pipe, ok := r.(*pipeOutlet); ok {
		err = pipe.pump(l)
	} else {
		for err == nil {
			var n int
			n, err = r.Read(l.room())
			if addErr := l.add(n); addErr != nil {
				err = addErr
			}
		}
	}
	return l.finish(err)
}

// room is where what comes next belongs. It is never empty.
func (l *lines) room() []byte { return l.buf[l.end:] }

// add takes the lines that n more bytes have completed, and makes room for more.
func (l *lines) add(n int) error {
	fresh := l.end // no line ends before it
	l.end += n
	for {
		i := bytes.IndexByte(l.buf[fresh:l.end], '\n')
		if i < 0 {
			break
		}
		line := bytes.TrimSuffix(l.buf[l.start:fresh+i], []byte{'\r'})
		l.start = fresh + i + 1
		fresh = l.start
		if !l.take(line) {
			l.pause()
			return errEnough
		}
	}
	l.pause()
	switch {
	case l.start == l.end:
		l.start, l.end = 0, 0
	case l.end < len(l.buf):
	case l.start > 0:
		l.end = copy(l.buf, l.buf[l.start:l.end])
		l.start = 0
	case len(l.buf) >= l.limit:
		return &tooLongError{l.limit, rawjson.Clip(l.buf[:clipped])}
	default:
		grown := make([]byte, min(2*len(l.buf), l.limit))
		l.end = copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	return nil
}

// tooLongError says that a line is too long.
type tooLongError struct {
	limit int
	begin string
}

func (e *tooLongError) Error() string {
	return fmt.Sprintf("printed a line on standard output that is longer than %d bytes; it begins: %s", e.limit, e.begin)
}

// finish takes the last line, which has no end, and returns what ended the reading, if that is no end of input.
func (l *lines) finish(err error) error {
	if errors.Is(err, errEnough) {
		return nil
	}
	if long := (*tooLongError)(nil); errors.As(err, &long) {
		return long
	}
	if l.start < l.end {
		l.take(l.buf[l.start:l.end])
		l.pause()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}
