package messages

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/gzip"
)

// Bounds of what is written of bodies.
const (
	BodyLimit  = 1 << 10   // bytes of the largest body that is written whole
	HeadLimit  = 256       // bytes that are written of one that is larger, or no JSON
	BodyBudget = 128 << 20 // bytes of compressed output after which bodies are left out
)

// A Writer writes messages as the package documentation describes. It holds a few
// hundred kilobytes, however many messages there are. It is not safe for concurrent use.
type Writer struct {
	out    *bufio.Writer
	zip    *gzip.Writer
	line   []byte
	meter  meter
	budget int64
	err    error
}

// meter counts what goes through it.
type meter struct {
	to    io.Writer
	bytes int64
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.to.Write(p)
	m.bytes += int64(n)
	return n, err
}

// NewWriter returns a writer to w. The caller closes w after the Writer.
func NewWriter(w io.Writer) *Writer {
	mw := &Writer{meter: meter{to: w}, budget: BodyBudget}
	// Compression is most of what a message costs after it was delivered. This library takes half the time of
	// compress/gzip for a smaller file.
	mw.zip, _ = gzip.NewWriterLevel(&mw.meter, gzip.BestSpeed) // the level exists
	mw.out = bufio.NewWriterSize(mw.zip, 1<<16)
	return mw
}

// Write adds a message. After an error it does nothing but return that error.
func (w *Writer) Write(m *Message) error {
	if w.err != nil {
		return w.err
	}
	w.line = appendLine(w.line[:0], m, w.meter.bytes < w.budget)
	if _, err := w.out.Write(w.line); err != nil {
		w.err = fmt.Errorf("cannot write a message: %w", err)
	}
	return w.err
}

// Close writes what is left and ends the gzip stream.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	w.err = errors.New("the writer of messages is closed")
	if err := errors.Join(w.out.Flush(), w.zip.Close()); err != nil {
		return fmt.Errorf("cannot write messages: %w", err)
	}
	return nil
}

func appendLine(dst []byte, m *Message, withBody bool) []byte {
	number := func(key string, n int64) {
		dst = append(dst, key...)
		dst = strconv.AppendInt(dst, n, 10)
	}
	text := func(key, s string) {
		dst = append(dst, key...)
		dst = appendString(dst, s)
	}
	number(`{"id":`, m.ID)
	text(`,"src":`, m.Src)
	text(`,"dest":`, m.Dest)
	text(`,"type":`, m.Type)
	number(`,"sent":`, int64(m.Sent))
	number(`,"settled":`, int64(m.Settled))
	number(`,"size":`, int64(m.Size))
	text(`,"fate":`, m.Fate.String())
	if m.Why != "" {
		text(`,"why":`, m.Why)
	}
	if withBody {
		dst = appendBody(dst, m.Body, m.Scanned)
	}
	return append(dst, '}', '\n')
}

// appendBody writes a body as JSON if it is small, valid and on one line, else its head.
func appendBody(dst, body []byte, scanned bool) []byte {
	switch {
	case len(body) == 0:
		return dst
	case len(body) <= BodyLimit && utf8.Valid(body) && (scanned || oneLine(body) && json.Valid(body)):
		return append(append(dst, `,"body":`...), body...)
	case len(body) > HeadLimit:
		body = body[:HeadLimit]
	}
	return appendString(append(dst, `,"head":`...), strings.ToValidUTF8(string(body), "\uFFFD"))
}

// oneLine tells whether text holds nothing that ends a line.
func oneLine(text []byte) bool {
	for _, c := range text {
		if c == '\n' || c == '\r' {
			return false
		}
	}
	return true
}

// appendString writes a JSON string. Nearly all need no escapes.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			quoted, _ := json.Marshal(s) // a string has no value that JSON cannot write
			return append(dst, quoted...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}
