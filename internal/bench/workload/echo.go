package workload

import (
	"math/rand/v2"
	"strconv"

	"gset/internal/bench/checker"
	"gset/internal/bench/history"
	"gset/internal/bench/rawjson"
)

// echo asks nodes to send back what they are sent.
type echo struct {
	values [128]any // what is sent, ready made
}

func newEcho(TopologyKind) Workload {
	e := &echo{}
	for i := range e.values {
		e.values[i] = "Please echo " + strconv.Itoa(i)
	}
	return e
}

var echoOK = &Schema{"echo_ok", []fieldSpec{{"echo", anyJSON}}}

func (e *echo) Setup([]string) (func(dst []byte, msgID int64) []byte, *Schema) { return nil, nil }

func (e *echo) Next(rng *rand.Rand) Operation {
	return Operation{F: "echo", Value: e.values[rng.IntN(len(e.values))]}
}

func (e *echo) Final() (Operation, bool) { return Operation{}, false }

func (e *echo) Request(dst []byte, op Operation, msgID int64) []byte {
	dst = append(AppendRequest(dst, "echo", msgID), `,"echo":`...)
	return append(rawjson.AppendString(dst, op.Value.(string)), '}')
}

func (e *echo) Reply(Operation) *Schema { return echoOK }

func (e *echo) Complete(op Operation, body []byte, fields []rawjson.Field) any {
	got, ok := rawjson.String(rawjson.Lookup(fields, "echo"))
	return history.EchoReply{Body: string(body), Same: ok && got == op.Value.(string)}
}

func (e *echo) Errors(Operation) ErrorPolicy { return caught }

func (e *echo) Check(h *history.History) checker.Result { return checker.CheckEcho(h) }
