package browser

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"gset/internal/dashboard"
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
		for _, members := range []int{1, 5, 25} {
			t.Run(fmt.Sprint(name, members), func(t *testing.T) {
				s := dashboardtest.NewSource(dashboardtest.State(members))
				p := open(t, s, l)
				s.Cross(0)
				p.waitFor("document.documentElement.dataset.flows > 0")
				p.shot(fmt.Sprint(name, members))
				if wide := eval[int64](p, "document.documentElement.scrollWidth"); wide > l.width {
					t.Errorf("the page is %d pixels wide where there are %d", wide, l.width)
				}
				p.checkQuiet()
			})
		}
	}
}

// What the page takes, and how soon it says something, with 25 members.
func TestTwentyFiveMembersAreShownAtOnce(t *testing.T) {
	p := open(t, dashboardtest.NewSource(dashboardtest.State(25)), looks["light"])
	p.waitFor("document.querySelectorAll('#members tbody tr').length === 25 && document.querySelectorAll('#ring .m').length === 25")
	first, paint := eval[string](p, "document.documentElement.dataset.first"), eval[float64](p, "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1")
	p.mu.Lock()
	files, received := len(p.requests), p.received
	p.mu.Unlock()
	t.Logf("25 members: %d requests, %.0f bytes; painted after %.0f ms, and with the first state after %s ms; the page's thread has worked for %s", files, received, paint, first, p.work())
	if received > 65_000 || files > 6 {
		t.Errorf("%d requests for %.0f bytes", files, received)
	}
	p.checkQuiet()
}

// A browser that has been given a password sends it for the page's files, its stream and its searches, too.
func TestThePageIsLiveBehindAPassword(t *testing.T) {
	guard := func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if name, password, _ := r.BasicAuth(); name != "ops" || password != "secret" {
				w.Header().Set("WWW-Authenticate", `Basic realm="gsetd", charset="UTF-8"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			h.ServeHTTP(w, r)
		})
	}
	s := dashboardtest.NewSource(dashboardtest.State(5))
	p := openBehind(t, s, looks["light"], guard, "ops:secret@")
	p.waitText("#live", "Live")
	s.Cross(0)
	p.waitText("#ticker", "2 updates written here")
	eval[bool](p, "(document.getElementById('filter').focus(), true)")
	p.press("IT")
	p.waitText("#found", "2 collections found, 4 names looked at")
}

// What happens is on the page without a reload: a message, a member that goes, and a node that is not ready.
func TestThePageIsLive(t *testing.T) {
	s := dashboardtest.NewSource(dashboardtest.State(5))
	p := open(t, s, looks["light"])
	p.waitText("#live", "Live")
	began := time.Now()
	s.Cross(0)
	p.waitText("#ticker", "2 updates written here")
	t.Logf("an update was on the page after %v", time.Since(began).Round(time.Millisecond))
	p.waitText("#ticker", "gather to node03, 2 updates")
	p.waitText("#ticker", "scatter from node03, 2 updates")
	s.Change(func(st *dashboard.State) {
		st.Members[2].Up = false
		st.Node.Ready, st.Node.Why = false, "the disk is full"
		st.Collections.Shown[0].Size += 17
		st.Collections.Elements++
	})
	p.waitText("#summary", "Not ready: the disk is full.")
	p.waitText("#summary", "2 of 4 other members are up")
	p.waitText("#collections tbody", "20,000,017")
	p.waitFor("document.querySelector('#ring .m[aria-label^=\"node04\"]').classList.contains('down')")
	p.waitFor("document.title.startsWith('!')")
	s.Fail(errors.New("the node is closed"))
	p.waitText("#live", "No news: the node is closed.")
	s.Fail(nil)
	p.waitText("#live", "Live")
	p.checkQuiet()
}

// A dashboard whose node has gone says so, and of when its news is.
func TestANodeThatIsGoneIsTold(t *testing.T) {
	p := open(t, dashboardtest.NewSource(dashboardtest.State(3)), looks["light"])
	p.waitText("#live", "Live")
	p.stop()
	p.waitText("#live", "No connection to the node. This is as of")
}

// The keyboard comes everywhere: to the picture's members, its switches, the search and what it finds.
func TestTheKeyboardComesEverywhere(t *testing.T) {
	s := dashboardtest.NewSource(dashboardtest.State(5))
	p := open(t, s, looks["light"])
	focused := func() string {
		return eval[string](p, "(document.activeElement.id || document.activeElement.getAttribute('aria-label') || document.activeElement.innerText || '').slice(0, 40)")
	}
	var order []string
	for range 24 {
		p.press(kb.Tab)
		order = append(order, focused())
	}
	all := strings.Join(order, "\n")
	for _, want := range []string{"Skip to the cluster", "node01, this node", "pause", "infer", "filter"} {
		if !strings.Contains(all, want) {
			t.Errorf("Tab does not come to %q but to %q", want, order)
		}
	}
	eval[bool](p, "(document.querySelector('#ring .m[tabindex=\"0\"]').focus(), true)")
	p.press(kb.ArrowRight)
	p.waitText("#who", "node02")
	p.waitText("#who", "proved")
	p.press(kb.ArrowLeft + kb.ArrowLeft)
	p.waitText("#who", "node05")
	p.press(kb.Home)
	p.waitText("#who", "Updates by clients")
	p.press(kb.Escape)
	p.waitText("#who", "Point at a member")
	eval[bool](p, "(document.getElementById('pause').focus(), true)")
	p.press(" ")
	p.waitFor("document.getElementById('pause').getAttribute('aria-pressed') === 'true'")
	p.press(kb.Enter)
	p.waitFor("document.getElementById('pause').getAttribute('aria-pressed') === 'false'")
	eval[bool](p, "(document.getElementById('filter').focus(), true)")
	p.press("IT")
	p.waitText("#found", "2 collections found, 4 names looked at")
	p.press(kb.Tab)
	p.press(kb.Enter)
	p.waitText("#found", "2 collections found, 7 names looked at")
	p.waitFor("document.activeElement.id === 'filter'") // there is nothing further
	p.waitText("#collections tbody", "visitors")
	p.waitText("#collections tbody", "hits")
	p.checkQuiet()
}

// A state that comes every second takes away neither the focus nor the selection.
func TestNewsLeaveTheFocus(t *testing.T) {
	s := dashboardtest.NewSource(dashboardtest.State(5))
	p := open(t, s, looks["light"])
	eval[bool](p, "(document.querySelector('#ring .m[aria-label^=\"node03\"]').focus(), true)")
	s.Change(func(st *dashboard.State) { st.Members[1].Equal = false; st.Members = st.Members[:3] })
	p.waitFor("document.querySelectorAll('#ring .m').length === 4")
	p.waitFor("document.activeElement.getAttribute('aria-label').startsWith('node03')")
	p.checkQuiet()
}

// Everything that can be used has a name for a screen reader, and tables have headers.
func TestScreenReadersHaveNames(t *testing.T) {
	p := open(t, dashboardtest.NewSource(dashboardtest.State(5)), looks["light"])
	unnamed := eval[[]string](p, `[...document.querySelectorAll("button, input, meter, [role], [tabindex]")]
		.filter((e) => !(e.innerText || e.getAttribute("aria-label") || e.labels?.length || ["status", "presentation", "search"].includes(e.getAttribute("role"))))
		.filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 100))`)
	for _, element := range unnamed {
		t.Errorf("a screen reader has no name for %s", element)
	}
	if n := eval[int](p, "document.querySelectorAll('header, nav, main, footer').length"); n != 4 {
		t.Errorf("%d landmarks, not 4", n)
	}
	if n := eval[int](p, "[...document.querySelectorAll('table')].filter((t) => t.checkVisibility() && !t.querySelector('thead th')).length"); n != 0 {
		t.Errorf("%d tables without headers", n)
	}
}

// hostile are names that would be more than text if they were taken for HTML, or hide what they are.
var hostile = []string{
	`<img src=x onerror="document.title='owned'">`, `</script><script>document.title='owned'</script>`, `"><svg onload=alert(1)>`,
	"javascript:alert(1)", "a\xff\x00b", "\u202egnp.exe", strings.Repeat("<b>", 300), `{{constructor.constructor("alert(1)")()}}`, "__proto__", "constructor",
}

