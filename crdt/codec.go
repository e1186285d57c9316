package crdt

import (
	"errors"
	"fmt"
	"strings"

	"gset/crdt/internal/wire"
)

// Every binary form starts with a tag: the number of the type in the high half of a byte, and
// the version of the form in the low.
const (
	gsetTag      = 0x12
	gcounterTag  = 0x21
	pncounterTag = 0x31
	keysetTag    = 0x41

	collectionsTag = 0x51
)

// A form is a binary form that is being read, from its tag on.
type form struct {
	name string // of the type
	all  []byte
	rest []byte // not read yet
}

// openForm reads the tag. receiver is whether there is one, whose key the state will have.
func openForm(name string, tag byte, data []byte, receiver bool) (form, error) {
	f := form{name, data, data}
	if !receiver {
		return f, f.errorf("decoded by a nil receiver, which has no key")
	}
	if len(data) > 0 && data[0]>>4 == tag>>4 && data[0] > tag {
		return f, f.errorf("is of version %d, and this program reads version %d: written by a newer version of it", data[0]%16, tag%16)
	}
	if len(data) == 0 || data[0] != tag {
		return f, f.errorf("does not start with the tag %#02x of a %s, version %d", tag, name, tag%16)
	}
	f.rest = data[1:]
	return f, nil
}

// errorf returns an error that names the type and the place of what was to be read next.
func (f *form) errorf(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return fmt.Errorf("crdt: %s: %w at byte %d of %d", f.name, err, len(f.all)-len(f.rest), len(f.all))
}

// uvarint reads a varint in as few bytes as possible.
func (f *form) uvarint(what string) (uint64, error) {
	v, rest, ok := wire.Uvarint(f.rest)
	if !ok {
		return 0, f.errorf("bad %s", what)
	}
	f.rest = rest
	return v, nil
}

// bytes reads n bytes, which are part of the input.
func (f *form) bytes(n int, what string) ([]byte, error) {
	if n > len(f.rest) {
		return nil, f.errorf("%s cut off", what)
	}
	b := f.rest[:n]
	f.rest = f.rest[n:]
	return b, nil
}

// piece reads a length of at most limit and as many bytes, which are part of the input. what names
// the piece, with an article.
func (f *form) piece(what string, limit int) ([]byte, error) {
	length, rest, ok := wire.Uvarint(f.rest)
	if !ok {
		return nil, f.errorf("bad length of %s", what)
	}
	_, noun, _ := strings.Cut(what, " ")
	if length > uint64(limit) {
		return nil, f.errorf("%s of %d bytes, more than %d,", noun, length, limit)
	}
	f.rest = rest
	return f.bytes(int(length), noun)
}

// errNil is that of a nil state that should be encoded.
var errNil = errors.New("crdt: a nil state has no binary form")
