package squall

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func mustFields(t *testing.T, body string) []field {
	t.Helper()
	fields, err := scanFields(nil, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return fields
}

func TestRepliesAreJudgedFieldByField(t *testing.T) {
	for _, test := range []struct {
		schema *replySchema
		body   string
		want   []string
	}{
		{readSetOK, `{"type":"read_ok","messages":[1,"x",{}],"in_reply_to":3}`, nil},
		{readSetOK, `{"type":"read_ok","messages":null,"in_reply_to":3,"msg_id":4}`, nil},
		{readSetOK, `{"type":"read_ok","in_reply_to":3}`, []string{`"messages" is missing`}},
		{readSetOK, `{"type":"read_ok","messages":{"1":true},"in_reply_to":3}`, []string{`"messages" is {"1":true}, where an array should be`}},
		{readSetOK, `{"type":"read","messages":[],"in_reply_to":3}`, []string{`"type" is "read", where "read_ok" should be`}},
		{readSetOK, `{"messages":[]}`, []string{`"type" is missing`, `"in_reply_to" is missing`}},
		{readSetOK, `{"type":"read_ok","messages":[],"in_reply_to":3,"msg_id":"4"}`, []string{`"msg_id" is "4", where a whole number should be`}},
		{readSetOK, `{"type":"read_ok","messages":[],"in_reply_to":3.0}`, []string{`"in_reply_to" is 3.0, where a whole number should be`}},
		{broadcastOK, `{"type":"broadcast_ok","in_reply_to":3,"message":5}`, []string{`"message" should not be there`}},
		{echoOK, `{"type":"echo_ok","in_reply_to":3,"echo":null}`, nil},
		{readValueOK, `{"type":"read_ok","value":[1,2],"in_reply_to":3}`, nil},
		{readValueOK, `{"type":"read_ok","messages":[1,2],"in_reply_to":3}`, []string{`"value" is missing`, `"messages" should not be there`}},
		{readCounterOK, `{"type":"read_ok","value":-9223372036854775808,"in_reply_to":3}`, nil},
		{readCounterOK, `{"type":"read_ok","value":9223372036854775807,"in_reply_to":3,"msg_id":4}`, nil},
		{readCounterOK, `{"type":"read_ok","value":9223372036854775808,"in_reply_to":3}`, []string{`"value" is 9223372036854775808, where a whole number of 64 bits should be`}},
		{readCounterOK, `{"type":"read_ok","value":1.0,"in_reply_to":3}`, []string{`"value" is 1.0, where a whole number of 64 bits should be`}},
		{readCounterOK, `{"type":"read_ok","value":1e2,"in_reply_to":3}`, []string{`"value" is 1e2, where a whole number of 64 bits should be`}},
		{readCounterOK, `{"type":"read_ok","value":"1","in_reply_to":3}`, []string{`"value" is "1", where a whole number of 64 bits should be`}},
		{readCounterOK, `{"type":"read_ok","value":null,"in_reply_to":3}`, []string{`"value" is null, where a whole number of 64 bits should be`}},
		{readCounterOK, `{"type":"read_ok","in_reply_to":3}`, []string{`"value" is missing`}},
		{echoOK, `{"type":7,"in_reply_to":3}`, []string{`"type" is 7, where "echo_ok" should be`, `"echo" is missing`}},
	} {
		if got := test.schema.check(mustFields(t, test.body)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s\ngot  %q\nwant %q", test.body, got, test.want)
		}
	}
}

func TestTheErrorOfAReplySaysItAll(t *testing.T) {
	body := `{"type":"read_ok","in_reply_to":3}`
	err := &replyError{"n4", "c17", "read", 3, readSetOK.check(mustFields(t, body)), readSetOK, body}
	want := `malformed reply of node n4 to client c17's read request (msg_id 3): "messages" is missing; ` +
		`it should be {"type": "read_ok", "messages": (an array), "in_reply_to": (a whole number), and optionally "msg_id": (a whole number)}; ` +
		`it is {"type":"read_ok","in_reply_to":3}`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestErrorRepliesAreDefiniteByTheirCode(t *testing.T) {
	r := &interpreter{workload: newBroadcast(&Options{Topology: "grid"})}
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
		end := r.judge(nil, test.op, 1, []byte(test.body), mustFields(t, test.body))
		if got := string(appendEDN(nil, end.err)); end.typ != test.typ || got != test.err {
			t.Errorf("%s: %v with %s, want %v with %s", test.body, end.typ, got, test.typ, test.err)
		}
	}
	for code, definite := range map[int64]bool{0: false, 1: true, 10: true, 11: true, 12: true, 13: false, 14: true, 20: true, 21: true, 22: true, 30: true} {
		if rpcCodes[code].definite != definite {
			t.Errorf("code %d is definite: %v", code, !definite)
		}
	}
}

func TestAnUnansweredReadFailsAndAWriteIsUnknown(t *testing.T) {
	r := &interpreter{workload: newBroadcast(&Options{Topology: "grid"})}
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
		r := &interpreter{workload: workloads[name](&Options{}), opts: &Options{ClientTimeout: 5 * time.Second}}
		for _, op := range []operation{{f: "read"}, {f: "add", value: int64(3)}} {
			body := `{"type":"error","code":11,"text":"wait"}`
			refused := r.judge(c, op, 9, []byte(body), mustFields(t, body))
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

func TestElementsOfAnyKindAreKept(t *testing.T) {
	e := parseElements([]byte(`[3, 1 ,-0, 9223372036854775807, 9223372036854775808, 1.0, 1e0, "x", {"b":1,"a":[2]}, {"a":[2], "b":1}, null]`))
	if want := []int64{3, 1, 0, 9223372036854775807}; !reflect.DeepEqual(e.Ints, want) {
		t.Errorf("whole numbers %v, want %v", e.Ints, want)
	}
	if want := `[3 1 -0 9223372036854775807 9223372036854775808N 1.0 1e0 "x" {"b" 1, "a" [2]} {"a" [2], "b" 1} nil]`; e.String() != want {
		t.Errorf("got  %s\nwant %s", e, want)
	}
	counts := map[string]int{}
	countDuplicates(e, counts)
	if want := map[string]int{`1e+00`: 2, `{"a":[2],"b":1}`: 2}; !reflect.DeepEqual(counts, want) {
		t.Errorf("duplicates %v, want %v", counts, want)
	}
	if e := parseElements([]byte(`[1,2]`)); e.String() != "[1 2]" {
		t.Errorf("got %s", e)
	}
	if e := parseElements([]byte(`null`)); e.String() != "[]" {
		t.Errorf("got %s", e)
	}
}

func TestLongRepliesAreClipped(t *testing.T) {
	if got := clip([]byte(strings.Repeat("x", 1000))); len(got) > 450 || !strings.HasSuffix(got, "... (1000 bytes in all)") {
		t.Errorf("got %s", got)
	}
}
