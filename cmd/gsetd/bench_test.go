package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"gset/internal/loadgen"
)

func TestBenchMeasuresANodeAndItsMembers(t *testing.T) {
	printed, stop := start(t, 3, "trial", "--nodes=3", "--dir="+t.TempDir())
	defer stop()
	var addresses []string
	for _, line := range printed {
		address, _, _ := strings.Cut(line, " ")
		addresses = append(addresses, address)
	}
	status, text, problems := once(append([]string{"bench", "--rate=500", "--clients=3", "--pipeline=2", "--for=1500ms"}, addresses...)...)
	if status != 0 {
		t.Fatal(problems)
	}
	for _, form := range []string{
		`(?m)^SADD: [1-9]\d* in .*; 0 errors$`, `(?m)^reply: p50 .*, of [1-9]`,
		`(?m)^readable at ` + addresses[1] + `: p50 .* of [1-9]`, `(?m)^readable at ` + addresses[2] + `: p50 .* of [1-9]`,
	} {
		if !regexp.MustCompile(form).MatchString(text) {
			t.Errorf("%s lacks %s", text, form)
		}
	}
	c := connect(t, addresses[0])
	defer c.Close()
	if n, err := c.Do("SCARD", "gsetd-bench"); err != nil || n.(int64) == 0 {
		t.Error(n, err)
	}
}

func TestBenchRefusesNonsense(t *testing.T) {
	for _, args := range [][]string{{"--clients=0"}, {"--for=0s"}, {"--rate=-1"}, {"--command=flushall"}} {
		if status, _, _ := once(append(append([]string{"bench"}, args...), "127.0.0.1:1")...); status != exitUsage {
			t.Errorf("%v: status %d", args, status)
		}
	}
	if status, _, problems := once("bench", "127.0.0.1:1"); status != exitFailed || !strings.Contains(problems, "127.0.0.1:1") {
		t.Errorf("status %d, %q", status, problems)
	}
}

// A load that the node denies ends at once with what the node says, however long it was to be.
func TestBenchEndsAtTheFirstDenial(t *testing.T) {
	password, wrong := file(t, "secret\n"), file(t, "guess\n")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--password-file="+password)
	defer stop()
	reading, end := start(t, 1, "serve", "--listen=127.0.0.1:0", "--users="+file(t, "default nopass read:*\n"))
	defer end()
	for says, args := range map[string][]string{
		"NOAUTH": {servedAt(printed)}, "WRONGPASS": {servedAt(printed), "--password-file=" + wrong}, "NOPERM": {servedAt(reading)},
	} {
		status, text, problems := once(append([]string{"bench", "--for=1h"}, args...)...)
		if status != exitFailed || !strings.Contains(problems, says) || strings.Contains(problems, "--ca") || text != "" {
			t.Errorf("status %d, %q, %q", status, text, problems)
		}
	}
}

func TestNoQuantileIsPrintedAboveTheMaximum(t *testing.T) {
	var q loadgen.Quantiles
	q.Add(242920129 * time.Nanosecond)
	var out strings.Builder
	printQuantiles(&out, "reply", &q)
	if want := "reply: p50 242.92ms, p99 242.92ms, max 242.92ms, of 1\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// Whoever asks a node that serves TLS without --ca is told what is missing.
func TestBenchNamesTheFlagThatTLSNeeds(t *testing.T) {
	ca := newCA(t)
	files := filesOf(t, ca, "localhost")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--tls-cert="+files.Certificate, "--tls-key="+files.Key)
	defer stop()
	status, _, problems := once("bench", "--for=1s", "--clients=1", servedAt(printed))
	if status != exitFailed || !strings.Contains(problems, "--ca must name") {
		t.Errorf("status %d, %q", status, problems)
	}
}
