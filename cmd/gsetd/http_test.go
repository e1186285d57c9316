package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestTheOperatorIsServedBesideTheDashboard(t *testing.T) {
	printed, stop := start(t, 2, "serve", "--listen=127.0.0.1:0", "--http=127.0.0.1:0")
	defer stop()
	url := strings.TrimPrefix(printed[1], "dashboard ")
	defer http.DefaultClient.CloseIdleConnections()
	for path, says := range map[string]string{"healthz": "serving", "readyz": "ready", "metrics": "gset_ready 1"} {
		r, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK || !strings.Contains(string(text), says) {
			t.Errorf("/%s: %s, %v, %.300s", path, r.Status, err, text)
		}
	}
}
