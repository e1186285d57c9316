package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gset/replica/cluster/trial"

	"github.com/gomodule/redigo/redis"
	"go.uber.org/goleak"
)

// No test leaves a goroutine behind but a probe of memberlist's, which its Shutdown does not wait for.
func TestMain(m *testing.M) {
	beChild()
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/hashicorp/memberlist.(*Memberlist).probe"))
}

func newCA(t testing.TB) *trial.CA {
	t.Helper()
	ca, err := trial.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// filesOf returns the files of a certificate for a name.
func filesOf(t testing.TB, ca *trial.CA, name string) trial.Files {
	t.Helper()
	files, err := ca.Write(t.TempDir(), name)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// start runs a command line until stop is called, and returns the first lines that it prints.
func start(t *testing.T, lines int, args ...string) (printed []string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	in, out := io.Pipe()
	var problems bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, args, out, &problems)
		_ = out.Close()
	}()
	reader := bufio.NewReader(in)
	for range lines {
		line, err := reader.ReadString('\n')
		if err != nil {
			cancel()
			t.Fatalf("gsetd %q ended with %d: %s", args, <-status, problems.String())
		}
		printed = append(printed, strings.TrimSuffix(line, "\n"))
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, reader)
	}()
	stop = func() {
		t.Helper()
		cancel()
		if got := <-status; got != 0 {
			t.Errorf("gsetd %q ended with %d: %s", args, got, problems.String())
		}
		<-drained
	}
	return printed, stop
}

// once runs a command line to its end.
func once(args ...string) (status int, printed, problems string) {
	var out, err bytes.Buffer
	status = run(context.Background(), args, &out, &err)
	return status, out.String(), err.String()
}

func connect(t *testing.T, addr string, options ...redis.DialOption) redis.Conn {
	t.Helper()
	c, err := redis.Dial("tcp", addr, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// servedAt returns the address in the first line that serve prints.
func servedAt(printed []string) string { return strings.TrimPrefix(printed[0], "serving ") }

// do executes a command and compares the number that it answers.
func do(t *testing.T, c redis.Conn, want int, command string, args ...any) {
	t.Helper()
	if got, err := redis.Int(c.Do(command, args...)); got != want || err != nil {
		t.Errorf("%s %v: %d, %v, want %d", command, args, got, err, want)
	}
}

// A store is backed up while it is served, and the backup joined into another one.
func TestBackupAndRestore(t *testing.T) {
	dir := t.TempDir()
	first, second, backup := filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "backup")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--dir="+first)
	c := connect(t, servedAt(printed))
	do(t, c, 2, "SADD", "s", "a", "b")
	do(t, c, 1, "INCR", "n")
	if status, _, problems := once("backup", "--dir="+first, backup); status != 0 {
		t.Fatal(problems)
	}
	_ = c.Close()
	stop()
	for range 2 {
		if status, _, problems := once("restore", "--dir="+second, backup); status != 0 {
			t.Fatal(problems)
		}
	}
	printed, stop = start(t, 1, "serve", "--listen=127.0.0.1:0", "--dir="+second, "--fsync=everysec")
	defer stop()
	c = connect(t, servedAt(printed))
	defer func() { _ = c.Close() }()
	do(t, c, 2, "SCARD", "s")
	do(t, c, 1, "GET", "n")
	do(t, c, 1, "SADD", "s", "c")
}

// BGSAVE writes the file that gsetd restore joins.
func TestBGSAVE(t *testing.T) {
	dir := t.TempDir()
	backup := filepath.Join(dir, "backup")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--backup="+backup)
	c := connect(t, servedAt(printed))
	do(t, c, 1, "SADD", "s", "a")
	if got, err := redis.String(c.Do("BGSAVE")); err != nil || got != "Background saving started" {
		t.Errorf("BGSAVE: %q, %v", got, err)
	}
	_ = c.Close()
	stop()
	if status, out, problems := once("restore", "--dir="+filepath.Join(dir, "d"), backup); status != 0 || !strings.Contains(out, "1 new element") {
		t.Error(out, problems)
	}
	printed, stop = start(t, 1, "serve", "--listen=127.0.0.1:0")
	defer stop()
	c = connect(t, servedAt(printed))
	defer func() { _ = c.Close() }()
	if _, err := c.Do("BGSAVE"); err == nil || !strings.Contains(err.Error(), "without a file") {
		t.Errorf("BGSAVE: %v", err)
	}
}

// Clients speak TLS where a certificate is given, and give the password of a file.
func TestTLSAndPassword(t *testing.T) {
	ca := newCA(t)
	files := filesOf(t, ca, "localhost")
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret\nsecond line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "s")
	printed, stop := start(t, 1, "serve", "--listen=127.0.0.1:0", "--unixsocket="+socket, "--tls-cert="+files.Certificate, "--tls-key="+files.Key, "--password-file="+password)
	defer stop()
	c := connect(t, servedAt(printed), redis.DialUseTLS(true), redis.DialPassword("secret"),
		redis.DialTLSConfig(&tls.Config{RootCAs: ca.Pool(), ServerName: "localhost"}))
	defer func() { _ = c.Close() }()
	do(t, c, 1, "SADD", "s", "a")
	u, err := redis.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = u.Close() }()
	if _, err := u.Do("SCARD", "s"); err == nil || !strings.HasPrefix(err.Error(), "NOAUTH") {
		t.Errorf("without a password: %v", err)
	}
}

