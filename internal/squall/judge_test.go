package squall

import (
	"reflect"
	"testing"
	"time"
)

func TestErrorRepliesAreDefiniteByTheirCode(t *testing.T) {
	r := &interpreter{workload: newBroadcast("grid")}
	read, write := operation{f: "read"}, operation{f: "broadcast", value: int64(5)}
	for _, test := range []struct {
		op   operation
		body string
		typ  OpType
		err  string
	}{
		{write, `{"type":"error","code":11,"text":"wait"}`, Fail, `[:temporarily-unavailable "wait"]`},
		{write, `{"type":"error","code":13}`, Info, `[:crash nil]`},
		{write, `{"type":"error","code":0,"text":"slow"}`, Info, `[:timeout "slow"]`},
		{write, `{"type":"error","code":1000,"text":["odd",1]}`, Info, `[:unknown ["odd" 1]]`},
		{write, `{"type":"error"}`, Info, `[:unknown nil]`},
		{read, `{"type":"error","code":13}`, Fail, `[:crash nil]`},
		{read, `{"type":"error","code":"x"}`, Fail, `[:unknown nil]`},
	} {
		end := r.judge(nil, test.op, 1, []byte(test.body), fieldsOf(t, test.body))
		if got := string(appendEDN(nil, end.err)); end.typ != test.typ || got != test.err {
			t.Errorf("%s: %v with %s, want %v with %s", test.body, end.typ, got, test.typ, test.err)
		}
	}
}

func TestAnUnansweredReadFailsAndAWriteIsUnknown(t *testing.T) {
	r := &interpreter{workload: newBroadcast("grid")}
	c := &client{}
	if end := r.timedOut(c, operation{f: "read"}, 1); end.typ != Fail {
		t.Errorf("the read ends with %v", end.typ)
	}
	if end := r.timedOut(c, operation{f: "broadcast", value: int64(1)}, 2); end.typ != Info || end.err != Keyword("net-timeout") {
		t.Errorf("the write ends with %v, %v", end.typ, end.err)
	}
}

// Maelstrom's clients of these workloads catch no errors: even a definite one,
// and even a read's, is the end of the process.
func TestErrorsCrashTheProcessesOfSetsAndCounters(t *testing.T) {
	c := &client{ep: &endpoint{name: "c7"}, worker: &worker{node: &endpoint{name: "n2"}}}
	for _, name := range []string{"g-set", "g-counter", "pn-counter"} {
		r := &interpreter{workload: workloads[name]("grid"), conf: interpreterConfig{timeout: 5 * time.Second}}
		for _, op := range []operation{{f: "read"}, {f: "add", value: int64(3)}} {
			body := `{"type":"error","code":11,"text":"wait"}`
			refused := r.judge(c, op, 9, []byte(body), fieldsOf(t, body))
			late := r.timedOut(c, op, 9)
			for _, test := range []struct {
				end    ending
				class  Keyword
				reason string
			}{
				{refused, "rpc-error", "node n2 answered client c7's " + op.f + ` request (msg_id 9) with error 11 (temporarily-unavailable): "wait"`},
				{late, "net-timeout", "node n2 did not answer client c7's " + op.f + " request (msg_id 9) within 5s"},
			} {
				want := ending{typ: Info, value: op.value, err: "indeterminate: " + test.reason, crash: &Crash{test.class, test.reason}}
				if !reflect.DeepEqual(test.end, want) {
					t.Errorf("%s %s: got %+v, want %+v", name, op.f, test.end, want)
				}
			}
		}
	}
}

func fieldsOf(t *testing.T, body string) []field {
	t.Helper()
	fields, err := scanFields(nil, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return fields
}
