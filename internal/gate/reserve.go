package gate

import (
	"errors"
	"os"
	"syscall"
)

// reserve is a descriptor that is given up for a connection for which there is no other: to close the connection. Its
// client would wait otherwise until another one leaves.
type reserve struct{ file *os.File }

// take takes the descriptor, and reports whether it is there.
func (r *reserve) take() bool {
	if r.file == nil {
		r.file, _ = os.Open(os.DevNull)
	}
	return r.file != nil
}

// release gives the descriptor up, and reports whether it was there.
func (r *reserve) release() bool {
	if r.file == nil {
		return false
	}
	_ = r.file.Close()
	r.file = nil
	return true
}

// outOfFiles reports whether the process, or the system, may not open another file.
func outOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
