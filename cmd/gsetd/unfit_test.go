package main

import (
	"os"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// A member whose certificate is not of the authorities that it reads, as when the steps of an exchange are done in the wrong
// order, tells so in its metrics and in INFO alike.
func TestACertificateThatDoesNotFitShowsInMetricsAndINFO(t *testing.T) {
	args := append(memberArgs(t, newCA(t), "a", t.TempDir()), "--http=127.0.0.1:0")
	printed, stop := start(t, 3, args...)
	defer stop()
	c := connect(t, servedAt(printed))
	defer func() { _ = c.Close() }()
	tell := func() (metric, info string) {
		text, err := redis.String(c.Do("INFO", "replication"))
		if err != nil {
			t.Fatal(err)
		}
		_, info, _ = strings.Cut(text, "gset_member_certificate_expires:")
		_, metric, _ = strings.Cut(metrics(t, strings.TrimPrefix(printed[2], "dashboard ")), `gset_certificate_expires_seconds{use="peer"} `)
		metric, _, _ = strings.Cut(metric, "\n")
		return metric, strings.TrimSpace(info)
	}
	if metric, info := tell(); metric == "" || info == "" || strings.HasPrefix(metric, "0") || info == "0" {
		t.Errorf("of a good certificate: %q, %q", metric, info)
	}
	other, err := newCA(t).Write(t.TempDir(), "a")
	if err == nil {
		err = os.Rename(other.Authority, strings.TrimPrefix(args[len(args)-2], "--peer-ca="))
	}
	if err != nil {
		t.Fatal(err)
	}
	if metric, info := tell(); metric != "0" || info != "0" {
		t.Errorf("of one that does not fit: %q, %q", metric, info)
	}
}
