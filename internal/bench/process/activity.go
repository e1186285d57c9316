package process

import "time"

// Activity is what a program, and all that it has started, does at a moment.
type Activity struct {
	Idle   bool          // nothing of it runs, is ready to run, or waits for a disk
	Unread int           // bytes of its standard input that wait in the pipe
	Queued time.Duration // how long what now runs of it has been ready to run and had no processor, over all threads
}