// Names are text, wherever they are shown.
func TestNamesAreTextOnly(t *testing.T) {
	state := dashboardtest.State(4)
	state.Node.Name, state.Node.Cluster, state.Node.Why, state.Node.Ready = dashboard.Name(hostile[0]), dashboard.Name(hostile[1]), hostile[2], false
	state.Collections.Shown = nil
	state.Members = nil
	state.Latency = nil
	for _, name := range hostile {
		n := dashboard.Name(name)
		state.Collections.Shown = append(state.Collections.Shown, dashboard.Collection{Name: n, Kind: "set", Size: 7, Growth: []int64{1, 2, 3}})
		state.Members = append(state.Members, dashboard.Member{Name: n + "!", Address: name, Up: true, Connected: true, Life: "1", Problem: dashboard.Show(name)})
		state.Latency = append(state.Latency, dashboard.Latency{From: n, To: n, P50: 1, P99: 2, Count: 3})
		state.Repairs = append(state.Repairs, dashboard.Repair{Peer: n})
		state.Views = append(state.Views, dashboard.ViewChange{View: "1", Hub: n})
		state.Events = append(state.Events, dashboard.Event{Level: "warn", Text: dashboard.Show(name), Peer: n, Count: 2})
	}
	for _, l := range []look{looks["light"], looks["narrow"]} {
		s := dashboardtest.NewSource(state)
		p := open(t, s, l)
		for _, name := range hostile {
			s.Happen(dashboard.Message{Kind: "scatter", From: dashboard.Name(name) + "!", To: state.Node.Name, Root: dashboard.Name(name), Count: 1, Parts: 1})
		}
		p.waitFor("document.documentElement.dataset.flows > 0")
		p.has(p.text("#collections tbody"), hostile[0])
		p.has(p.text("#collections tbody"), `"a\xff\x00b"`)
		p.has(p.text("#collections tbody"), `"\u202egnp.exe"`)
		p.has(p.text("h1"), hostile[0])
		if n := eval[int](p, "document.querySelectorAll('img, b:not(.kicker b, .legend b), main script, [onload], [onerror]').length"); n != 0 {
			t.Errorf("%d elements were made of names", n)
		}
		if title := eval[string](p, "document.title"); strings.HasPrefix(title, "owned") {
			t.Errorf("the title is %q", title)
		}
		if wide := eval[int64](p, "document.documentElement.scrollWidth"); wide > l.width {
			t.Errorf("the page is %d pixels wide where there are %d", wide, l.width)
		}
		p.shot(fmt.Sprint("hostile", l.width))
		p.checkQuiet()
	}
}
