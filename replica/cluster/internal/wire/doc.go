// Package wire is the bytes between two members of a live cluster, behind TLS: frames, and the
// handshake that is in the first frame of each side.
//
// A connection is for one purpose, which the member that dials names in its [Hello]: a link, which
// carries frames from the dialer to the acceptor; a stream, whose bytes belong to memberlist once
// the handshake is over; or to join, which ends with the acceptor's [Welcome].
//
//	frame    length of kind and payload, 4 bytes, least significant first
//	         kind, 1 byte
//	         payload
//	hello    "gset", lowest and highest version, 2 bytes each, purpose, 1 byte, life, 8 bytes,
//	         key's id, 16 bytes, and cluster, name and address as strings
//	welcome  "gset", version, 2 bytes, refusal, 1 byte, life, 8 bytes, key, 16 bytes, and cluster,
//	         name, address and reason as strings
//	string   length, 2 bytes, and bytes
//
// Numbers have their least significant byte first. A length is checked against the limit of the
// frame's kind before memory is allocated for it.
//
// # Versions
//
// Members of two versions make one cluster while it is upgraded. Each side of a handshake names the versions that it
// speaks; if none is common to both, the acceptor refuses the dialer and says so. A hello has the fields of the lowest
// version that it names. A frame of a kind that the reader does not know is skipped (see ErrUnknown), and the link
// stays.
package wire
