package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gset/replica/cluster/trial"

	"github.com/gomodule/redigo/redis"
)

// metrics returns what a node's operator is told, at the address of its dashboard.
func metrics(t *testing.T, url string) string {
	t.Helper()
	defer http.DefaultClient.CloseIdleConnections()
	r, err := http.Get(url + "metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Of two processes with one member's folder, or copies of it, one is a member: the other is refused for a reason, which
// is counted at both ends. What it counts meanwhile is its own, so that nothing is lost when it is a member later.
func TestACopiedFolderIsRefused(t *testing.T) {
	ca := newCA(t)
	printed, stopA := serveMember(t, ca, 3, "a", t.TempDir(), "--http=127.0.0.1:0")
	defer stopA()
	peers, dashboard := strings.TrimPrefix(printed[1], "other members join by "), strings.TrimPrefix(printed[2], "dashboard ")
	a := connect(t, servedAt(printed))
	defer func() { _ = a.Close() }()
	original := filepath.Join(t.TempDir(), "original")
	printed, stopB := serveMember(t, ca, 2, "b", original, "--peer-join="+peers)
	b := connect(t, servedAt(printed))
	do(t, b, 1, "INCR", "n")
	do(t, b, 1, "WAIT", 1, 0)
	eventually(t, "that the folder has where the members are", func() bool {
		known, err := os.ReadFile(filepath.Join(original, "cluster.json"))
		return err == nil && strings.Contains(string(known), peers)
	})
	copied := filepath.Join(t.TempDir(), "copied")
	if err := os.CopyFS(copied, os.DirFS(original)); err != nil {
		t.Fatal(err)
	}

	if status, problems := refusedMember(t, ca, "b", original); status != exitFailed || !strings.Contains(problems, "another process has it open") {
		t.Errorf("the same folder: %d, %s", status, problems)
	}
	if status, problems := refusedMember(t, ca, "b", copied, "--peer-join="+peers); status != exitFailed || !strings.Contains(problems, `the name "b" is taken by the member at`) {
		t.Errorf("a copy that is to join: %d, %s", status, problems)
	}
	const refusal = `gset_member_connections_refused_total{by="this node",reason="name taken"}`
	eventually(t, "that the refusal is counted", func() bool { return strings.Contains(metrics(t, dashboard), refusal+" ") })

	// It knows the members from its folder, and calls them.
	printed, stopCopy := serveMember(t, ca, 3, "b", copied, "--http=127.0.0.1:0")
	eventually(t, "the refusal of a copy", func() bool {
		return strings.Contains(metrics(t, strings.TrimPrefix(printed[2], "dashboard ")), `gset_member_connections_refused_total{by="peer",reason="name taken"}`)
	})
	c := connect(t, servedAt(printed))
	defer func() { _ = c.Close() }()
	do(t, c, 11, "INCRBY", "n", 10)
	do(t, b, 1, "GET", "n")
	do(t, a, 1, "GET", "n")
	_ = b.Close()
	stopB() // and the copy is the member
	eventually(t, "what the copy has counted", func() bool {
		n, err := redis.Int(a.Do("GET", "n"))
		return err == nil && n == 11
	})
	stopCopy()
}

// refusedMember runs a member that is to end by itself.
func refusedMember(t *testing.T, ca *trial.CA, name, dir string, args ...string) (status int, problems string) {
	t.Helper()
	status, _, problems = once(append(memberArgs(t, ca, name, dir), args...)...)
	return status, problems
}
