package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gset/internal/bench/report/html"
	"gset/internal/bench/report/html/htmltest"
	"gset/internal/bench/report/messages"
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
			t.Logf("ready after %s ms, whole after %s", eval[string](p, "document.documentElement.dataset.ready"), eval[string](p, "document.documentElement.dataset.whole"))
			p.shot(name)
			if wide := eval[int](p, "document.documentElement.scrollWidth"); int64(wide) > l.width {
				t.Errorf("the page is %d pixels wide where there are %d", wide, l.width)
			}
			p.checkQuiet()
		})
	}
}

func TestReportHasItsSectionsAndFollowsTheReader(t *testing.T) {
	p := open(t, htmltest.Broadcast().Run(), looks["light"])
	p.has(p.text("h1"), "Invalid")
	p.has(p.text(".words"), "n24 lacks them")
	for _, id := range []string{"messages", "latency", "spread", "time", "load"} {
		if link := p.text(fmt.Sprintf("nav a[href='#%s']", id)); link == "" || p.text("#"+id+"-title") == "" {
			t.Errorf("section %s has no link or no title", id)
		}
	}
	if n := eval[int](p, "document.querySelectorAll('main, header, nav').length"); n != 3 {
		t.Errorf("%d landmarks, not 3", n)
	}
	unnamed := eval[[]string](p, `[...document.querySelectorAll("button, input, select, [role], [tabindex='0']")]
		.filter((e) => !(e.innerText || e.getAttribute("aria-label") || e.labels?.length || e.role === "status")).map((e) => e.outerHTML.slice(0, 100))`)
	for _, element := range unnamed {
		t.Errorf("a screen reader has no name for %s", element)
	}
	dark, light := looks["dark"], looks["light"]
	canvas := "document.querySelector('#spacetime canvas').toDataURL()"
	before := eval[string](p, canvas)
	p.emulate(dark)
	p.waitFor(fmt.Sprintf("(%s) !== %q", canvas, before))
	narrow := look{width: 500, height: 800}
	p.emulate(narrow)
	p.waitFor("document.querySelector('#spacetime svg').clientWidth < 500")
	p.emulate(light)
	p.checkQuiet()
}

// pair is a run of few messages, so that a test knows where each of them is.
func pair() *html.Run {
	c := html.NewCollector([]string{"n1", "n2"}, true)
	add := func(id int64, src, dest, typ, body string, sent, settled time.Duration, fate messages.Fate, why string) {
		c.Add(&messages.Message{ID: id, Src: src, Dest: dest, Type: typ, Body: []byte(body), Size: len(body), Sent: sent, Settled: settled, Fate: fate, Why: why})
	}
	add(0, "c1", "n1", "broadcast", `{"type":"broadcast","message":7}`, time.Second, time.Second, messages.Delivered, "")
	add(1, "n1", "n2", "gossip", `{"type":"gossip","values":[7]}`, 2*time.Second, 4*time.Second, messages.Delivered, "")
	add(2, "n2", "n1", "ack", `{"type":"ack","note":"</script><b>bold</b>"}`, 5*time.Second, 7*time.Second, messages.Cut, "n1 did not hear n2")
	return &html.Run{Workload: "broadcast", Nodes: []string{"n1", "n2"}, Length: 10 * time.Second, Traffic: c, Verdict: html.Valid,
		Faults:   []html.Fault{{Kind: "partition", Words: "n1 cut off", Nodes: []string{"n1"}, From: 6 * time.Second, To: 9 * time.Second}},
		Elements: []html.Element{{Value: 7, Known: time.Second, Latency: 3 * time.Second}}}
}

// pointAt moves the mouse to the middle of the line of the message sent then, which
// takes two seconds from lane to lane.
func (p *page) pointAt(sent float64) {
	p.Helper()
	at := eval[[]float64](p, fmt.Sprintf(`(() => {
		const plot = document.getElementById("spacetime");
		plot.scrollIntoView({block: "center"});
		const box = plot.getBoundingClientRect(), ticks = [...plot.querySelectorAll(".timeaxis .tick")];
		const x = (s) => { // of a second, from two ticks of the axis
			const [a, b] = [ticks[0], ticks.at(-1)].map((t) => [Number(t.textContent), Number(t.getAttribute("transform").match(/\(([\d.]+)/)[1])]);
			return a[1] + (s - a[0]) * (b[1] - a[1]) / (b[0] - a[0]);
		};
		const lanes = [...plot.querySelectorAll(".lanes text")].map((l) => Number(l.getAttribute("y")));
		return [box.left + x(%v + 1), box.top + (lanes[0] + lanes[1]) / 2];
	})()`, sent))
	p.must(chromedp.Do(p.ctx, chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1])))
}

