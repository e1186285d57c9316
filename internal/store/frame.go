package store

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Behind its header a file is a row of frames. One frame is one commit: its write is all or nothing.
const (
	frameHeader = 16 // bytes, and what frames are aligned to: so no frame's header is in two sectors
	sector      = 512

	// maxPayload bounds a frame's payload in bytes: its length has 24 bits.
	maxPayload = 1<<24 - 1

	// MaxDelta bounds a delta, and a part of a state, in bytes.
	MaxDelta = 8 << 20

	// endMark is the last byte of a payload. It is not zero, so that no written frame ends
	// in zeros.
	endMark = 0xff
)

// Types of frames. None is zero: zeros are room for the next frame.
const (
	frameDeltas = 1 + iota // deltas, each behind its length as a uvarint
	frameEnd               // the file ends: the number of the log that goes on, 0 if it was closed
)

// padded returns a size rounded up to where the next frame begins.
func padded(n int) int { return (n + frameHeader - 1) &^ (frameHeader - 1) }

// frameSize is how many bytes of a file a frame with a payload takes.
func frameSize(payload int) int { return padded(frameHeader + payload) }

// place is what a frame's checksum ties it to: a file, and an offset in it.
type place struct {
	salt [16]byte
	at   int64
}

// checksum returns the checksum of a frame's header, given the header without it.
func (p place) checksum(rest []byte) uint32 {
	var b [24 + frameHeader - 4]byte
	copy(b[:], p.salt[:])
	binary.LittleEndian.PutUint64(b[16:], uint64(p.at))
	copy(b[24:], rest)
	return crc32.Checksum(b[:], castagnoli)
}

// seal makes a frame of frameHeader bytes of room and the payload behind them: it adds the end mark and
// the padding, and fills the header.
func seal(frame []byte, p place, index uint32, typ byte) []byte {
	frame = append(frame, endMark)
	payload := frame[frameHeader:]
	le := binary.LittleEndian
	le.PutUint32(frame[4:], crc32.Checksum(payload, castagnoli))
	le.PutUint32(frame[8:], index)
	le.PutUint32(frame[12:], uint32(len(payload))|uint32(typ)<<24)
	le.PutUint32(frame, p.checksum(frame[4:frameHeader]))
	return append(frame, make([]byte, padded(len(frame))-len(frame))...)
}

// frameHead is a frame's header.
type frameHead struct {
	payload uint32 // its checksum
	index   uint32 // 0, 1, 2... in a file
	length  int    // of the payload
	typ     byte
}

// parseHead returns the header in frameHeader bytes; ok is false if there is none.
func parseHead(b []byte, p place) (h frameHead, ok bool) {
	le := binary.LittleEndian
	last := le.Uint32(b[12:])
	h = frameHead{payload: le.Uint32(b[4:]), index: le.Uint32(b[8:]), length: int(last & maxPayload), typ: byte(last >> 24)}
	return h, h.typ != 0 && le.Uint32(b) == p.checksum(b[4:frameHeader])
}

// check reports whether a payload is the one of the frame's header.
func (h frameHead) check(payload []byte) bool {
	return len(payload) == h.length && crc32.Checksum(payload, castagnoli) == h.payload
}

var errPayload = errors.New("the frame's checksum is right, and its content makes no sense")

// eachDelta calls f with the deltas of a payload.
func eachDelta(payload []byte, f func(delta []byte) error) error {
	if len(payload) == 0 || payload[len(payload)-1] != endMark {
		return errPayload
	}
	for rest := payload[:len(payload)-1]; len(rest) > 0; {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size == 0 || size > uint64(len(rest)-n) {
			return errPayload
		}
		rest = rest[n:]
		if err := f(rest[:size:size]); err != nil {
			return err
		}
		rest = rest[size:]
	}
	return nil
}

// appendDelta appends a delta to a payload.
func appendDelta(b, delta []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(delta))), delta...)
}

// endPayload and parseEnd are the payload of a frame that ends a file.
func endPayload(b []byte, next uint64) []byte { return binary.LittleEndian.AppendUint64(b, next) }

func parseEnd(payload []byte) (next uint64, err error) {
	if len(payload) != 9 || payload[8] != endMark {
		return 0, errPayload
	}
	return binary.LittleEndian.Uint64(payload), nil
}
