package html_test

import (
	"bytes"
	"testing"

	"gset/internal/bench/report/html"
	"gset/internal/bench/report/html/htmltest"
)

func TestDraft(t *testing.T) {
	r := htmltest.Broadcast().Run()
	var b bytes.Buffer
	if err := html.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", b.Len())
}
