package checker

import (
	"fmt"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
)

// Echo is the verdict on an echo test.
type Echo struct {
	Valid  Validity
	Errors []EchoError
}

// EchoError is an operation that did not end with the echo it asked for:
// whatever else came of it, an echo that did not come back is an error.
type EchoError struct {
	Sent string
	Got  any // the value the operation ended with
}

// Validity implements [WorkloadResult].
func (r *Echo) Validity() Validity { return r.Valid }

func (e EchoError) String() string {
	return fmt.Sprintf("sent %q, got %s", e.Sent, edn.Append(nil, e.Got))
}

// CheckEcho judges a history of operations echo.
func CheckEcho(h *history.History) *Echo {
	r := &Echo{Valid: Valid}
	for op := range h.All() {
		if op.Process == history.Nemesis || op.Type == history.Invoke {
			continue
		}
		if reply, ok := op.Value.(history.EchoReply); ok && reply.Same {
			continue
		}
		r.Errors = append(r.Errors, EchoError{h.At(op.Began).Value.(string), op.Value})
		r.Valid = Invalid
	}
	return r
}

// maxEchoErrors is how many errors are written down.
const maxEchoErrors = 1000

// EDN implements [Result].
func (r *Echo) EDN() edn.Map {
	errors := edn.List{}
	for i, e := range r.Errors {
		if i == maxEchoErrors {
			errors = append(errors, fmt.Sprintf("and %d more", len(r.Errors)-i))
			break
		}
		errors = append(errors, edn.Vector{"Expected a message with :echo", e.Sent, "But received", e.Got})
	}
	return edn.Map{{edn.Keyword("valid?"), r.Valid}, {edn.Keyword("errors"), errors}}
}

// Objections implements [Result]: none.
func (r *Echo) Objections() []string { return nil }

// Own implements [Result]: nothing.
func (r *Echo) Own() edn.Map { return nil }
