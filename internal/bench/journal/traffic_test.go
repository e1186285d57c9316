package journal

import (
	"fmt"
	"testing"
)

func TestTypesAreTallied(t *testing.T) {
	var ta Tally
	for _, raw := range []string{`"a"`, `"a"`, `"\u0061"`, `7`, ``, `"b"`} {
		ta.Add([]byte(raw), 10)
	}
	for i := range 2 * maxTypes {
		ta.Add(fmt.Appendf(nil, `"made up %d"`, i), 0)
	}
	byType := map[string]int64{}
	ta.addTo(byType)
	if byType["a"] != 3 || byType["b"] != 1 || byType[otherTypes] < 2+maxTypes || len(byType) > maxTypes+1 || ta.bytes != 60 {
		t.Errorf("a: %d, b: %d, other: %d of %d types, %d bytes", byType["a"], byType["b"], byType[otherTypes], len(byType), ta.bytes)
	}
}
