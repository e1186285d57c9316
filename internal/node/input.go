package node

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

const (
	// maxRead is the longest line the library reads: its scanner's buffer less
	// the newline. One longer line would end the node.
	maxRead = bufio.MaxScanTokenSize - 1

	// maxParse is the longest line whose sender is still told that it is too long.
	maxParse = 1 << 20
)

// input is what the library gets to read: the lines of the node's standard input that
// are admitted. A line is looked at when the library has taken the one before it.
type input struct {
	in    *bufio.Reader
	admit func(line []byte) bool
	rest  []byte // what has not been taken of the line admitted last
}

func newInput(in io.Reader, admit func(line []byte) bool) *input {
	return &input{in: bufio.NewReaderSize(in, maxRead+1), admit: admit}
}

// Read implements io.Reader. A line may take several reads; no read goes beyond it.
func (i *input) Read(p []byte) (int, error) {
	for len(i.rest) == 0 {
		line, err := i.line()
		if len(line) > 0 && i.admit(line) {
			i.rest = append(line, '\n')
		} else if err != nil {
			return 0, err
		}
	}
	n := copy(p, i.rest)
	i.rest = i.rest[n:]
	return n, nil
}

// line reads the next line, without its end. Of a line longer than maxParse only
// the first part is returned.
func (i *input) line() ([]byte, error) {
	var line []byte
	for {
		part, err := i.in.ReadSlice('\n')
		if err == nil {
			part = part[:len(part)-1]
		}
		if len(line) <= maxParse {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && err != io.EOF:
			return nil, fmt.Errorf("reading messages: %w", err)
		}
		return line, err
	}
}
