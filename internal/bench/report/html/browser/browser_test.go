package browser

import (
	"testing"

	"gset/internal/bench/report/html/htmltest"
)

// looks are those that people have.
var looks = map[string]look{
	"light":  {width: 1280, height: 900},
	"dark":   {width: 1280, height: 900, dark: true},
	"narrow": {width: 400, height: 800},
}

func TestReportIsQuietAtEverySizeAndInEveryScheme(t *testing.T) {
	r := htmltest.Broadcast().Run()
	for name, l := range looks {
		t.Run(name, func(t *testing.T) {
			p := open(t, r, l)
			t.Logf("ready after %s ms", eval[string](p, "document.documentElement.dataset.ready"))
			p.shot(name)
			if wide := eval[int](p, "document.documentElement.scrollWidth"); int64(wide) > l.width {
				t.Errorf("the page is %d pixels wide where there are %d", wide, l.width)
			}
			p.checkQuiet()
		})
	}
}
