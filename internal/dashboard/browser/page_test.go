// Package browser looks at the dashboard in a headless Chromium. Run it with make test-report.
package browser

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"gset/internal/dashboard"
)

var shots = flag.String("shots", "", "the folder to write screenshots to; none by default")

// patience is how long a test waits for an event before it fails: no test that passes
// ever waits so long.
const patience = 2 * time.Minute

// chromium is the browser, for all tests.
var chromium context.Context

func TestMain(m *testing.M) {
	flag.Parse()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		fmt.Fprintln(os.Stderr, "these tests need Chromium, which is not in PATH: apt-get install chromium")
		os.Exit(1)
	}
	// Inside a container, as root, Chromium has no sandbox. It opens nothing but dashboards.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	chromium = ctx
	status := 1
	if err := chromedp.Do(ctx); err != nil { // starts it
		fmt.Fprintln(os.Stderr, "cannot start Chromium:", err)
	} else {
		status = m.Run()
	}
	cancel()
	stop()
	os.Exit(status)
}

// page is a tab that shows a dashboard.
type page struct {
	*testing.T
	ctx     context.Context
	address string
	stop    func() // ends the server

	mu       sync.Mutex
	problems []string // errors and warnings in the console
	requests []string
	received float64 // bytes of the page and its files
}

// look is how a dashboard is looked at.
type look struct {
	width, height int64
	dark          bool
	moving        bool
}

// open serves a dashboard of a source and opens it.
func open(t *testing.T, s dashboard.Source, l look) *page {
	t.Helper()
	return openBehind(t, s, l, func(h http.Handler) http.Handler { return h }, "")
}

// openBehind serves a dashboard behind another handler, and opens it as a user: "NAME:PASSWORD@", or "".
func openBehind(t *testing.T, s dashboard.Source, l look, behind func(http.Handler) http.Handler, user string) *page {
	t.Helper()
	h := dashboard.New(dashboard.Config{Source: s})
	server := httptest.NewServer(behind(h))
	p := &page{T: t, address: server.URL + "/"}
	p.stop = sync.OnceFunc(func() {
		h.Close()
		server.Close()
	})
	t.Cleanup(p.stop)
	tab, closeTab := chromedp.NewContext(chromium)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(tab, patience)
	t.Cleanup(cancel)
	p.ctx = ctx
	p.must(chromedp.Listen(ctx, p.event))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	p.must(err)
	_, err = chromedp.Call(ctx, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	p.must(err)
	p.emulate(l)
	p.must(chromedp.Do(ctx, chromedp.Navigate(strings.Replace(p.address, "://", "://"+user, 1)), chromedp.WaitReady(chromedp.CSS("html[data-first]"))))
	return p
}

// emulate gives the page a size, a color scheme and a wish for motion.
func (p *page) emulate(l look) {
	p.Helper()
	scheme, motion := "light", "reduce"
	if l.dark {
		scheme = "dark"
	}
	if l.moving {
		motion = "no-preference"
	}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion}}})
	p.must(err)
	p.must(chromedp.Do(p.ctx, chromedp.EmulateViewport(l.width, l.height)))
}

// event notes what the page complains of and asks for.
func (p *page) event(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, fmt.Sprint(e.ExceptionDetails.Text, " ", e.ExceptionDetails.Exception))
	case *runtime.EventConsoleAPICalled:
		p.problems = append(p.problems, fmt.Sprint("console: ", e.Type))
	case *log.EventEntryAdded:
		p.problems = append(p.problems, e.Entry.Text+" "+e.Entry.URL)
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *network.EventLoadingFinished:
		p.received += e.EncodedDataLength
	}
}

// checkQuiet fails if the page has complained of anything, or asked anything of anybody else.
func (p *page) checkQuiet() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.problems {
		p.Errorf("the console says: %s", text)
	}
	for _, url := range p.requests {
		if !strings.HasPrefix(url, p.address) && url != "data:," && url != "about:blank" {
			p.Errorf("the page asked for %s", url)
		}
	}
}

func (p *page) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// eval evaluates an expression in the page.
func eval[T any](p *page, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// waitFor waits until an expression is true.
func (p *page) waitFor(expression string) {
	p.Helper()
	if _, err := chromedp.Run(p.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience))); err != nil {
		p.Fatalf("%s never became true: %v", expression, err)
	}
}

// text is the text of an element.
func (p *page) text(selector string) string {
	p.Helper()
	quoted, _ := json.Marshal(selector)
	return eval[string](p, fmt.Sprintf("document.querySelector(%s)?.innerText ?? '(no such element)'", quoted))
}

// waitText waits until an element's text has a part.
func (p *page) waitText(selector, part string) {
	p.Helper()
	s, _ := json.Marshal(selector)
	t, _ := json.Marshal(part)
	p.waitFor(fmt.Sprintf("(document.querySelector(%s)?.innerText ?? '').includes(%s)", s, t))
}

// work tells for how long the page's thread has worked, however busy the machine is.
func (p *page) work() string {
	p.Helper()
	all, err := chromedp.Call(p.ctx, performance.GetMetrics, cdp.Empty{})
	p.must(err)
	text := ""
	for _, m := range all.Metrics {
		switch m.Name {
		case "TaskDuration", "ScriptDuration", "LayoutDuration", "ProcessTime", "ThreadTime":
			text += fmt.Sprintf(" %s %.0f ms", m.Name, m.Value*1000)
		}
	}
	return text
}

// press presses keys wherever the focus is.
func (p *page) press(keys string) {
	p.Helper()
	p.must(chromedp.Do(p.ctx, chromedp.KeyEvent(keys)))
}

// shot writes a screenshot of the whole page, if screenshots are asked for.
func (p *page) shot(name string) {
	p.Helper()
	if *shots == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	p.must(err)
	p.must(os.WriteFile(filepath.Join(*shots, "dashboard-"+name+".png"), png, 0o666))
}

// has fails unless text holds part.
func (p *page) has(text, part string) {
	p.Helper()
	if !strings.Contains(text, part) {
		p.Errorf("%q is not in %q", part, text)
	}
}