func TestHoverShowsTheBodyAndWhyAMessageWasDropped(t *testing.T) {
	p := open(t, pair(), looks["light"])
	p.pointAt(2)
	p.waitFor("!document.querySelector('#spacetime .tip').hidden")
	p.has(p.text("#spacetime .tip"), `{"type":"gossip","values":[7]}`)
	p.has(p.text("#message"), "n1 → n2")
	p.pointAt(5)
	p.waitFor("document.getElementById('message').innerText.includes('n2 → n1')")
	p.has(p.text("#message"), "cut by a partition: n1 did not hear n2")
	p.has(p.text("#message"), "</script><b>bold</b>")
	if n := eval[int](p, "document.querySelectorAll('#message b').length"); n != 1 {
		t.Errorf("a body was read as HTML: %d elements are bold", n)
	}
	p.checkQuiet()
}

func TestKeysGoFromMessageToMessage(t *testing.T) {
	p := open(t, pair(), looks["light"])
	for _, step := range []struct{ keys, shows string }{
		{kb.ArrowRight, "message 0"}, {kb.ArrowRight, "message 1"}, {"d", "message 2"}, {kb.ArrowLeft, "message 1"},
		{kb.ArrowDown, "message 2"}, {kb.Escape, "Point at a message"},
	} {
		p.keys("#spacetime", step.keys)
		p.waitFor(fmt.Sprintf("document.getElementById('message').innerText.includes(%q)", step.shows))
	}
	p.keys("#spacetime", "+")
	p.waitFor("!document.getElementById('inview').innerText.includes('from 0.000 s to 10.000 s')")
	p.keys("#spacetime", kb.Home)
	p.waitFor("document.getElementById('inview').innerText.includes('from 0.000 s to 10.000 s')")
	p.checkQuiet()
}

// inView is how many messages the diagram says are in view.
func (p *page) inView(n int) {
	p.Helper()
	p.waitFor(fmt.Sprintf("/^In view: %d message/.test(document.getElementById('inview').innerText)", n))
}

// ticks are the texts of an axis's ticks.
func (p *page) ticks(selector string) []string {
	p.Helper()
	return eval[[]string](p, fmt.Sprintf("[...document.querySelectorAll(%q)].map((t) => t.textContent)", selector+" .tick text"))
}

// quick is a run in which everything takes less than a millisecond, and little happens in a second.
func quick() *html.Run {
	c := html.NewCollector([]string{"n1", "n2"}, true)
	add := func(id int64, src, dest, body string, sent, settled time.Duration) {
		c.Add(&messages.Message{ID: id, Src: src, Dest: dest, Type: "gossip", Body: []byte(body), Size: len(body), Sent: sent, Settled: settled})
	}
	const at = 2 * time.Second
	add(0, "c1", "n1", `{"type":"broadcast","message":7}`, at, at)
	add(1, "n1", "n2", `{"type":"gossip","message":7}`, at+100*time.Microsecond, at+400*time.Microsecond)
	op := html.Operation{Node: "n1", F: "broadcast", Value: "7", Invoked: at, Completed: at + time.Millisecond}
	return &html.Run{Workload: "broadcast", Nodes: []string{"n1", "n2"}, Length: 100 * time.Second, Zero: time.Second, Load: 90 * time.Second, Traffic: c,
		Verdict: html.Valid, Operations: slices.Values([]html.Operation{op}), Elements: []html.Element{{Value: 7, Known: at + time.Millisecond}}}
}

func TestNoTwoTicksOfAnAxisReadAlike(t *testing.T) {
	for name, r := range map[string]*html.Run{"quick": quick(), "pair": pair(), "broadcast": htmltest.Broadcast().Run()} {
		for size, l := range looks {
			p := open(t, r, l)
			axes := eval[int](p, "document.querySelectorAll('.axis').length")
			if axes < 6 {
				t.Errorf("%s, %s: %d axes", name, size, axes)
			}
			for i := range axes {
				texts := eval[[]string](p, fmt.Sprintf("[...document.querySelectorAll('.axis')[%d].querySelectorAll('.tick text')].map((t) => t.textContent)", i))
				if same := slices.Clone(texts); len(slices.Compact(same)) < len(texts) {
					t.Errorf("%s, %s: an axis reads %q", name, size, texts)
				}
			}
		}
	}
}

