package messages

import (
	"fmt"
	"time"
)

// A Fate is what became of a message.
type Fate uint8

// The fates of messages.
const (
	Delivered Fate = iota // its receiver took it
	Lost                  // the network lost it by chance
	Cut                   // a partition lay between sender and receiver
	Dead                  // its receiver was killed or had exited
	Nobody                // nobody has the name it was addressed to
	Unsettled             // it was still under way when the test ended
	fates
)

// Fates is the number of fates: each is below it.
const Fates = int(fates)

var fateNames = [fates]string{"delivered", "lost", "cut", "dead", "nobody", "unsettled"}

// String returns the fate as the file names it.
func (f Fate) String() string {
	if f >= fates {
		return fmt.Sprintf("fate %d", uint8(f))
	}
	return fateNames[f]
}

// ParseFate returns the fate that the file names so.
func ParseFate(name string) (Fate, error) {
	for i, known := range fateNames {
		if name == known {
			return Fate(i), nil
		}
	}
	return 0, fmt.Errorf("%q is no fate of a message", clip(name))
}

// A Message is one message with its fate. Names, types and bodies come from nodes:
// they may hold anything.
type Message struct {
	ID        int64 // counts messages in the order they were sent, from 0
	Src, Dest string
	Type      string        // of the body; "" if it has none
	Sent      time.Duration // since the zero that the package documentation names
	Settled   time.Duration // when it was delivered or found undeliverable; not before Sent
	Size      int           // of the whole body, in bytes
	Fate      Fate
	Why       string // the reason in words for a fate other than Delivered
	// Body is the body's text, JSON as a rule. It belongs to whoever made the
	// message: keep a copy, not the slice.
	Body []byte
	// Scanned says that the body is known to be JSON on one line.
	Scanned bool
}

// clip shortens text that an error message quotes.
func clip(text string) string {
	const most = 100
	if len(text) <= most {
		return text
	}
	return text[:most] + "..."
}
