package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kind says what a frame carries.
type Kind uint8

// The kinds of frames.
const (
	Greeting Kind = 1 + iota // a Hello or a Welcome
	Message                  // a message of the engine: replica.Message
	Packet                   // a packet of memberlist
	Ask                      // a fingerprint of the sender's stable state: does the receiver hold it?
	Told                     // a fingerprint of the sender's stable state, or one that was asked for and is held
	Leaving                  // the sender is about to leave, and needs no more updates; empty
)

// Limits of a payload in bytes.
const (
	MaxGreeting = 2 << 10
	MaxMessage  = 72 << 10 // a cell of 64 KiB, and a message's header
	MaxPacket   = 64 << 10
	MaxDigest   = 10

	// MaxUnknown bounds a payload of a kind that this version does not know, which Read skips: what a newer version
	// adds must stay below it.
	MaxUnknown = MaxMessage

	headerSize = 5
)

// ErrMalformed is the error of bytes that no member would have sent.
var ErrMalformed = errors.New("malformed")

// ErrUnknown is the error of a frame of a kind that this version does not know. Read has skipped the frame: what
// follows it can be read.
var ErrUnknown = errors.New("unknown to this version")

// Limit returns how long a payload of the kind may be; -1 if there is no such kind.
func (k Kind) Limit() int {
	switch k {
	case Greeting:
		return MaxGreeting
	case Message:
		return MaxMessage
	case Packet:
		return MaxPacket
	case Ask, Told:
		return MaxDigest
	case Leaving:
		return 0
	}
	return -1
}

// String returns the kind's name.
func (k Kind) String() string {
	switch k {
	case Greeting:
		return "greeting"
	case Message:
		return "message"
	case Packet:
		return "packet"
	case Ask:
		return "ask"
	case Told:
		return "told"
	case Leaving:
		return "leaving"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Append appends a frame to b. It fails on a payload that is longer than the kind allows.
func Append(b []byte, kind Kind, payload []byte) ([]byte, error) {
	if len(payload) > kind.Limit() {
		return b, fmt.Errorf("a frame (%v) of %d bytes, more than %d", kind, len(payload), kind.Limit())
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)+1))
	return append(append(b, byte(kind)), payload...), nil
}

// Size returns how many bytes a frame takes.
func Size(payload []byte) int { return headerSize + len(payload) }

// Read reads one frame, in memory of its own. It returns io.EOF at an end between frames, an
// ErrUnknown on a kind that this version does not know, having skipped the frame, an ErrMalformed on a payload that
// is longer than the kind allows, and otherwise the reader's error.
func Read(r io.Reader) (kind Kind, payload []byte, err error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	kind = Kind(header[4])
	length := int64(binary.LittleEndian.Uint32(header[:4])) - 1
	limit, known := kind.Limit(), true
	if limit < 0 {
		limit, known = MaxUnknown, false
	}
	if length < 0 || length > int64(limit) {
		return 0, nil, fmt.Errorf("%w: a frame (%v) of %d bytes, outside 0 to %d", ErrMalformed, kind, length, limit)
	}
	if !known {
		if _, err := io.CopyN(io.Discard, r, length); err != nil {
			return 0, nil, early(err)
		}
		return 0, nil, fmt.Errorf("%w: a frame (%v)", ErrUnknown, kind)
	}
	payload = make([]byte, length)
	if _, err := io.ReadFull(r, payload); err != nil {
		return 0, nil, early(err)
	}
	return kind, payload, nil
}

// early returns the error of a reader within a frame, where an end comes too soon.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
