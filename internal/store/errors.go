package store

import (
	"errors"
	"fmt"
)

var (
	// ErrLocked: another process, or this one, has the store open.
	ErrLocked = errors.New("another process has it open")

	// ErrNewer: a newer version of this program wrote the file. Nothing was changed.
	ErrNewer = errors.New("written by a newer version of this program; use that")

	// ErrForeign: the file was made for another cluster, type of state or member. Nothing was
	// changed.
	ErrForeign = errors.New("made for another")

	// ErrClosed: the store has been closed.
	ErrClosed = errors.New("store: closed")

	// ErrRemoved: the file that commits go to is not at its place: somebody has removed or moved the folder, or its
	// files. Nothing is written until the file is back.
	ErrRemoved = errors.New("it was removed or moved while it was open: what is written there would be lost")

	// ErrTooLarge: a delta, or a part of a state, has more than MaxDelta bytes.
	ErrTooLarge = fmt.Errorf("more than %d bytes", MaxDelta)

	// ErrUncertain: the commit failed when its bytes had been handed to the file system. The next
	// Open may find its deltas, unless a later commit succeeds: then they are void. An error
	// of a commit that does not wrap ErrUncertain says that its deltas are not on disk and never
	// will be.
	ErrUncertain = errors.New("it may or may not be on disk")
)

// DamageError says that a file holds what the store did not write, or has lost what it wrote.
// Open and ReadBackup return it, and change nothing.
type DamageError struct {
	File   string // its path
	Offset int64  // of what cannot be read, in bytes
	What   string // what is wrong there
}

func (e *DamageError) Error() string {
	if e.What == string(errNoMagic) {
		return fmt.Sprintf("%s: at offset %d: %s", e.File, e.Offset, e.What)
	}
	return fmt.Sprintf("%s is damaged at offset %d: %s", e.File, e.Offset, e.What)
}

// remedy is what to do about damage to a store. How it is salvaged the caller says: a program has a flag for it.
const remedy = `: acknowledged updates may be lost here. Check the disk. The store can be salvaged, with all that can ` +
	`still be read of it; or move the folder away to begin anew. Either way the member takes a new ` +
	`incarnation, and gets back from other members what they have heard`
