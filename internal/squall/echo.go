package squall

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// echo asks nodes to send back what they are sent.
type echo struct {
	values [128]any // what is sent, ready made
}

func newEcho(*Options) workload {
	e := &echo{}
	for i := range e.values {
		e.values[i] = "Please echo " + strconv.Itoa(i)
	}
	return e
}

var echoOK = &replySchema{"echo_ok", []fieldSpec{{"echo", anyJSON}}}

func (e *echo) setup([]string) (func(dst []byte, msgID int64) []byte, *replySchema) { return nil, nil }

func (e *echo) next(rng *rand.Rand) operation {
	return operation{f: "echo", value: e.values[rng.IntN(len(e.values))]}
}

func (e *echo) final() (operation, bool) { return operation{}, false }

func (e *echo) request(dst []byte, op operation, msgID int64) []byte {
	dst = append(appendRequest(dst, "echo", msgID), `,"echo":`...)
	return append(appendJSONString(dst, op.value.(string)), '}')
}

func (e *echo) reply(operation) *replySchema { return echoOK }

// echoReply is the value of a completed echo: the reply's body.
type echoReply struct {
	body string // raw JSON
	same bool   // it echoes what was sent
}

func (e *echo) complete(op operation, body []byte, fields []field) any {
	got, ok := jsonString(lookup(fields, "echo"))
	return echoReply{string(body), ok && got == op.value.(string)}
}

func (e *echo) errors(operation) errorPolicy { return caught }

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

func (e *echo) check(h *History) WorkloadResult {
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
