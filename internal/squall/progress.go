package squall

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// console is what the bench says while it runs: log lines and, on a terminal,
// a status line below them. It is safe for concurrent use.
type console struct {
	mu     sync.Mutex
	log    io.Writer
	screen io.Writer // nil: no status line
	shown  bool      // a status line stands on the screen
}

// progressPeriod is how often the status line is renewed.
const progressPeriod = 250 * time.Millisecond

// clearLine puts the cursor at the start of the line and empties it.
const clearLine = "\r\x1b[K"

// say logs a line, with the time.
func (c *console) say(format string, args ...any) {
	line := time.Now().Format("15:04:05.000 ") + fmt.Sprintf(format, args...) + "\n"
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	_, _ = io.WriteString(c.log, line) // nowhere left to complain
}

func (c *console) clear() {
	if c.shown {
		_, _ = io.WriteString(c.screen, clearLine)
		c.shown = false
	}
}

// status replaces the status line.
func (c *console) status(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.screen == nil {
		return
	}
	_, _ = io.WriteString(c.screen, clearLine+line)
	c.shown = true
}

// follow renews the status line until stop is closed, and then removes it.
func (c *console) follow(line func() string, stop <-chan struct{}) {
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
