package browser

import (
	"fmt"
	"testing"

	"gset/internal/dashboard/dashboardtest"
)

// looks are those that people have.
var looks = map[string]look{
	"light":  {width: 1280, height: 900, moving: true},
	"dark":   {width: 1280, height: 900, dark: true, moving: true},
	"narrow": {width: 400, height: 800},
	"phone":  {width: 400, height: 800, dark: true, moving: true},
}

// The page says nothing in the console, asks nobody else for anything, and is never wider than the screen.
func TestTheDashboardIsQuietAtEverySizeAndInEveryScheme(t *testing.T) {
	for name, l := range looks {
		for _, members := range []int{1, 3, 25} {
			t.Run(fmt.Sprint(name, members), func(t *testing.T) {
				s := dashboardtest.NewSource(dashboardtest.State(members))
				p := open(t, s, l)
				s.Cross(0)
				p.waitFor("document.documentElement.dataset.flows > 0")
				s.Cross(members / 2)
				p.waitFor("document.documentElement.dataset.flows > 1")
				p.shot(fmt.Sprint(name, members))
				if wide := eval[int64](p, "document.documentElement.scrollWidth"); wide > l.width {
					t.Errorf("the page is %d pixels wide where there are %d", wide, l.width)
				}
				p.checkQuiet()
			})
		}
	}
}
