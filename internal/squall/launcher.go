package squall

import (
	"io"
	"os"
	"time"
)

// launcher starts programs.
type launcher interface {
	// launch starts a program in the system's temporary directory. Its standard
	// error goes to stderr or, if that is nil, to a pipe.
	launch(bin string, args []string, stderr *os.File) (*program, error)
	// close ends the launcher, but none of its programs.
	close()
}

// program is a program that runs, and the bench's ends of its pipes.
type program struct {
	stdin  inlet
	stdout outlet
	stderr outlet        // nil if it goes elsewhere
	wait   func() string // waits until the program has exited, and returns its status in words
	kill   func()        // ends it, and all processes it has started
}

// inlet is the writing end of a pipe.
type inlet interface {
	// offer writes what the pipe takes at once, and returns the rest. A pipe
	// that nobody can read any more takes, and loses, everything.
	offer(batch []byte) (rest []byte)
	// Write waits until the pipe has taken everything, or is closed.
	io.WriteCloser
}

// outlet is the reading end of a pipe.
type outlet interface {
	io.ReadCloser
	SetReadDeadline(time.Time) error
}
