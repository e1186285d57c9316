package gsetd

import (
	"crypto/tls"
	"errors"
	"fmt"
)

// errCertificate is the cause of a connection's end whose client's certificate is no longer good.
var errCertificate = errors.New("the client's certificate is no longer good")

// Recheck disconnects the TLS clients whose state verify refuses, and returns how many. It calls
// verify in its own goroutine, so that commands go on meanwhile. Any goroutine may call it, but for
// the loop's.
func (s *Server) Recheck(verify func(*tls.ConnectionState) error) (closed int) {
	states := map[uint64]*tls.ConnectionState{}
	if !s.inLoop(func() {
		for id, c := range s.clients {
			if state := c.TLS(); state != nil {
				states[id] = state
			}
		}
	}) {
		return 0
	}
	refused := map[uint64]error{}
	for id, state := range states {
		if err := verify(state); err != nil {
			refused[id] = fmt.Errorf("%w: %w", errCertificate, err)
		}
	}
	if len(refused) == 0 {
		return 0
	}
	s.inLoop(func() {
		for id, err := range refused {
			if c := s.clients[id]; c != nil {
				c.Close(err)
				closed++
			}
		}
	})
	return closed
}

// inLoop runs a function in the loop, and waits for it; false if the loop has ended, or has no room.
func (s *Server) inLoop(f func()) bool {
	done := make(chan struct{})
	err := s.functions(func() { f(); close(done) })
	if err == nil {
		<-done
	}
	return err == nil
}
