package logging_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gset/internal/logging"
)

func TestARecordThatComesOftenIsLeftOutAndCounted(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1, 0)
	log, err := logging.New(&out, logging.Config{Format: "json", Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		log.With("peer", "x").Warn("refused", "reason", "a\nb")
	}
	log.Info("another")
	now = now.Add(time.Second)
	log.Warn("refused")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != logging.Burst+2 {
		t.Fatalf("%d lines", len(lines))
	}
	var last map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last["unlogged"] != float64(1000-logging.Burst) {
		t.Errorf("%v: %v", err, last)
	}
}

func TestMessagesThatNeverEndTakeBoundedMemory(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(1, 0)
	log, err := logging.New(&out, logging.Config{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10_000 {
		log.Info(fmt.Sprint("message ", i))
	}
	if n := strings.Count(out.String(), "\n"); n > 300 {
		t.Errorf("%d lines", n)
	}
}

func TestALevelAndAFormat(t *testing.T) {
	var out bytes.Buffer
	log, err := logging.New(&out, logging.Config{Level: slog.LevelWarn})
	if err != nil {
		t.Fatal(err)
	}
	log.Info("no")
	log.Error("yes", "text", "two\nlines")
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=ERROR msg=yes") {
		t.Errorf("%q", got)
	}
	if _, err := logging.New(&out, logging.Config{Format: "xml"}); err == nil {
		t.Error("no error")
	}
}
