package squall

import "fmt"

// EchoResult is the verdict on an echo test.
type EchoResult struct {
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
func (r *EchoResult) Validity() Validity { return r.Valid }

func (e EchoError) String() string {
	return fmt.Sprintf("sent %q, got %s", e.Sent, appendEDN(nil, e.Got))
}

// checkEcho judges a history of operations echo.
func checkEcho(h *History) *EchoResult {
	r := &EchoResult{Valid: Valid}
	for op := range h.All() {
		if op.Process == Nemesis || op.Type == Invoke {
			continue
		}
		if reply, ok := op.Value.(echoReply); ok && reply.same {
			continue
		}
		r.Errors = append(r.Errors, EchoError{h.At(op.Began).Value.(string), op.Value})
		r.Valid = Invalid
	}
	return r
}

// maxEchoErrors is how many errors are written down.
const maxEchoErrors = 1000

func (r *EchoResult) edn() Map {
	errors := List{}
	for i, e := range r.Errors {
		if i == maxEchoErrors {
			errors = append(errors, fmt.Sprintf("and %d more", len(r.Errors)-i))
			break
		}
		errors = append(errors, Vector{"Expected a message with :echo", e.Sent, "But received", e.Got})
	}
	return Map{{Keyword("valid?"), r.Valid}, {Keyword("errors"), errors}}
}
