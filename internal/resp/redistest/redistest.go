// Package redistest starts a real redis-server for tests that hold this project against it. Where Redis is not
// installed such a test is skipped, and says so: it takes nothing but Go to test this project. It fails instead
// if the environment has GSET_REDIS=required, as it does in .ci/run.
package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gset/internal/freeport"
)

// Server is a running redis-server without persistence. It listens on a Unix socket, and on a
// port of the loopback interface if it was started with one.
type Server struct {
	Socket string // path of its Unix socket
	Addr   string // host:port, empty without a port
	PID    int
}

// Start starts a redis-server that ends with the test, and returns when it accepts
// connections. The arguments are those of its command line.
func Start(t testing.TB, args ...string) Server {
	t.Helper()
	return start(t, "0", args)
}

// StartTCP is Start for a server that listens on a free port of 127.0.0.1 as well.
func StartTCP(t testing.TB, args ...string) Server {
	t.Helper()
	addr := freeport.Reserve(t)
	_, port, _ := net.SplitHostPort(addr)
	s := start(t, port, args)
	s.Addr = addr
	return s
}

// Find returns the path of a program of Redis. If there is none the test ends.
func Find(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
	case os.Getenv("GSET_REDIS") == "required":
		t.Fatalf("%s is not installed: apt-get install redis-server redis-tools", program)
	default:
		t.Skipf("%s is not installed, so nothing is held against it: apt-get install redis-server redis-tools", program)
	}
	return path
}

func start(t testing.TB, port string, args []string) Server {
	t.Helper()
	program := Find(t, "redis-server")
	dir, err := os.MkdirTemp("", "redis") // a socket's path has at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := Server{Socket: filepath.Join(dir, "socket")}
	cmd := exec.Command(program, append([]string{
		"--port", port, "--bind", "127.0.0.1", "--unixsocket", s.Socket, "--dir", dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", "",
	}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.PID = cmd.Process.Pid
	lines := bufio.NewScanner(out)
	if err := awaitReady(lines, s.Socket); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatal(err)
	}
	drained := make(chan struct{})
	go func() { // a full pipe would stop the server
		defer close(drained)
		for lines.Scan() {
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-drained
		_ = cmd.Wait()
	})
	return s
}

// awaitReady reads the server's log up to the line that says that it listens on the socket,
// which is the last of those that say so.
func awaitReady(log *bufio.Scanner, socket string) error {
	var said strings.Builder
	for log.Scan() {
		if strings.Contains(log.Text(), "ready to accept connections at "+socket) {
			return nil
		}
		fmt.Fprintln(&said, log.Text())
	}
	return errors.Join(fmt.Errorf("redis-server ended: %s", said.String()), log.Err())
}
