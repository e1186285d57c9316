package client

import (
	"reflect"
	"testing"
	"time"

	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/network"
	"gset/internal/bench/rawjson"
	"gset/internal/bench/workload"
)

func TestErrorRepliesAreDefiniteByTheirCode(t *testing.T) {
	r := &Interpreter{workload: workload.New("broadcast", "grid")}
	read, write := workload.Operation{F: "read"}, workload.Operation{F: "broadcast", Value: int64(5)}
	for _, test := range []struct {
		op   workload.Operation
		body string
		typ  history.OpType
		err  string
	}{
		{write, `{"type":"error","code":11,"text":"wait"}`, history.Fail, `[:temporarily-unavailable "wait"]`},
		{write, `{"type":"error","code":13}`, history.Info, `[:crash nil]`},
		{write, `{"type":"error","code":0,"text":"slow"}`, history.Info, `[:timeout "slow"]`},
		{write, `{"type":"error","code":1000,"text":["odd",1]}`, history.Info, `[:unknown ["odd" 1]]`},
		{write, `{"type":"error"}`, history.Info, `[:unknown nil]`},
		{read, `{"type":"error","code":13}`, history.Fail, `[:crash nil]`},
		{read, `{"type":"error","code":"x"}`, history.Fail, `[:unknown nil]`},
	} {
		end := r.judge(nil, test.op, 1, []byte(test.body), fieldsOf(t, test.body))
		if got := string(edn.Append(nil, end.Err)); end.Type != test.typ || got != test.err {
			t.Errorf("%s: %v with %s, want %v with %s", test.body, end.Type, got, test.typ, test.err)
		}
	}
}

func TestAnUnansweredReadFailsAndAWriteIsUnknown(t *testing.T) {
	r := &Interpreter{workload: workload.New("broadcast", "grid")}
	c := &client{}
	if end := r.timedOut(c, workload.Operation{F: "read"}, 1); end.Type != history.Fail {
		t.Errorf("the read ends with %v", end.Type)
	}
	if end := r.timedOut(c, workload.Operation{F: "broadcast", Value: int64(1)}, 2); end.Type != history.Info || end.Err != edn.Keyword("net-timeout") {
		t.Errorf("the write ends with %v, %v", end.Type, end.Err)
	}
}

// Maelstrom's clients of these workloads catch no errors: even a definite one,
// and even a read's, is the end of the process.
func TestErrorsCrashTheProcessesOfSetsAndCounters(t *testing.T) {
	c := &client{ep: &network.Endpoint{Name: "c7"}, worker: &worker{node: &network.Endpoint{Name: "n2"}}}
	for _, name := range []string{"g-set", "g-counter", "pn-counter"} {
		r := &Interpreter{workload: workload.New(name, "grid"), conf: Config{Timeout: 5 * time.Second}}
		for _, op := range []workload.Operation{{F: "read"}, {F: "add", Value: int64(3)}} {
			body := `{"type":"error","code":11,"text":"wait"}`
			refused := r.judge(c, op, 9, []byte(body), fieldsOf(t, body))
			late := r.timedOut(c, op, 9)
			for _, test := range []struct {
				end    workload.Ending
				class  edn.Keyword
				reason string
			}{
				{refused, "rpc-error", "node n2 answered client c7's " + op.F + ` request (msg_id 9) with error 11 (temporarily-unavailable): "wait"`},
				{late, "net-timeout", "node n2 did not answer client c7's " + op.F + " request (msg_id 9) within 5s"},
			} {
				want := workload.Ending{Type: history.Info, Value: op.Value, Err: "indeterminate: " + test.reason, Crash: &history.Crash{Class: test.class, Reason: test.reason}}
				if !reflect.DeepEqual(test.end, want) {
					t.Errorf("%s %s: got %+v, want %+v", name, op.F, test.end, want)
				}
			}
		}
	}
}

func fieldsOf(t *testing.T, body string) []rawjson.Field {
	t.Helper()
	fields, _, err := rawjson.Fields(nil, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return fields
}
