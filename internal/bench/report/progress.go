package report

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// Console is what the bench says while it runs: log lines and, on a terminal,
// a status line below them. It is safe for concurrent use.
type Console struct {
	mu     sync.Mutex
	Log    io.Writer
	Screen io.Writer // nil: no status line
	shown  bool      // a status line stands on the screen
}

// progressPeriod is how often the status line is renewed.
const progressPeriod = 250 * time.Millisecond

// clearLine puts the cursor at the start of the line and empties it.
const clearLine = "\r\x1b[K"

// Say logs a line, with the time.
func (c *Console) Say(format string, args ...any) {
	line := time.Now().Format("15:04:05.000 ") + fmt.Sprintf(format, args...) + "\n"
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	_, _ = io.WriteString(c.Log, line) // nowhere left to complain
}

func (c *Console) clear() {
	if c.shown {
		_, _ = io.WriteString(c.Screen, clearLine)
		c.shown = false
	}
}

// status replaces the status line.
func (c *Console) status(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Screen == nil {
		return
	}
	_, _ = io.WriteString(c.Screen, clearLine+line)
	c.shown = true
}

// Follow renews the status line until stop is closed, and then removes it.
func (c *Console) Follow(line func() string, stop <-chan struct{}) {
	ticker := time.NewTicker(progressPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			c.status(line())
		case <-stop:
			c.mu.Lock()
			c.clear()
			c.mu.Unlock()
			return
		}
	}
}
