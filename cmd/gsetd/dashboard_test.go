package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"gset/internal/dashboard"
)

// stateOf returns the first state of a dashboard for which holds is true.
func stateOf(t *testing.T, url string, holds func(*dashboard.State) bool) *dashboard.State {
	t.Helper()
	defer http.DefaultClient.CloseIdleConnections()
	response, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var u dashboard.Update
		if text, isData := strings.CutPrefix(lines.Text(), "data: "); isData {
			if err := json.Unmarshal([]byte(text), &u); err != nil {
				t.Fatal(err)
			}
		}
		if u.State != nil && holds(u.State) {
			return u.State
		}
	}
	t.Fatalf("the stream has ended: %v", lines.Err())
	return nil
}

// A node's dashboard is at the address that is printed, and shows what clients write.
func TestServeShowsADashboard(t *testing.T) {
	printed, stop := start(t, 2, "serve", "--listen=127.0.0.1:0", "--http=127.0.0.1:0", "--maxmemory=1GB")
	defer stop()
	url := strings.TrimPrefix(printed[1], "dashboard ")
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(text), "<title>gsetd</title>") {
		t.Errorf("%s, %v: %.200s", response.Status, err, text)
	}
	c := connect(t, servedAt(printed))
	defer func() { _ = c.Close() }()
	do(t, c, 2, "SADD", "s", "a", "b")
	s := stateOf(t, url, func(s *dashboard.State) bool { return len(s.Collections.Shown) == 1 })
	if s.Node.Serves != servedAt(printed) || s.Node.MemoryLimit != 1<<30 || s.Collections.Elements != 2 || !s.Node.Ready {
		t.Errorf("%+v", s)
	}
}

// Each node of a trial has a dashboard, which knows the others.
func TestTrialShowsDashboards(t *testing.T) {
	printed, stop := start(t, 7, "trial", "--dir="+t.TempDir())
	defer stop()
	for _, line := range printed[3:6] {
		_, url, found := strings.Cut(line, "dashboard: ")
		if !found {
			t.Fatal(printed)
		}
		stateOf(t, url, func(s *dashboard.State) bool { return len(s.Members) == 2 })
	}
}

// An address for the dashboard that makes no sense is refused before anything is served.
func TestTheDashboardsAddressIsChecked(t *testing.T) {
	for address, says := range map[string]string{":0": "other machines reach", "nonsense": "missing port", "127.0.0.1:99999": "--http: address 99999: invalid port"} {
		if status, _, problems := once("serve", "--listen=127.0.0.1:0", "--http="+address); status != exitUsage || !strings.Contains(problems, says) {
			t.Errorf("%s: status %d, %q", address, status, problems)
		}
	}
	if status, _, problems := once("serve", "--listen=127.0.0.1:0", "--http=192.0.2.1:0", "--insecure"); status != exitFailed || !strings.Contains(problems, "--http: listen tcp") {
		t.Errorf("status %d, %q", status, problems)
	}
}
