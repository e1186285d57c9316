package squall

import (
	"math/rand/v2"
	"strconv"
)

// echo asks nodes to send back what they are sent.
type echo struct {
	values [128]any // what is sent, ready made
}

func newEcho(TopologyKind) workload {
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

func (e *echo) complete(op operation, body []byte, fields []field) any {
	got, ok := jsonString(lookup(fields, "echo"))
	return echoReply{string(body), ok && got == op.value.(string)}
}

func (e *echo) errors(operation) errorPolicy { return caught }

func (e *echo) check(h *History) WorkloadResult { return checkEcho(h) }
