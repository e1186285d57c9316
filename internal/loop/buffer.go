package loop

// input holds what a connection has received and not executed. It is empty between commands of
// most clients, and then has no memory.
type input struct {
	buf   []byte
	start int
}

func (in *input) bytes() []byte { return in.buf[in.start:] }

// keep replaces the content by rest, which may be a part of it or other memory.
func (in *input) keep(rest []byte) {
	in.start = 0
	if len(rest) == 0 {
		in.buf = nil
		return
	}
	in.buf = append(in.buf[:0], rest...)
}

// consume drops the first n bytes.
func (in *input) consume(n int) {
	in.start += n
	if in.start == len(in.buf) {
		in.start, in.buf = 0, nil
	}
}

// room returns memory to read into behind the content, of at least 8 KiB and at most limit. The
// buffer doubles when it grows, so that a command of any size is copied a few times only, and is
// never more than twice what was received, and 16 KiB.
func (in *input) room(limit int) []byte {
	content := in.bytes()
	const enough = turnInput / 8
	if cap(in.buf)-len(in.buf) < enough {
		if in.start > len(content) && in.start >= enough {
			in.buf = append(in.buf[:0], content...) // moves less than was consumed before it
		} else {
			in.buf = append(make([]byte, 0, len(content)+max(len(content), 2*enough)), content...)
		}
		in.start = 0
	}
	free := in.buf[len(in.buf):cap(in.buf)]
	return free[:min(len(free), limit)]
}

// added says that n bytes were read into room.
func (in *input) added(n int) { in.buf = in.buf[:len(in.buf)+n] }

func (in *input) held() int { return cap(in.buf) }

// spare keeps a few output buffers of usual size for the next replies.
type spare struct{ buffers [][]byte }

const (
	outputSize  = 4 << 10
	keptOutput  = 64 << 10
	keptBuffers = 64
)

func (s *spare) take() []byte {
	if n := len(s.buffers); n > 0 {
		b := s.buffers[n-1]
		s.buffers = s.buffers[:n-1]
		return b
	}
	return make([]byte, 0, outputSize)
}

func (s *spare) give(b []byte) {
	if cap(b) >= outputSize && cap(b) <= keptOutput && len(s.buffers) < keptBuffers {
		s.buffers = append(s.buffers, b[:0])
	}
}
