package rawjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTheLastOfRepeatedMembersStays(t *testing.T) {
	var many, last strings.Builder
	for i := range 3 * fewFields {
		fmt.Fprintf(&many, `"k%d": %d, `, i%fewFields, i)
		if i >= 2*fewFields {
			fmt.Fprintf(&last, `"k%d": %d, `, i%fewFields, i)
		}
	}
	for text, want := range map[string]string{
		`{"a":1,"b":{"a":2}}`:                        `{"a":1,"b":{"a":2}}`,
		`{"a":1 , "a":2}`:                            `{"a":2}`,
		`{"x":[{"a":{"b":1,"b":2},"a":3}, {"a":1}]}`: `{"x":[{"a":3}, {"a":1}]}`,
		`{"x":{"b":1,"a":"}\",{","b":[1,2]}}`:        `{"x":{"a":"}\",{","b":[1,2]}}`,
		`{"a":1,"\u0061":2}`:                         `{"\u0061":2}`,
		`{` + many.String() + `"z":0}`:               `{` + last.String() + `"z":0}`,
		`"a"`:                                        `"a"`, `[]`: `[]`, `{}`: `{}`, `[1,"a","a"]`: `[1,"a","a"]`,
	} {
		if got := string(WithoutRepeats([]byte(text))); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

// jsonText draws the text of a value whose objects repeat keys.
func jsonText(depth int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		kinds := 4
		if depth == 0 {
			kinds = 2
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return fmt.Sprint(rapid.IntRange(-3, 3).Draw(t, "number"))
		case 1:
			return rapid.SampledFrom([]string{`""`, `"{\"a\":1"`, `"\\"`, `null`, `true`}).Draw(t, "scalar")
		case 2:
			return "[" + strings.Join(rapid.SliceOfN(jsonText(depth-1), 0, 4).Draw(t, "items"), " ,") + "]"
		}
		var members []string
		for range rapid.IntRange(0, 50).Draw(t, "members") {
			key := rapid.SampledFrom([]string{`"a"`, `"\u0061"`, `"b"`, `"c,{"`, `""`}).Draw(t, "key")
			members = append(members, key+" : "+jsonText(depth-1).Draw(t, "value"))
		}
		return "{" + strings.Join(members, " , ") + "}"
	})
}

// What is left says the same to a parser that goes by the last of equal keys, and has no equal keys.
func TestWithoutRepeatsATextSaysTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := jsonText(3).Draw(t, "text")
		kept := WithoutRepeats([]byte(text))
		var got, want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(kept, &got); err != nil {
			t.Fatalf("%s became %s: %v", text, kept, err)
		}
		if !reflect.DeepEqual(got, want) || len(WithoutRepeats(kept)) != len(kept) {
			t.Fatalf("%s became %s", text, kept)
		}
	})
}
