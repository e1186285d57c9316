package edn

import (
	"strings"
	"testing"
)

func TestEDN(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "nil"}, {true, "true"}, {-5, "-5"}, {int64(7), "7"},
		{Keyword("valid?"), ":valid?"},
		{"a\"b\\c\n\té\x01", "\"a\\\"b\\\\c\\n\\té\x01\""},
		{float32(24), "24.0"}, {float32(1.7216495), "1.7216495"}, {0.5, "0.5"}, {0.0, "0.0"},
		{float32(0.00012), "1.2E-4"}, {1e7, "1.0E7"}, {123456.75, "123456.75"}, {-0.25, "-0.25"},
		{Vector{1, List{}, Set{"a", "b"}}, `[1 () #{"a" "b"}]`},
		{Map{{Keyword("a"), 1}, {0.5, nil}, {"k", Map{}}}, `{:a 1, 0.5 nil, "k" {}}`},
		{JSON([]byte(`{"a":[1,2.50,123456789012345678901234567890,"x",null,false]}`)), `{"a" [1 2.50 123456789012345678901234567890N "x" nil false]}`},
		{JSON([]byte(`{"a":1,"b":{"c":1,"c":[2]},"a":{}}`)), `{"a" {}, "b" {"c" [2]}}`},
		{"a\xffb", "\"a\uFFFDb\""},
	} {
		if got := string(Append(nil, test.value)); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestLongEDNIsBrokenIntoLines(t *testing.T) {
	var numbers List
	for i := range int64(40) {
		numbers = append(numbers, 1000+i)
	}
	got := string(AppendPretty(nil, Map{{Keyword("numbers"), numbers}, {Keyword("map"), Map{{Keyword("short"), 1}}}}, 0))
	lines := strings.Split(got, "\n")
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "{:numbers (1000 1001 ") || !strings.HasPrefix(lines[1], "           10") || lines[len(lines)-1] != " :map {:short 1}}" {
		t.Errorf("got\n%s", got)
	}
	for _, line := range lines {
		if len(line) > prettyWidth+1 {
			t.Errorf("a line has %d characters: %s", len(line), line)
		}
	}
	if flat := strings.Join(strings.Fields(got), " "); flat != string(Append(nil, Map{{Keyword("numbers"), numbers}, {Keyword("map"), Map{{Keyword("short"), 1}}}})) {
		t.Errorf("breaking lines changed the text: %s", flat)
	}
}
