package process

import (
	"io"
	"os"
	"time"
)

// Launcher starts programs.
type Launcher interface {
	// Launch starts a program in the system's temporary directory. Its standard
	// error goes to stderr or, if that is nil, to a pipe.
	Launch(bin string, args []string, stderr *os.File) (*Program, error)
	// Close ends the launcher. Its programs must have ended; processes that they have left
	// behind are ended too, as far as the operating system tells whose they are. On Linux the
	// last launcher to be closed ends them all.
	Close()
}

// Killed is the status of a program that was killed.
const Killed = "signal: killed"

// Program is a program that runs, and the bench's ends of its pipes.
type Program struct {
	Stdin  Inlet
	Stdout Outlet
	Stderr Outlet        // nil if it goes elsewhere
	Wait   func() string // waits until the program has exited, ends its group, and returns its status in words
	Kill   func()        // ends it, and all processes of its group; then Wait returns Killed

	// Suspend stops it, and all processes of its group, until Resume, or Kill.
	Suspend, Resume func()

	// Activity looks at what it does now; false if the system does not tell. It may be nil.
	Activity func() (Activity, bool)
}

// Inlet is the writing end of a pipe.
type Inlet interface {
	// Offer writes what the pipe takes at once, and returns the rest. A pipe
	// that nobody can read any more takes, and loses, everything.
	Offer(batch []byte) (rest []byte)
	// Write waits until the pipe has taken everything, or is closed.
	io.WriteCloser
}

// Outlet is the reading end of a pipe.
type Outlet interface {
	io.ReadCloser
	SetReadDeadline(time.Time) error
}
