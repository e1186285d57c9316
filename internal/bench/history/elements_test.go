package history

import (
	"reflect"
	"testing"
)

func TestElementsOfAnyKindAreKept(t *testing.T) {
	e := ParseElements([]byte(`[3, 1 ,-0, 9223372036854775807, 9223372036854775808, 1.0, 1e0, "x", {"b":1,"a":[2]}, {"a":[2], "b":1}, null]`))
	if want := []int64{3, 1, 0, 9223372036854775807}; !reflect.DeepEqual(e.Ints, want) {
		t.Errorf("whole numbers %v, want %v", e.Ints, want)
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
