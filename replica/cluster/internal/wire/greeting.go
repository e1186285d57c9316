package wire

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"gset/crdt"
)

// The versions of the protocol that this program speaks. A frame's kinds and fields belong to a
// version; two members speak the highest that both know.
const (
	MinVersion = 1
	MaxVersion = 1
)

const magic = "gset"

// Limits of strings in a greeting, in bytes.
const (
	MaxCluster = 64
	MaxName    = crdt.MaxNode
	MaxAddress = 300
	MaxReason  = 1000
)

// Purpose says what a connection is for.
type Purpose uint8

// The purposes.
const (
	Link Purpose = 1 + iota
	Stream
	Join
)

// KeyID names a cluster's hash key without telling it. The zero KeyID stands for no key.
type KeyID [16]byte

// IDOf returns the id of a key: a prefix of its SHA-256.
func IDOf(key crdt.Key) KeyID {
	if key == (crdt.Key{}) {
		return KeyID{}
	}
	b := appendKey([]byte("gset cluster key"), key)
	sum := sha256.Sum256(b)
	return KeyID(sum[:16])
}

func appendKey(b []byte, key crdt.Key) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, key[0]), key[1])
}

// Hello is what the member that dials says first.
type Hello struct {
	Lowest, Highest uint16 // versions
	Purpose         Purpose
	Life            uint64 // drawn when the process opened its node
	Key             KeyID  // zero if the member has no key yet
	Cluster         string
	Name            string
	Address         string // where the member can be reached
}

// Refusal says why an acceptor refuses a Hello.
type Refusal uint8

// The refusals.
const (
	Accepted     Refusal = iota
	WrongVersion         // no version in common
	WrongCluster         // another cluster, or another key
	WrongName            // not in the certificate
	NameTaken            // by a member that is up
	Unavailable          // the acceptor is closing, has no key to give, or does not know the purpose
)

// Welcome is the acceptor's answer to a Hello.
type Welcome struct {
	Version uint16
	Refusal Refusal
	Life    uint64
	Key     crdt.Key // to join; zero else
	Cluster string
	Name    string
	Address string
	Reason  string // of a refusal, for people
}

// AppendBinary appends the hello's binary form.
func (h *Hello) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint16(b, h.Lowest)
	b = binary.LittleEndian.AppendUint16(b, h.Highest)
	b = append(b, byte(h.Purpose))
	b = binary.LittleEndian.AppendUint64(b, h.Life)
	b = append(b, h.Key[:]...)
	return appendStrings(b, []string{h.Cluster, h.Name, h.Address}, helloLimits)
}

// AppendBinary appends the welcome's binary form.
func (w *Welcome) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint16(b, w.Version)
	b = append(b, byte(w.Refusal))
	b = binary.LittleEndian.AppendUint64(b, w.Life)
	b = appendKey(b, w.Key)
	return appendStrings(b, []string{w.Cluster, w.Name, w.Address, w.Reason}, welcomeLimits)
}

var (
	helloLimits   = []int{MaxCluster, MaxName, MaxAddress}
	welcomeLimits = []int{MaxCluster, MaxName, MaxAddress, MaxReason}
)

func appendStrings(b []byte, all []string, limits []int) ([]byte, error) {
	for i, s := range all {
		if len(s) > limits[i] {
			return nil, fmt.Errorf("a greeting with a string of %d bytes, more than %d", len(s), limits[i])
		}
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(s))), s...)
	}
	return b, nil
}

// DecodeHello returns the hello in a payload. A hello whose versions are all unknown has its
// versions, and what else could be understood: the acceptor has to tell the dialer so.
func DecodeHello(b []byte) (h Hello, err error) {
	d := decoder{b: b}
	d.magic()
	h.Lowest, h.Highest = d.uint16(), d.uint16()
	if d.err == nil && h.Lowest > h.Highest {
		d.fail("versions from %d to %d", h.Lowest, h.Highest)
	}
	h.Purpose = Purpose(d.byte())
	h.Life = d.uint64()
	copy(h.Key[:], d.take(len(h.Key)))
	h.Cluster, h.Name, h.Address = d.string(MaxCluster), d.string(MaxName), d.string(MaxAddress)
	if h.Lowest <= MaxVersion { // newer ones may have more fields
		d.end()
	}
	return h, d.err
}

// DecodeWelcome returns the welcome in a payload.
func DecodeWelcome(b []byte) (w Welcome, err error) {
	d := decoder{b: b}
	d.magic()
	w.Version = d.uint16()
	w.Refusal = Refusal(d.byte())
	w.Life = d.uint64()
	w.Key = crdt.Key{d.uint64(), d.uint64()}
	w.Cluster, w.Name, w.Address = d.string(MaxCluster), d.string(MaxName), d.string(MaxAddress)
	w.Reason = d.string(MaxReason)
	if w.Refusal == Accepted && d.err == nil && (w.Version < MinVersion || w.Version > MaxVersion) {
		d.fail("an answer of version %d", w.Version)
	}
	if w.Refusal == Accepted {
		d.end()
	}
	return w, d.err
}

// decoder takes fields from the front of b. After an error all fields are zero.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w greeting: %s", ErrMalformed, fmt.Sprintf(format, args...))
	}
	d.b = nil
}

func (d *decoder) take(n int) []byte {
	if d.err == nil && len(d.b) < n {
		d.fail("it ends within a field")
	}
	if d.err != nil {
		return make([]byte, n)
	}
	taken := d.b[:n]
	d.b = d.b[n:]
	return taken
}

func (d *decoder) magic() {
	if string(d.take(len(magic))) != magic {
		d.fail("it does not begin with %q", magic)
	}
}

func (d *decoder) byte() byte     { return d.take(1)[0] }
func (d *decoder) uint16() uint16 { return binary.LittleEndian.Uint16(d.take(2)) }
func (d *decoder) uint64() uint64 { return binary.LittleEndian.Uint64(d.take(8)) }

func (d *decoder) string(limit int) string {
	n := int(d.uint16())
	if n > limit {
		d.fail("a string of %d bytes, more than %d", n, limit)
		return ""
	}
	return string(d.take(n))
}

func (d *decoder) end() {
	if len(d.b) > 0 {
		d.fail("%d bytes too many", len(d.b))
	}
}
