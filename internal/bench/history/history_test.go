package history

import (
	"testing"
	"time"

	"gset/internal/bench/edn"
)

func TestEntriesAreWrittenInEDN(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{EchoReply{Body: `{"type":"echo_ok","echo":{"in":1}}`}, `{:type "echo_ok", :echo {"in" 1}}`},
		{EchoReply{Body: `{"type":"x","type":"echo_ok","a key":1,"":2,"ü":3,"a)}":4}`}, `{:type "echo_ok", "a key" 1, "" 2, "ü" 3, "a)}" 4}`},
		{&Op{Index: 3, Time: 5 * time.Microsecond, Type: Fail, Process: 2, F: "read", Error: edn.Keyword("net-timeout"), Final: true},
			`{:index 3, :time 5000, :type :fail, :process 2, :f :read, :value nil, :final? true, :error :net-timeout}`},
		{&Op{Type: Info, Process: Nemesis, F: "start-partition", Value: edn.Keyword("one")},
			`{:index 0, :time 0, :type :info, :process :nemesis, :f :start-partition, :value :one}`},
	} {
		if got := string(edn.Append(nil, test.value)); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestHistoryText(t *testing.T) {
	for _, test := range []struct {
		op   Op
		want string
	}{
		{Op{Process: 3, F: "broadcast", Value: int64(5)}, "3\t:invoke\t:broadcast\t5"},
		{Op{Process: Nemesis, Type: Info, F: "stop-partition", Value: edn.Keyword("network-healed")}, ":nemesis\t:info\t:stop-partition\t:network-healed"},
		{Op{Type: Info, F: "read", Error: "indeterminate: x"}, "0\t:info\t:read\tnil\tindeterminate: x"},
	} {
		if got := string(test.op.appendText(nil, edn.Append(nil, test.op.Value))); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
