package dashboard_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"gset/internal/dashboard"
	"gset/internal/dashboard/dashboardtest"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The page, its script and its style come from the handler, and may ask for nothing else.
func TestThePageIsWholeAndMayAskForNothingElse(t *testing.T) {
	address := serve(t, dashboard.Config{Source: new(source)})
	size := 0
	for path, kind := range map[string]string{"/": "text/html", "/assets/dashboard.js": "text/javascript", "/assets/picture.js": "text/javascript", "/assets/icon.svg": "image/svg+xml", "/assets/dashboard.css": "text/css"} {
		response := get(t, address+path)
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: %s %v, %v", path, response.Status, response.Header, err)
		}
		size += len(text)
		if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
		for _, elsewhere := range []string{"https://", "http://", "//cdn", "@import", "innerHTML", "eval("} {
			if rest := strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", ""); strings.Contains(rest, elsewhere) {
				t.Errorf("%s has %q", path, elsewhere)
			}
		}
		if again := get(t, address+path, "If-None-Match", response.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s again: %s", path, again.Status)
		}
	}
	if t.Logf("the page takes %d bytes", size); size > 60_000 {
		t.Errorf("the page takes %d bytes", size)
	}
}

func TestRefusals(t *testing.T) {
	address := serve(t, dashboard.Config{Source: new(source), Hosts: []string{"dash.example"}})
	for _, c := range []struct {
		path   string
		header []string
		status int
	}{
		{"/nothing", nil, http.StatusNotFound},
		{"/assets/", nil, http.StatusNotFound},
		{"/assets/../state.go", nil, http.StatusNotFound},
		{"/", []string{"Host", "evil.example"}, http.StatusMisdirectedRequest},
		{"/", []string{"Host", "dash.example"}, http.StatusOK},
		{"/", []string{"Host", "localhost:1"}, http.StatusOK},
		{"/", []string{"Host", "[::1]:1"}, http.StatusOK},
		{"/", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusOK}, // a link to it
		{"/events", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		{"/collections", []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		{"/collections?name=" + strings.Repeat("x", 2000), nil, http.StatusBadRequest},
		{"/collections?name=x", nil, http.StatusServiceUnavailable},
	} {
		if response := get(t, address+c.path, c.header...); response.StatusCode != c.status {
			t.Errorf("%s %q: %s, want %d", c.path, c.header, response.Status, c.status)
		}
	}
	response, err := http.Post(address+"/", "text/plain", strings.NewReader("x"))
	if err != nil || response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v, %v", response, err)
	}
	_ = response.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}

// Two may search at a time, and a third is told to come back.
func TestSearchesAreFew(t *testing.T) {
	begun, end := make(chan struct{}), make(chan struct{})
	s := &source{find: func(_ context.Context, q dashboard.Query) (dashboard.Found, error) {
		begun <- struct{}{}
		<-end
		return dashboard.Found{Looked: 3, Cursor: q.Name + q.Cursor, Collections: []dashboard.Collection{{Name: "a\xff"}}}, nil
	}}
	address := serve(t, dashboard.Config{Source: s})
	results := make(chan dashboard.Found)
	for range 2 {
		go func() {
			var f dashboard.Found
			response, err := http.Get(address + "/collections?name=%ff&cursor=7")
			if err == nil {
				err = json.NewDecoder(response.Body).Decode(&f)
				_ = response.Body.Close()
			}
			if err != nil {
				t.Error(err)
			}
			results <- f
		}()
		<-begun
	}
	if third := get(t, address+"/collections"); third.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a third search: %s", third.Status)
	}
	close(end)
	for range 2 {
		if f := <-results; f.Cursor != "\xff7" && f.Cursor != "\ufffd7" || f.Collections[0].Name != `"a\xff"` {
			t.Errorf("found %+v", f)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// A name is shown so that it can be told from every other, and hides nothing.
func TestNamesAreShown(t *testing.T) {
	for name, want := range map[string]string{
		"revoked":                       "revoked",
		"größe 日本":                      "größe 日本",
		"":                              `""`,
		`"`:                             `"\""`,
		" x":                            `" x"`,
		"a\xff\x00":                     `"a\xff\x00"`,
		"a\nb":                          `"a\nb"`,
		"\u202eabc":                     `"\u202eabc"`,
		"zero\u200bwidth":               `"zero\u200bwidth"`,
		"<script>":                      "<script>",
		strings.Repeat("x", 1024):       strings.Repeat("x", 120) + "… (1024 bytes)",
		strings.Repeat("x", 119) + "日本": strings.Repeat("x", 119) + "… (125 bytes)",
	} {
		if got := dashboard.Show(name); got != want {
			t.Errorf("Show(%q) is %q, want %q", name, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := string(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "a"))
		b := string(rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(t, "b"))
		if shown := dashboard.Show(a); !utf8.ValidString(shown) || a != b && shown == dashboard.Show(b) {
			t.Errorf("%q is shown as %q, %q as %q", a, shown, b, dashboard.Show(b))
		}
	})
}

// The form of a State is what the script reads.
func TestStateGolden(t *testing.T) {
	text, err := json.MarshalIndent(dashboardtest.State(4), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "state.json")
	if *update {
		if err := os.WriteFile(file, append(text, '\n'), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text)+"\n" {
		t.Errorf("a state's form has changed; go test -update writes it anew:\n%s", text)
	}
}

// JSON in the stream has no line break and cannot end its event, whatever names there are.
func TestNamesCannotEndAnEvent(t *testing.T) {
	s := &source{}
	s.state.Node.Name = "a\n\ndata: {}\n\n"
	s.state.Collections.Shown = []dashboard.Collection{{Name: "</script><script>alert(1)</script>\u2028"}}
	response := get(t, serve(t, dashboard.Config{Source: s})+"/events")
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "data:") {
		continue
	}
	if strings.Contains(lines.Text(), "null") {
		t.Errorf("a list is null: %s", lines.Text())
	}
	u := watch(t, serve(t, dashboard.Config{Source: s})).next()
	if u.State == nil || u.State.Node.Name != `"a\n\ndata: {}\n\n"` || fmt.Sprint(u.State.Collections.Shown[0].Name) != `"</script><script>alert(1)</script>\u2028"` {
		t.Errorf("%+v", u)
	}
}
