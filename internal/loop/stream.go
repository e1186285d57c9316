package loop

import (
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// stream is the link of a connection that two goroutines serve: one reads, one writes. It is
// how TLS reaches the loop, and everything on systems without epoll. It holds one piece that was
// read and not taken, and at most two pieces that were taken and not written.
type stream struct {
	loop *Loop
	conn *Conn // set and read by the loop's goroutine
	nc   net.Conn
	tls  *tls.ConnectionState

	taken  chan struct{} // the piece was taken: read the next
	filled chan struct{} // there is something to write, or the stream is closed
	gone   chan struct{} // closed by the loop

	mu       sync.Mutex
	piece    []byte // read, for the loop
	readErr  error  // behind the piece
	out      []byte // for the writer
	full     bool   // the loop wants to be told of room in out
	writeErr error
	closing  bool
	cut      bool  // closed before all was sent
	news     event // for the loop
	posted   bool  // the loop was told that there are news
}

const (
	streamSmall  = 4 << 10  // bytes read at a time, and kept for writing, if that is enough
	streamPiece  = 16 << 10 // bytes read at a time after a read that has filled the small buffer
	streamOutput = 64 << 10 // bytes taken from the loop while as many are written
	streamLinger = 5 * time.Second
)

func newStream(l *Loop, nc net.Conn) *stream {
	return &stream{
		loop: l, nc: nc,
		taken: make(chan struct{}, 1), filled: make(chan struct{}, 1), gone: make(chan struct{}),
	}
}

// signal puts a token into a channel that holds one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// tell reports an event to the loop.
func (s *stream) tell(e event) {
	s.mu.Lock()
	s.news.readable = s.news.readable || e.readable
	s.news.writable = s.news.writable || e.writable
	s.news.hangup = s.news.hangup || e.hangup
	post := !s.posted
	s.posted = true
	s.mu.Unlock() // the loop takes news with its own lock held
	if post {
		s.loop.post(s)
	}
}

// take returns the events since the last call.
func (s *stream) take() event {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.news
	s.news, s.posted = event{}, false
	return e
}

func (s *stream) reader() {
	buf := make([]byte, streamSmall)
	for {
		n, err := s.nc.Read(buf)
		s.mu.Lock()
		s.piece, s.readErr = buf[:n], err
		s.mu.Unlock()
		s.tell(event{readable: true, hangup: err != nil && n == 0})
		if err != nil {
			return
		}
		select {
		case <-s.taken:
			if n == len(buf) && n < streamPiece {
				buf = make([]byte, streamPiece)
			}
		case <-s.gone:
			return
		}
	}
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	n := copy(p, s.piece)
	s.piece = s.piece[n:]
	left, err := len(s.piece), s.readErr
	s.mu.Unlock()
	switch {
	case left > 0 || n > 0 && err != nil:
		s.tell(event{readable: true, hangup: left == 0})
	case n > 0:
		signal(s.taken)
	case err != nil:
		return 0, err
	default:
		return 0, errAgain
	}
	return n, nil
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writeErr != nil {
		return 0, s.writeErr
	}
	n := min(len(p), streamOutput-len(s.out))
	s.full = n < len(p)
	s.out = append(s.out, p[:n]...)
	signal(s.filled)
	if n == 0 {
		return 0, errAgain
	}
	return n, nil
}

func (s *stream) writer() {
	defer s.hangUp()
	var writing []byte
	for range s.filled {
		s.mu.Lock()
		writing, s.out = s.out, writing[:0]
		room, closing := s.full, s.closing
		s.full = false
		s.mu.Unlock()
		if room {
			s.tell(event{writable: true})
		}
		if len(writing) > 0 {
			if _, err := s.nc.Write(writing); err != nil {
				s.mu.Lock()
				s.writeErr, s.cut = err, true
				s.mu.Unlock()
				return
			}
		}
		if closing {
			return
		}
		if cap(writing) > streamSmall {
			writing = nil
		}
	}
}

// hangUp closes the connection. A TLS client is told that the stream ends here only if all of
// it was sent.
func (s *stream) hangUp() {
	s.mu.Lock()
	cut := s.cut
	s.mu.Unlock()
	if tc, ok := s.nc.(*tls.Conn); ok && cut {
		_ = tc.NetConn().Close()
	}
	_ = s.nc.Close()
}

// watch has nothing to do: the loop remembers events that it could not use.
func (s *stream) watch(interest) error { return nil }

func (s *stream) close(linger bool) {
	s.mu.Lock()
	s.closing, s.cut = true, s.cut || !linger
	s.mu.Unlock()
	past := time.Unix(1, 0)
	_ = s.nc.SetReadDeadline(past)
	if linger {
		_ = s.nc.SetWriteDeadline(time.Now().Add(streamLinger))
	} else {
		_ = s.nc.SetWriteDeadline(past)
	}
	close(s.gone)
	signal(s.filled)
}
