package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// window reads a file through a buffer, which grows up to a frame or windowSize bytes.
type window struct {
	file File
	buf  []byte // what the file holds from at on
	at   int64
}

const windowSize = 256 << 10

// bytes returns up to n bytes at an offset: fewer only where the file ends. They stay as they are
// until the next call.
func (w *window) bytes(at int64, n int) ([]byte, error) {
	if at < w.at || at+int64(n) > w.at+int64(len(w.buf)) {
		size := max(n, min(2*cap(w.buf), windowSize), headerSize)
		if cap(w.buf) < size {
			w.buf = make([]byte, size)
		}
		read, err := w.file.ReadAt(w.buf[:size], at)
		if err != nil && err != io.EOF {
			return nil, err
		}
		w.buf, w.at = w.buf[:read], at
	}
	b := w.buf[at-w.at:]
	return b[:min(n, len(b))], nil
}

// reader reads the frames of a file, one after the other.
type reader struct {
	name   string
	header header
	window window
	size   int64  // of the file
	at     int64  // where the next frame begins
	index  uint32 // the next frame's
	limit  int64  // frames from here on do not count
}

// openReader opens a file and reads its header. Damage is a *DamageError.
func openReader(fs FS, name string) (*reader, error) {
	file, err := fs.Open(name)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	r := &reader{name: name, window: window{file: file}, at: headerSize}
	if err := r.begin(); err != nil {
		_ = file.Close() // err says more
		return nil, err
	}
	return r, nil
}

func (r *reader) begin() error {
	stat, err := r.window.file.Stat()
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	r.size, r.limit = stat.Size, stat.Size
	b, err := r.window.bytes(0, headerSize)
	if err != nil {
		return fmt.Errorf("store: %s: %w", r.name, err)
	}
	r.header, err = decodeHeader(b)
	switch {
	case errors.As(err, new(headerError)):
		return r.damage(0, err.Error())
	case err != nil:
		return fmt.Errorf("store: %s: %w", r.name, err)
	}
	return nil
}

func (r *reader) close() { _ = r.window.file.Close() } // nothing was written

func (r *reader) damage(at int64, what string) error {
	return &DamageError{File: r.name, Offset: at, What: what}
}

// outcome is what next found.
type outcome int

const (
	foundFrame outcome = iota
	foundEnd           // no frames from limit on
	foundRoom          // zeros instead of a frame's header
	foundNoHeader
	foundNoPayload // the header is right
)

// next reads the next frame. Its payload stays as it is until the next call. Only foundFrame moves
// the reader on.
func (r *reader) next() (h frameHead, payload []byte, found outcome, err error) {
	if r.at >= r.limit {
		return h, nil, foundEnd, nil
	}
	b, err := r.window.bytes(r.at, frameHeader)
	if err != nil {
		return h, nil, 0, fmt.Errorf("store: %s: %w", r.name, err)
	}
	if len(b) < frameHeader || isZeros(b) {
		return h, nil, foundRoom, nil
	}
	h, ok := parseHead(b, place{r.header.salt, r.at})
	if !ok || h.index != r.index {
		return h, nil, foundNoHeader, nil
	}
	if r.at+int64(frameHeader+h.length) <= r.limit {
		b, err = r.window.bytes(r.at, frameHeader+h.length)
		if err != nil {
			return h, nil, 0, fmt.Errorf("store: %s: %w", r.name, err)
		}
		payload = b[frameHeader:]
	}
	if !h.check(payload) {
		return h, nil, foundNoPayload, nil
	}
	r.at += int64(frameSize(h.length))
	r.index++
	return h, payload, foundFrame, nil
}

// later returns where the next header of a frame of this file is, behind the one that cannot be read;
// 0 if there is none.
func (r *reader) later() (at int64, err error) {
	for at := r.at + frameHeader; at+frameHeader <= r.size; at += frameHeader {
		b, err := r.window.bytes(at, frameHeader)
		if err != nil {
			return 0, fmt.Errorf("store: %s: %w", r.name, err)
		}
		if h, ok := parseHead(b, place{r.header.salt, at}); ok && h.index > r.index {
			return at, nil
		}
	}
	return 0, nil
}

