// Package terminal draws a status line at the bottom of a terminal, below what a command
// prints line by line.
package terminal

import "io"

// clear puts the cursor at the start of the line and empties it.
const clear = "\r\x1b[K"

// Line is a status line. The zero Line draws nothing. It is not safe for concurrent use:
// who prints to the same terminal clears the line first, in the same goroutine or under the
// same lock.
type Line struct {
	// Out is the terminal; nil draws nothing.
	Out io.Writer

	shown bool
}

// Show replaces the status line, which must not contain line feeds.
func (l *Line) Show(text string) {
	if l.Out == nil {
		return
	}
	_, _ = io.WriteString(l.Out, clear+text) // nowhere left to complain
	l.shown = true
}

// Clear removes the status line, if there is one.
func (l *Line) Clear() {
	if l.shown {
		_, _ = io.WriteString(l.Out, clear)
		l.shown = false
	}
}
