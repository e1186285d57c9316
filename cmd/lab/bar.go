package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"gset/internal/terminal"
)

// bar is a bar on standard error that shows how far a long command has come, if that
// is a terminal. It is drawn anew a few times a second at most.
type bar struct {
	line  terminal.Line
	start time.Time
	drawn time.Time
	done  uint64
	all   uint64
}

func newBar(all uint64) *bar {
	b := &bar{start: time.Now(), all: all}
	if terminal.Is(os.Stderr) {
		b.line.Out = os.Stderr
	}
	return b
}

// step has one more thing done.
func (b *bar) step(failures int) {
	b.done++
	if b.line.Out == nil || time.Since(b.drawn) < 100*time.Millisecond {
		return
	}
	b.drawn = time.Now()
	const width = 30
	full := int(width * b.done / b.all)
	rate := float64(b.done) / time.Since(b.start).Seconds()
	b.line.Show(fmt.Sprintf("[%s%s] %d of %d, %.0f a second, %d failed",
		strings.Repeat("=", full), strings.Repeat(" ", width-full), b.done, b.all, rate, failures))
}

func (b *bar) clear() { b.line.Clear() }
