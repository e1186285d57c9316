package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// Every file of a store begins with a header of one sector: see doc.go for its bytes.
const (
	headerSize = 512
	magic      = "gsetdata"
	version    = 1

	atStrings  = 120
	atChecksum = headerSize - 4
)

// Bounds of the strings in a header, in bytes. Together they fit the header.
const (
	MaxCluster = 64
	MaxState   = 32
	MaxMember  = 255
)

// kind is what a file is.
type kind byte

const (
	logFile kind = 1 + iota
	snapshotFile
	backupFile
	leaseFile
)

func (k kind) String() string {
	names := [...]string{logFile: "log", snapshotFile: "snapshot", backupFile: "backup", leaseFile: "lease"}
	if int(k) < len(names) && names[k] != "" {
		return names[k]
	}
	return fmt.Sprintf("file of kind %d", byte(k))
}

// About names whose state a store keeps. A store that was made for another is refused.
type About struct {
	Cluster string // the cluster's id, at most MaxCluster bytes
	State   string // the type of the state and of its encoding, at most MaxState bytes
	Member  string // the member's name, at most MaxMember bytes
}

// header is what a file says of itself.
type header struct {
	About
	kind        kind
	number      uint64   // of a log; of a snapshot, the first log that is not in it
	size        int64    // of a log, in bytes
	previous    uint64   // of a log: the log before it, 0 if none
	previousEnd int64    // of a log: how far the log before it counts
	incarnation uint64   //
	file        Stat     // of this file, what does not change
	lease       Stat     // of a log: the lease, as it was when the log was begun
	salt        [16]byte // drawn for this file
	store       [16]byte // drawn when the store was made
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode returns the header's sector.
func (h *header) encode() []byte {
	b := make([]byte, headerSize)
	copy(b, magic)
	le := binary.LittleEndian
	le.PutUint32(b[8:], version)
	b[12] = byte(h.kind)
	le.PutUint64(b[16:], h.number)
	le.PutUint64(b[24:], uint64(h.size))
	le.PutUint64(b[32:], h.previous)
	le.PutUint64(b[40:], uint64(h.previousEnd))
	le.PutUint64(b[48:], h.incarnation)
	le.PutUint64(b[56:], h.file.Inode)
	le.PutUint64(b[64:], uint64(h.file.Born))
	le.PutUint64(b[72:], h.lease.Inode)
	le.PutUint64(b[80:], uint64(h.lease.Changed))
	copy(b[88:], h.salt[:])
	copy(b[104:], h.store[:])
	at := b[atStrings:atStrings]
	for _, s := range []string{h.Cluster, h.State, h.Member} {
		at = append(append(at, byte(len(s))), s...)
	}
	le.PutUint32(b[atChecksum:], crc32.Checksum(b[:atChecksum], castagnoli))
	return b
}

// decodeHeader returns the header in a sector. It fails with ErrNewer on one of a newer version,
// and with a headerError on one that encode did not write. All versions have the magic, the version
// and the checksum in the same places.
func decodeHeader(b []byte) (h header, err error) {
	le := binary.LittleEndian
	if len(b) != headerSize || string(b[:len(magic)]) != magic {
		return h, noHeader(b)
	}
	v := le.Uint32(b[8:])
	switch {
	case crc32.Checksum(b[:atChecksum], castagnoli) != le.Uint32(b[atChecksum:]):
		return h, errNoHeader
	case v > version:
		return h, fmt.Errorf("its format is version %d, and this program reads versions up to %d: %w", v, version, ErrNewer)
	case v != version:
		return h, errNoHeader
	}
	h = header{
		kind:        kind(b[12]),
		number:      le.Uint64(b[16:]),
		size:        int64(le.Uint64(b[24:])),
		previous:    le.Uint64(b[32:]),
		previousEnd: int64(le.Uint64(b[40:])),
		incarnation: le.Uint64(b[48:]),
		file:        Stat{Inode: le.Uint64(b[56:]), Born: int64(le.Uint64(b[64:]))},
		lease:       Stat{Inode: le.Uint64(b[72:]), Changed: int64(le.Uint64(b[80:]))},
		salt:        [16]byte(b[88:]),
		store:       [16]byte(b[104:]),
	}
	at := b[atStrings:atChecksum]
	for _, s := range []*string{&h.Cluster, &h.State, &h.Member} {
		if len(at) == 0 || len(at) <= int(at[0]) {
			return h, errNoHeader
		}
		*s, at = string(at[1:1+at[0]]), at[1+at[0]:]
	}
	return h, nil
}

// headerError says why a sector is not a header.
type headerError string

func (e headerError) Error() string { return string(e) }

const (
	errNoMagic   headerError = "this is no file of a gsetd store, or its beginning was overwritten"
	errCutHeader headerError = "the file is shorter than its header"
	errNoHeader  headerError = "its header is damaged"
)

// noHeader returns what is wrong with what should be a header.
func noHeader(b []byte) error {
	if len(b) < headerSize && (len(b) == 0 || strings.HasPrefix(string(b), magic)) {
		return errCutHeader
	}
	return errNoMagic
}

// check reports what no header has room for.
func (a About) check() error {
	for _, s := range []struct {
		what, value string
		most        int
	}{{"cluster", a.Cluster, MaxCluster}, {"type of state", a.State, MaxState}, {"member", a.Member, MaxMember}} {
		if len(s.value) == 0 || len(s.value) > s.most {
			return fmt.Errorf("store: the name of the %s has %d bytes; it takes 1 to %d", s.what, len(s.value), s.most)
		}
	}
	return nil
}

// differs says in words in what a file was made for another; empty if it was not. A cluster without a name is
// any.
func (a About) differs(b About, member bool) string {
	switch {
	case a.Cluster != b.Cluster && b.Cluster != "":
		return fmt.Sprintf("cluster %q and not of %q", a.Cluster, b.Cluster)
	case a.State != b.State:
		return fmt.Sprintf("a state of type %q and not %q", a.State, b.State)
	case member && a.Member != b.Member:
		return fmt.Sprintf("member %q and not of %q", a.Member, b.Member)
	}
	return ""
}
