package serve

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gset/internal/bench/report/html"
)

// store makes a store with runs.
func store(t *testing.T) (*Store, string) {
	t.Helper()
	dir := t.TempDir()
	put := func(name string, text []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"broadcast/20261128T093000.000+0000", "broadcast/20261128T094000.000+0000"} {
		var report, summary bytes.Buffer
		r := &html.Run{Workload: "broadcast", Title: "<script>alert(1)</script>", Verdict: []html.Verdict{html.Valid, html.Invalid}[i], Seed: int64(i + 1),
			Figures: []html.Labeled{{Name: "msgs-per-op", Text: []string{"1.88", "24.00"}[i]}}, Options: []html.Labeled{{Name: "--rate", Text: "100"}}}
		if err := html.Write(&report, r); err != nil {
			t.Fatal(err)
		}
		if err := html.Summarize(r).Write(&summary); err != nil {
			t.Fatal(err)
		}
		put(name+"/"+ReportFile, report.Bytes())
		put(name+"/"+SummaryFile, summary.Bytes())
		put(name+"/node-logs/n1.log", []byte("<script>alert(1)</script>"))
	}
	put("echo/20261128T095000.000+0000/squall.log", []byte("the test failed"))
	put("broken/20261128T091000.000+0000/summary.json", []byte("{"))
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, dir
}

func get(t *testing.T, s *Store, url string) *http.Response {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:8080"+url, nil))
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestListHasEveryRunTheNewestFirst(t *testing.T) {
	s, _ := store(t)
	page := body(t, get(t, s, "/"))
	last := -1
	for _, run := range []string{"echo/20261128T095000", "broadcast/20261128T094000", "broadcast/20261128T093000", "broken/20261128T091000"} {
		at := strings.Index(page, run)
		if at <= last {
			t.Errorf("%s is at %d, the run before it at %d", run, at, last)
		}
		last = at
	}
	if strings.Contains(page, "<script>") || !strings.Contains(page, "&lt;script&gt;") {
		t.Error("a title was not escaped")
	}
}

func TestCompareShowsBothReportsAndWhatDiffers(t *testing.T) {
	s, _ := store(t)
	page := body(t, get(t, s, "/compare?a=broadcast/20261128T093000.000%2B0000&b=broadcast/20261128T094000.000%2B0000"))
	if n := strings.Count(page, "<iframe"); n != 2 {
		t.Errorf("%d reports, not 2", n)
	}
	if n := strings.Count(page, `class="differs"`); n != 3 { // verdict, seed, msgs-per-op
		t.Errorf("%d differences, not 3", n)
	}
	for _, bad := range []string{"/compare", "/compare?a=../x&b=../y", "/compare?a=broadcast/x&b=broadcast/y", "/compare?a=/etc&b=/etc"} {
		if r := get(t, s, bad); r.StatusCode != http.StatusBadRequest && r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", bad, r.Status)
		}
	}
}

func TestOnlyReportsArePagesAndNothingOutsideIsServed(t *testing.T) {
	s, dir := store(t)
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	run := "broadcast/20261128T093000.000+0000"
	if err := os.Symlink(outside, filepath.Join(dir, run, "link")); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{ReportFile: "text/html; charset=utf-8", "node-logs/n1.log": "text/plain; charset=utf-8", SummaryFile: "text/plain; charset=utf-8"} {
		r := get(t, s, "/run/"+run+"/"+file)
		if got := r.Header.Get("Content-Type"); r.StatusCode != http.StatusOK || got != want || !strings.HasPrefix(r.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %s, %s", file, r.Status, got)
		}
	}
	for _, file := range []string{"link", "node-logs", "none", "%2e%2e/%2e%2e/secret"} {
		if r := get(t, s, "/run/"+run+"/"+file); r.StatusCode == http.StatusOK {
			t.Errorf("%s: %s", file, body(t, r))
		}
	}
}

func TestOtherNamesThanThisComputersAreRefused(t *testing.T) {
	s, _ := store(t)
	for host, want := range map[string]int{"localhost:1": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "evil.example": 403, "evil.example:80": 403} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %s: status %d, want %d", host, w.Code, want)
		}
	}
}
