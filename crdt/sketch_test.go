package crdt

import (
	"bytes"
	"slices"
	"testing"
)

func TestSketchesOfTwoStatesPeelToTheirDifference(t *testing.T) {
	common, mine, theirs := randomCells(5000, 1), randomCells(300, 2), randomCells(200, 3)
	a := SketchOf(slices.Values(slices.Concat(common, mine)), 1024)
	b := SketchOf(slices.Values(slices.Concat(common, theirs)), 2048)
	t.Logf("estimate %d", a.Difference(b))
	data, err := b.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = DecodeSketch(data); err != nil {
		t.Fatal(err)
	}
	if again, _ := b.AppendBinary(nil); !bytes.Equal(again, data) {
		t.Fatalf("%x is encoded as %x", data, again)
	}
	a.Subtract(b)
	items, complete, err := a.Peel()
	if err != nil || !complete || len(items) != 500 {
		t.Fatalf("%d items, complete is %v, %v", len(items), complete, err)
	}
	for _, c := range append(mine, theirs...) {
		if !slices.Contains(items, c.Item()) {
			t.Fatalf("%v is missing", c)
		}
	}
}
