package main

import (
	"path/filepath"
	"strings"
	"testing"

	"gset/replica/cluster/trial"

	"github.com/gomodule/redigo/redis"
)

// memberArgs returns the command line of a member of a cluster.
func memberArgs(t *testing.T, ca *trial.CA, name, dir string) []string {
	t.Helper()
	files, err := ca.Write(t.TempDir(), name)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"serve", "--listen=127.0.0.1:0", "--dir=" + dir,
		"--peer-cert=" + files.Certificate, "--peer-key=" + files.Key, "--peer-ca=" + files.Authority}
}

// serveMember starts a member of a cluster, and returns the first lines that it prints.
func serveMember(t *testing.T, ca *trial.CA, lines int, name, dir string, args ...string) (printed []string, stop func()) {
	t.Helper()
	return start(t, lines, append(memberArgs(t, ca, name, dir), args...)...)
}

// member starts a member of a cluster, and returns its two addresses.
func member(t *testing.T, ca *trial.CA, name, dir string, args ...string) (clients, peers string, stop func()) {
	t.Helper()
	printed, stop := serveMember(t, ca, 2, name, dir, args...)
	return servedAt(printed), strings.TrimPrefix(printed[1], "other members join by "), stop
}

// others waits until a server has so many other members on its list.
func others(t *testing.T, c redis.Conn, want int) {
	t.Helper()
	for {
		info, err := redis.String(c.Do("INFO", "replication"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Count(info, "\nslave") == want {
			return
		}
	}
}

// A member that is interrupted leaves its cluster: the others take it off their lists, and do not wait for one that
// is down.
func TestAMemberThatIsInterruptedLeaves(t *testing.T) {
	ca := newCA(t)
	clients, peers, stopA := member(t, ca, "a", t.TempDir())
	defer stopA()
	a := connect(t, clients)
	defer func() { _ = a.Close() }()
	clients, _, stopB := member(t, ca, "b", t.TempDir(), "--peer-join="+peers)
	others(t, a, 1)
	b := connect(t, clients)
	do(t, b, 1, "SADD", "s", "from b")
	_ = b.Close()
	stopB()
	others(t, a, 0)
	do(t, a, 1, "SISMEMBER", "s", "from b")
}

// A backup of a node that was alone is joined into a member's folder on demand, and the whole cluster has it. A
// folder that is being served is refused.
func TestABackupIsRestoredIntoAMembersFolder(t *testing.T) {
	ca := newCA(t)
	alone, dir, backup := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "backup")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--dir="+alone)
	c := connect(t, servedAt(printed))
	do(t, c, 2, "SADD", "s", "x", "y")
	_ = c.Close()
	stop()
	if status, _, problems := once("backup", "--dir="+alone, backup); status != 0 {
		t.Fatal(problems)
	}
	clients, peers, stopA := member(t, ca, "a", t.TempDir())
	defer stopA()
	a := connect(t, clients)
	defer func() { _ = a.Close() }()
	_, _, stopB := member(t, ca, "b", dir, "--peer-join="+peers)
	if status, _, problems := once("restore", "--dir="+dir, "--foreign", backup); status != exitFailed || !strings.Contains(problems, "stop the gsetd") {
		t.Errorf("a store that is served: %d, %s", status, problems)
	}
	stopB()
	if status, _, problems := once("restore", "--dir="+dir, backup); status != exitFailed || !strings.Contains(problems, "--foreign") {
		t.Errorf("a backup of another cluster: %d, %s", status, problems)
	}
	if status, out, problems := once("restore", "--dir="+dir, "--foreign", backup); status != 0 || !strings.Contains(out, "2 new elements") {
		t.Errorf("%s %s", out, problems)
	}
	_, _, stopB = member(t, ca, "b", dir, "--peer-join="+peers)
	defer stopB()
	for {
		if n, err := redis.Int(a.Do("SCARD", "s")); err != nil {
			t.Fatal(err)
		} else if n == 2 {
			break
		}
	}
}

// A member's backup is restored into an empty folder by the very file of settings that serve has: the folder is then
// that member's.
func TestRestoreMakesTheFolderOfTheMemberThatServeServes(t *testing.T) {
	ca := newCA(t)
	lost, dir, backup := t.TempDir(), filepath.Join(t.TempDir(), "new"), filepath.Join(t.TempDir(), "backup")
	clients, _, stop := member(t, ca, "n1", lost, "--cluster=prod")
	c := connect(t, clients)
	do(t, c, 2, "SADD", "s", "x", "y")
	_ = c.Close()
	stop()
	if status, _, problems := once("backup", "--dir="+lost, backup); status != 0 {
		t.Fatal(problems)
	}
	files, err := ca.Write(t.TempDir(), "n1")
	if err != nil {
		t.Fatal(err)
	}
	settings := file(t, strings.Join([]string{"listen: 127.0.0.1:0", "dir: " + dir, "cluster: prod",
		"peer-cert: " + files.Certificate, "peer-key: " + files.Key, "peer-ca: " + files.Authority}, "\n"))
	if status, out, problems := once("restore", "--config="+settings, backup); status != 0 || !strings.Contains(out, "2 new elements") {
		t.Fatal(out, problems)
	}
	printed, stop := start(t, 1, "serve", "--config="+settings)
	defer stop()
	c = connect(t, servedAt(printed))
	defer func() { _ = c.Close() }()
	do(t, c, 2, "SCARD", "s")
	if status, _, problems := once("restore", "--dir="+dir, "--peer-cert="+files.Certificate, backup); status != exitUsage || !strings.Contains(problems, "--peer-key") {
		t.Errorf("status %d, %q", status, problems)
	}
}
