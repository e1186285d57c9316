package squall

import (
	"strings"
	"testing"
	"time"
)

func TestEDN(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "nil"}, {true, "true"}, {-5, "-5"}, {int64(7), "7"},
		{Keyword("valid?"), ":valid?"}, {Valid, "true"}, {Unknown, ":unknown"}, {Invalid, "false"},
		{"a\"b\\c\n\té\x01", "\"a\\\"b\\\\c\\n\\té\x01\""},
		{float32(24), "24.0"}, {float32(1.7216495), "1.7216495"}, {0.5, "0.5"}, {0.0, "0.0"},
		{float32(0.00012), "1.2E-4"}, {1e7, "1.0E7"}, {123456.75, "123456.75"}, {-0.25, "-0.25"},
		{Vector{1, List{}, Set{"a", "b"}}, `[1 () #{"a" "b"}]`},
		{Map{{Keyword("a"), 1}, {0.5, nil}, {"k", Map{}}}, `{:a 1, 0.5 nil, "k" {}}`},
		{Grudge{"n10": {"n2"}, "n2": {"n1", "n10"}, "n3": nil}, `{"n2" #{"n1" "n10"}, "n3" #{}, "n10" #{"n2"}}`},
		{jsonValue([]byte(`{"a":[1,2.50,123456789012345678901234567890,"x",null,false]}`)), `{"a" [1 2.50 123456789012345678901234567890N "x" nil false]}`},
		{echoReply{body: `{"type":"echo_ok","echo":{"in":1}}`}, `{:type "echo_ok", :echo {"in" 1}}`},
		{&Op{Index: 3, Time: 5 * time.Microsecond, Type: Fail, Process: 2, F: "read", Error: Keyword("net-timeout"), Final: true},
			`{:index 3, :time 5000, :type :fail, :process 2, :f :read, :value nil, :final? true, :error :net-timeout}`},
		{&Op{Type: Info, Process: Nemesis, F: "start-partition", Value: Keyword("one")},
			`{:index 0, :time 0, :type :info, :process :nemesis, :f :start-partition, :value :one}`},
	} {
		if got := string(appendEDN(nil, test.value)); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestLongEDNIsBrokenIntoLines(t *testing.T) {
	var numbers List
	for i := range int64(40) {
		numbers = append(numbers, 1000+i)
	}
	got := string(appendPretty(nil, Map{{Keyword("numbers"), numbers}, {Keyword("map"), Map{{Keyword("short"), 1}}}}, 0))
	lines := strings.Split(got, "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "{:numbers (1000 1001 ") || !strings.HasPrefix(lines[1], "           10") || lines[len(lines)-1] != " :map {:short 1}}" {
		t.Errorf("got\n%s", got)
	}
	for _, line := range lines {
		if len(line) > prettyWidth+1 {
			t.Errorf("a line has %d characters: %s", len(line), line)
		}
	}
	if flat := strings.Join(strings.Fields(got), " "); flat != string(appendEDN(nil, Map{{Keyword("numbers"), numbers}, {Keyword("map"), Map{{Keyword("short"), 1}}}})) {
		t.Errorf("breaking lines changed the text: %s", flat)
	}
}

func TestHistoryText(t *testing.T) {
	for _, test := range []struct {
		op   Op
		want string
	}{
		{Op{Process: 3, F: "broadcast", Value: int64(5)}, "3\t:invoke\t:broadcast\t5"},
		{Op{Process: Nemesis, Type: Info, F: "stop-partition", Value: Keyword("network-healed")}, ":nemesis\t:info\t:stop-partition\t:network-healed"},
		{Op{Type: Info, F: "read", Error: "indeterminate: x"}, "0\t:info\t:read\tnil\tindeterminate: x"},
	} {
		if got := string(appendOpText(nil, &test.op)); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
