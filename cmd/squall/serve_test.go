package main

import (
	"context"
	"html"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"gset/internal/command"
)

func TestServeListsWhatTestHasWritten(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv(roleVar, "node")
	if got := run(strings.Fields("serve")); got != command.ExitUsage {
		t.Errorf("without a store, squall serve has exit status %d, want %d", got, command.ExitUsage)
	}
	if got := run(strings.Fields("test -w echo --time-limit 0.1 --rate 100 --seed 42 --node-count 1 --bin " + os.Args[0] + patient)); got != 0 {
		t.Fatalf("squall test: exit status %d", got)
	}
	t.Setenv(roleVar, "squall")
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, os.Args[0], "serve", "--addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stop(); _ = cmd.Wait() }()
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	url := regexp.MustCompile(`http://\S+`).Find(line[:n])
	page := fetch(t, string(url))
	path := html.UnescapeString(regexp.MustCompile(`/run/echo/[^"]+/report\.html`).FindString(page))
	if path == "" || !strings.Contains(page, "seed 42") {
		t.Fatalf("%s does not list the run: %s", url, page)
	}
	if report := fetch(t, strings.TrimSuffix(string(url), "/")+path); !strings.Contains(report, "<h1") || !strings.Contains(report, "--seed 42") {
		t.Errorf("%s is no report: %.300s", path, report)
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