// A trial's nodes are members of one cluster.
func TestTrial(t *testing.T) {
	printed, stop := start(t, 4, "trial", "--dir="+t.TempDir())
	defer stop()
	var conns []redis.Conn
	for _, line := range printed[:3] {
		addr, _, _ := strings.Cut(line, " ")
		c := connect(t, addr)
		defer func() { _ = c.Close() }()
		conns = append(conns, c)
	}
	do(t, conns[0], 1, "SADD", "revoked", "4711")
	do(t, conns[0], 2, "WAIT", 2, 0)
	for _, c := range conns {
		do(t, c, 1, "SISMEMBER", "revoked", "4711")
	}
}

// What makes no sense, or would be open to everybody, is refused before anything is begun.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	asMember := fmt.Sprintf("serve --peer-cert=%s --peer-key=%s --peer-ca=%s ", file, file, file)
	for _, c := range []struct {
		args   string
		status int
		says   string
	}{
		{"", exitUsage, "expected one of"},
		{"serve --listen=0.0.0.0:0", exitUsage, "other machines reach 0.0.0.0:0"},
		{"serve --listen=:0", exitUsage, "other machines reach :0"},
		{"serve --listen=0.0.0.0:0 --password=x", exitUsage, "--insecure"},
		{"serve --listen=nonsense", exitUsage, "missing port"},
		{"serve --listen=127.0.0.1:99999", exitUsage, "--listen: address 99999: invalid port"},
		{"serve --listen=192.0.2.1:0 --insecure", exitFailed, "--listen: listen tcp 192.0.2.1:0"},
		{"serve --http=127.0.0.1:bad", exitUsage, "--http: lookup tcp/bad"},
		{"serve --dir=", exitUsage, "--dir: is empty"},
		{"backup --dir= " + file, exitUsage, "--dir: is empty"},
		{"serve --listen=127.0.0.1:0 --unixsocket=" + file, exitFailed, "--unixsocket: " + file + " is there, and is not a socket"},
		{"serve --listen=127.0.0.1:0 --unixsocket=/" + strings.Repeat("x", 199), exitFailed, "--unixsocket: the path has 200 bytes"},
		{"serve --maxmemory=lots", exitUsage, "is not a size"},
		{"serve --maxmemory=9999999999GB", exitUsage, "is not a size"},
		{"serve --fsync=never", exitUsage, "always"},
		{"serve --tls-cert=" + file, exitUsage, "go together"},
		{"serve --password-file=" + file, exitUsage, "no password"},
		{"serve --peer-join=127.0.0.1:1", exitUsage, "--peer-cert"},
		{"serve --peer-listen=127.0.0.1:1", exitUsage, "--peer-cert"},
		{"serve --peer-advertise=127.0.0.1:1", exitUsage, "--peer-cert"},
		{"serve --peer-beacon=-1s", exitUsage, "--peer-beacon"},
		{"serve --peer-leave=-1s", exitUsage, "--peer-leave"},
		{"serve --maxclients=0", exitUsage, "--maxclients"},
		{"serve --maxclients=-5", exitUsage, "--maxclients"},
		{asMember + "--peer-join=127.0.0.1", exitUsage, "--peer-join: address 127.0.0.1: missing port"},
		{asMember + "--peer-join=nohost:port", exitUsage, "--peer-join"},
		{asMember + "--peer-join=:7381", exitUsage, "--peer-join: address :7381"},
		{asMember + "--peer-advertise=127.0.0.1:0", exitUsage, "--peer-advertise"},
		{asMember + "--peer-listen=127.0.0.1", exitUsage, "--peer-listen"},
		{"serve --listen=127.0.0.1:0 --dir=" + file, exitUsage, "--dir: " + file + " is not a folder"},
		{"serve --listen=127.0.0.1:0 --dir=" + file + "/below", exitUsage, "--dir: " + file + "/below is not a folder"},
		{"trial --nodes=0", exitUsage, "--nodes"},
		{"backup " + file, exitUsage, "--dir"},
		{"backup --dir=" + dir + "/none " + file, exitFailed, "none"},
		{"restore --dir=" + dir + "/new " + file, exitFailed, "file"},
	} {
		status, _, problems := once(strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(problems, c.says) {
			t.Errorf("gsetd %s: status %d, want %d; it says %q, want %q", c.args, status, c.status, problems, c.says)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a restore that has failed has made a store")
	}
}
