package bench

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"gset/internal/bench/report/messages"
)

// messageLog writes the file of all messages, on the history's clock. What its zero is turns out when the nodes are
// up, and some messages were sent before: until then they go to the file on the network's clock, and are written anew
// when the zero is known.
type messageLog struct {
	path   string
	file   *os.File
	writer *messages.Writer
	origin atomic.Pointer[time.Duration] // of the history's clock on the network's; nil until it is known
	zero   time.Duration                 // of what is in the file, on the network's clock
}

func newMessageLog(path string) (*messageLog, error) {
	l := &messageLog{path: path}
	return l, l.create()
}

func (l *messageLog) create() error {
	var err error
	if l.file, err = os.Create(l.path); err != nil {
		return err
	}
	l.writer = messages.NewWriter(l.file)
	return nil
}

// add writes a message whose times are on the network's clock. It must not be called concurrently.
func (l *messageLog) add(m *messages.Message) error {
	if err := l.turn(); err != nil {
		return err
	}
	return l.write(m, l.zero)
}

// write writes a message with its times less than they are by some span.
func (l *messageLog) write(m *messages.Message, less time.Duration) error {
	shifted := *m
	shifted.Sent -= less
	shifted.Settled -= less
	return l.writer.Write(&shifted)
}

// turn writes the file anew once the zero of the history's clock is known.
func (l *messageLog) turn() error {
	origin := l.origin.Load()
	if origin == nil || *origin == l.zero {
		return nil
	}
	early := l.path + ".before"
	if err := errors.Join(l.closeFile(), os.Rename(l.path, early), l.create()); err != nil {
		return err
	}
	l.zero = *origin
	f, err := os.Open(early)
	if err != nil {
		return err
	}
	for m, readErr := range messages.Read(f) {
		if err = readErr; err == nil {
			err = l.write(m, l.zero)
		}
		if err != nil {
			break
		}
	}
	return errors.Join(err, f.Close(), os.Remove(early))
}

func (l *messageLog) closeFile() error { return errors.Join(l.writer.Close(), l.file.Close()) }

// close ends the file.
func (l *messageLog) close() error {
	if err := errors.Join(l.turn(), l.closeFile()); err != nil {
		return fmt.Errorf("%s: %w", l.path, err)
	}
	return nil
}