// The report's times are those of the verdict, of history.txt and of messages.jsonl.gz: they count from when all
// nodes were up.
func TestTimesCountFromWhenAllNodesWereUp(t *testing.T) {
	p := open(t, quick(), looks["light"])
	p.has(p.text(".facts"), "1m30s of load, 100 s in all")
	p.has(p.text("#spread-words"), "requested at 1.000 s")
	p.has(p.text("#inview"), "from -1.000 s to 99.000 s")
	r := quick()
	r.Zero = 20 * time.Second // the nodes were slow to start: the plots do not show it, but the diagram does on demand
	slow := open(t, r, looks["light"])
	slow.has(slow.text("#inview"), "from -1.600 s to 80.000 s")
	slow.click("#whole")
	slow.waitFor("document.getElementById('inview').innerText.includes('from -20.000 s to 80.000 s')")
	p.has(eval[string](p, "document.querySelector('#spacetime .timeaxis').textContent"), "seconds since all nodes were up")
	if ticks := p.ticks("#spacetime .timeaxis"); !slices.Contains(ticks, "0") {
		t.Errorf("the axis of time reads %q", ticks)
	}
	p.checkQuiet()
}

func TestFiltersLeaveWhatTheyNameAndNothingElse(t *testing.T) {
	p := open(t, pair(), looks["light"])
	p.inView(3)
	p.click("#types input[data-key='ack']")
	p.inView(2)
	p.click("#types input[data-key='+client']")
	p.inView(1)
	p.click("#types input[data-key='+client']")
	p.click("#types input[data-key='ack']")
	p.click("#undelivered")
	p.inView(1)
	p.click("#undelivered")
	eval[bool](p, `(() => { const s = document.getElementById("node"); s.value = "1"; s.dispatchEvent(new Event("change")); return true; })()`)
	p.inView(2) // the client's request went to n1
	eval[bool](p, `(() => { const s = document.getElementById("text"); s.value = "BOLD"; s.dispatchEvent(new Event("input")); return true; })()`)
	p.inView(1)
	p.click("#messages-table summary")
	p.waitFor("document.querySelectorAll('#messages-table tbody tr').length === 1")
	p.has(p.text("#messages-table tbody"), "<b>bold</b>")
	p.checkQuiet()
}

func TestAnElementIsFollowedFromItsLatencyToItsMessage(t *testing.T) {
	p := open(t, htmltest.Broadcast().Run(), looks["light"])
	p.keys("#latency-plot", kb.ArrowRight)
	p.waitFor("document.getElementById('element-detail').innerText.startsWith('Element 0:')")
	p.keys("#latency-plot", kb.Enter)
	p.waitFor("document.getElementById('element').value === '0'")
	p.has(p.text("#spread-words"), "came to 25 of 25 nodes")
	p.keys("#spread-plot", kb.ArrowDown)
	p.waitFor("document.getElementById('spread-detail').innerText.includes('A client')")
	p.click("#spread-table summary")
	p.waitFor("document.querySelectorAll('#spread-table tbody tr').length === 25")
	p.click("#spread-detail button")
	p.waitFor("document.getElementById('message').innerText.includes('broadcast')")
	p.checkQuiet()
	p.shot("followed")
}

func TestTablesTellWhatPlotsShow(t *testing.T) {
	p := open(t, htmltest.Broadcast().Run(), looks["light"])
	closed := "[...document.querySelectorAll('details:not([open]) > summary')]"
	eval[int](p, closed+".map((s) => s.click()).length")
	p.waitFor("[...document.querySelectorAll('#plots details')].every((d) => d.querySelectorAll('tbody tr').length > 0)")
	p.click("#load th:nth-of-type(2) button")
	counts := eval[[]int](p, `[...document.querySelectorAll("#load .load tbody tr")].map((r) => Number(r.cells[1].innerText.replace(/\D/g, "")))`)
	if len(counts) != 25 || !slices.IsSortedFunc(counts, func(a, b int) int { return b - a }) {
		t.Errorf("sorted by what they sent, nodes sent %v", counts)
	}
	p.checkQuiet()
}

func TestEveryKindOfRunMakesAQuietPage(t *testing.T) {
	hostile := pair()
	hostile.Workload, hostile.Words = "</title><script>alert(1)</script>", []string{strings.Repeat("<img src=x>", 50)}
	big := htmltest.Plan{Nodes: 100, Length: 5 * time.Second, Rate: 50, Latency: 20 * time.Millisecond, Seed: 2}
	for name, r := range map[string]*html.Run{
		"nothing":   {Workload: "echo", Verdict: html.Unknown},
		"hostile":   hostile,
		"no faults": htmltest.Plan{Nodes: 3, Length: 2 * time.Second, Rate: 20, Latency: time.Millisecond, Seed: 3}.Run(),
		"100 nodes": big.Run(),
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, r, looks["narrow"])
			p.checkQuiet()
			p.emulate(looks["light"])
			p.shot(strings.ReplaceAll(name, " ", "-"))
			if wide := eval[int](p, "document.documentElement.scrollWidth"); wide > 1280 {
				t.Errorf("the page is %d pixels wide", wide)
			}
			p.checkQuiet()
		})
	}
}
