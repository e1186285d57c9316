// Package link connects the members of a live cluster: one TCP port, mutual TLS 1.3, a handshake
// that says who is there and what for, and a link to each peer with a bounded queue.
//
// A link carries frames one way, from the member that dialed. So two members have two
// connections, neither has to agree with the other on whose counts, and a path that works one
// way works that way.
//
// Of updates a link sends again, when its connection has ended, what the peer had most likely not received: but for what
// is marked, which a later one replaces or its sender sends again.
package link
