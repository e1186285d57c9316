package workload

import (
	"reflect"
	"testing"

	"gset/internal/bench/rawjson"
)

func TestRepliesAreJudgedFieldByField(t *testing.T) {
	for _, test := range []struct {
		schema *Schema
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
		if got := test.schema.Check(mustFields(t, test.body)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s\ngot  %q\nwant %q", test.body, got, test.want)
		}
	}
}

func TestTheErrorOfAReplySaysItAll(t *testing.T) {
	body := `{"type":"read_ok","in_reply_to":3}`
	err := &ReplyError{"n4", "c17", "read", 3, readSetOK.Check(mustFields(t, body)), readSetOK, body}
	want := `malformed reply of node n4 to client c17's read request (msg_id 3): "messages" is missing; ` +
		`it should be {"type": "read_ok", "messages": (an array), "in_reply_to": (a whole number), and optionally "msg_id": (a whole number)}; ` +
		`it is {"type":"read_ok","in_reply_to":3}`
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestErrorsAreDefiniteByTheirCode(t *testing.T) {
	for code, definite := range map[int64]bool{0: false, 1: true, 10: true, 11: true, 12: true, 13: false, 14: true, 20: true, 21: true, 22: true, 30: true} {
		if codes[code].Definite != definite {
			t.Errorf("code %d is definite: %v", code, !definite)
		}
	}
}

func mustFields(t *testing.T, body string) []rawjson.Field {
	t.Helper()
	fields, _, err := rawjson.Fields(nil, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return fields
}
