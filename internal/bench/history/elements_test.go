package history

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestElementsOfAnyKindAreKept(t *testing.T) {
	e := ParseElements([]byte(`[3, 1 ,-0, 9223372036854775807, 9223372036854775808, 1.0, 1e0, "x", {"b":1,"a":[2]}, {"a":[2], "b":1}, null]`))
	if want := []int64{3, 1, 0, 9223372036854775807}; !reflect.DeepEqual(slices.Collect(e.Ints()), want) {
		t.Errorf("whole numbers %v, want %v", slices.Collect(e.Ints()), want)
	}
	if want := `[3 1 -0 9223372036854775807 9223372036854775808N 1.0 1e0 "x" {"b" 1, "a" [2]} {"a" [2], "b" 1} nil]`; e.String() != want {
		t.Errorf("got  %s\nwant %s", e, want)
	}
	if e := ParseElements([]byte(`[1,2]`)); e.String() != "[1 2]" {
		t.Errorf("got %s", e)
	}
	if e := ParseElements([]byte(`null`)); e.String() != "[]" {
		t.Errorf("got %s", e)
	}
}

// A list comes back as it was given or, if it is long and has no order, sorted.
func TestNumbersComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.OneOf(
			rapid.SliceOf(rapid.Int64()),
			rapid.SliceOf(rapid.Int64Range(0, 9)),
			rapid.SliceOfN(rapid.Int64Range(-300, 3000), 600, 900),
			rapid.Map(rapid.Int64Range(0, 5000), func(n int64) []int64 {
				list := make([]int64, n)
				for i := range list {
					list[i] = int64(i)
				}
				return list
			}),
		).Draw(t, "list")
		want := slices.Clone(list)
		e := NewElements(list...)
		got := slices.Collect(e.Ints())
		if len(list) > maxOrdered/2 && !slices.Equal(got, want) {
			slices.Sort(want)
		}
		if !slices.Equal(got, want) || e.Len() != len(want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
		raw, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.ReplaceAll(string(raw), ",", " "); len(got) > 0 && e.String() != text {
			t.Errorf("written as %s, want %s", e, text)
		}
	})
}

func TestASetThatGrowsByOneTakesAFewBytes(t *testing.T) {
	list := make([]int64, 1_000_000)
	for i := range list {
		list[i] = int64(i)
	}
	if e := NewElements(list...); len(e.ints.text) > 8 {
		t.Errorf("takes %d bytes", len(e.ints.text))
	}
}

// The reads of a long test would fill gigabytes.
func TestReadsAreWrittenWithinABudget(t *testing.T) {
	p := &Printer{full: 10, ranges: 30}
	op := &Op{Type: OK, F: "read", Value: NewElements(0, 1, 2, 7)}
	for _, want := range []string{"[0 1 2 7]", "[0 1 2 7]", "{:count 4, :ranges [[0 2] [7 7]]}", "{:count 4}"} {
		line, text := p.Append(nil, nil, op)
		if !strings.Contains(string(line), ":value "+want+"}") || string(text) != "0\t:ok\t:read\t"+want {
			t.Errorf("got %s and %q, want the value %s", line, text, want)
		}
	}
	if _, text := p.Append(nil, nil, &Op{F: "broadcast", Value: int64(5)}); string(text) != "0\t:invoke\t:broadcast\t5" {
		t.Errorf("got %q", text)
	}
	p.ranges = 1
	if _, text := p.Append(nil, nil, &Op{Type: OK, F: "read", Value: NewElements()}); string(text) != "0\t:ok\t:read\t{:count 0, :ranges []}" {
		t.Errorf("got %q", text)
	}
}

func TestAHistoryKeepsABoundedPartOfWhatIsNoNumber(t *testing.T) {
	var h History
	long := fmt.Sprintf(`["%s", 5]`, strings.Repeat("x", maxStrange/4))
	for range 3 {
		h.Add(Op{Type: OK, F: "read", Value: ParseElements([]byte(long))})
	}
	first, last := h.At(0).Value.(*Elements), h.At(2).Value.(*Elements)
	if len(first.Others()) != 1 || last.Others() != nil || last.String() != "[5]" {
		t.Errorf("kept %d of the first and %d of the last", len(first.Others()), len(last.Others()))
	}
}
