package report

import (
	"fmt"
	"io"
	"sync"
	"time"

	"gset/internal/terminal"
)

// Console is what the bench says while it runs: log lines and, on a terminal,
// a status line below them. It is safe for concurrent use.
type Console struct {
	Log    io.Writer
	Status terminal.Line

	mu sync.Mutex
}

// progressPeriod is how often the status line is renewed.
const progressPeriod = 250 * time.Millisecond

// Say logs a line, with the time.
func (c *Console) Say(format string, args ...any) {
	line := time.Now().Format("15:04:05.000 ") + fmt.Sprintf(format, args...) + "\n"
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Status.Clear()
	_, _ = io.WriteString(c.Log, line) // nowhere left to complain
}

// status replaces the status line.
func (c *Console) status(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Status.Show(line)
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
			c.Status.Clear()
			c.mu.Unlock()
			return
		}
	}
}
