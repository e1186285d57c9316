package bench

import (
	"errors"
	"strings"
)

// EndedError says what ended a test before it was over: a node, an interrupt, or the computer. Such a test has no
// results, but a verdict in words, which is FAILED or INTERRUPTED.
type EndedError struct {
	Err     error
	Verdict []string // at most ten lines; see package words
}

// Error is why the test ended, if that needs more words than the verdict has, and the verdict.
func (e *EndedError) Error() string {
	verdict := strings.Join(e.Verdict, "\n")
	if node := (*NodeError)(nil); errors.As(e.Err, &node) {
		return e.Err.Error() + "\n" + verdict
	}
	return verdict
}

// Unwrap returns why the test ended.
func (e *EndedError) Unwrap() error { return e.Err }