// written returns how many bytes from where the reader is up to the last that is not zero.
func (r *reader) written() (n int64, err error) {
	for at := r.at; at < r.size; {
		b, err := r.window.bytes(at, windowSize)
		if err != nil || len(b) == 0 {
			return n, err
		}
		if used := len(bytes.TrimRight(b, "\x00")); used > 0 {
			n = at + int64(used) - r.at
		}
		at += int64(len(b))
	}
	return n, nil
}

// hasUnwrittenSector reports whether a sector that a frame of so many bytes should have written
// has kept its zeros.
func (r *reader) hasUnwrittenSector(n int) (bool, error) {
	for at, end := r.at, r.at+int64(n); at < end; {
		next := min(end, (at/sector+1)*sector)
		b, err := r.window.bytes(at, int(next-at))
		if err != nil {
			return false, fmt.Errorf("store: %s: %w", r.name, err)
		}
		if isZeros(b) {
			return true, nil
		}
		at = next
	}
	return false, nil
}

func isZeros(b []byte) bool { return len(bytes.TrimRight(b, "\x00")) == 0 }

// tear decides about the place in the last log where next found no frame: it is where the log
// ends, where a crash has cut off the last commit, of which torn bytes are left, or damage.
// doc.go has the rule and its reasons.
func (r *reader) tear(found outcome, h frameHead) (torn int64, err error) {
	if at, err := r.later(); err != nil {
		return 0, err
	} else if at != 0 {
		return 0, r.damage(r.at, fmt.Sprintf("a commit cannot be read, and offset %d has one that was made after it", at))
	}
	switch found {
	case foundNoHeader:
		return 0, r.damage(r.at, "the header of the last commit has been changed since it was written")
	case foundNoPayload:
		torn, err := r.hasUnwrittenSector(frameHeader + h.length)
		if err != nil {
			return 0, err
		}
		if !torn {
			return 0, r.damage(r.at, "the last commit was written in full, and has been changed since")
		}
	}
	return r.written()
}

// frames calls f with the payloads of the frames up to an offset, all of which must be there. Or
// some: then those that cannot be read are left out.
func (r *reader) frames(end int64, some bool, f func(payload []byte) error) error {
	r.limit = end
	for r.at < end {
		h, payload, found, err := r.next()
		switch {
		case err != nil:
			return err
		case found == foundFrame && h.typ == frameDeltas:
			if err := f(payload); err != nil {
				return r.applied(h, err)
			}
		case found == foundFrame:
			return r.damage(r.at-int64(frameSize(h.length)), "the log ends before the offset from which another goes on")
		case !some:
			return r.damage(r.at, "a commit cannot be read, and others were made after it")
		default:
			if err := r.skip(end); err != nil {
				return err
			}
		}
	}
	return nil
}

// skip goes to the next frame behind one that cannot be read, or to an offset.
func (r *reader) skip(end int64) error {
	at, err := r.later()
	if err != nil {
		return err
	}
	if at == 0 || at >= end {
		r.at = end
		return nil
	}
	b, err := r.window.bytes(at, frameHeader)
	if err != nil {
		return fmt.Errorf("store: %s: %w", r.name, err)
	}
	h, _ := parseHead(b, place{r.header.salt, at})
	r.at, r.index = at, h.index
	return nil
}

// untilEnd calls f with the payloads of the frames up to the one that ends the file. It stops as well where
// there is no frame; then ended is false.
func (r *reader) untilEnd(f func(payload []byte) error) (ended bool, next uint64, err error) {
	for {
		h, payload, found, err := r.next()
		if err != nil || found != foundFrame {
			return false, 0, err
		}
		if h.typ == frameEnd {
			r.at -= int64(frameSize(h.length)) // what counts is before it
			next, err := parseEnd(payload)
			return true, next, err
		}
		if err := f(payload); err != nil {
			return false, 0, r.applied(h, err)
		}
	}
}

// applied is the error of the deltas in the frame that was read last.
func (r *reader) applied(h frameHead, err error) error {
	return fmt.Errorf("store: %s: the deltas at offset %d: %w", r.name, r.at-int64(frameSize(h.length)), err)
}
