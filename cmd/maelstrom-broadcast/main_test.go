package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The test binary is also the node that the tests start: if this variable is set.
const roleVar = "MAELSTROM_BROADCAST_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(roleVar) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command returns the node, ready to be started.
func command(args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), roleVar+"=node")
	return c
}

// status returns the exit status of a node that has ended; -1 if a signal ended it.
func status(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return 0
}

// conversation is with a node that runs.
type conversation struct {
	t       *testing.T
	command *exec.Cmd
	stdin   io.Writer
	stdout  *bufio.Reader
}

func converse(t *testing.T, args ...string) *conversation {
	c := &conversation{t: t, command: command(args...)}
	stdin, err := c.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stdin, c.stdout = stdin, bufio.NewReader(stdout)
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	c.want(`"type":"init","node_id":"n1","node_ids":["n1"]`, "init_ok")
	return c
}

// want makes a request, and checks that the reply has some words.
func (c *conversation) want(body, words string) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.stdin, `{"src":"c1","dest":"n1","body":{"msg_id":1,%s}}`+"\n", body); err != nil {
		c.t.Fatal(err)
	}
	if reply, err := c.stdout.ReadString('\n'); err != nil || !strings.Contains(reply, words) {
		c.t.Fatalf("%s: the reply is %s, %v; want %s", body, reply, err, words)
	}
}

func (c *conversation) kill() {
	if err := c.command.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.command.Wait() // it was killed
}

func TestNodeThatIsKilledHasWhatItAcknowledgedAndSoHasABackup(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "backup")
	c := converse(t, "-data", dir)
	for _, x := range []string{"1", "20", "300"} {
		c.want(`"type":"broadcast","message":`+x, "broadcast_ok")
	}
	if out, err := command("-data", dir).CombinedOutput(); err != nil { // without an init it has no folder yet
		t.Errorf("a second process: %v, %s", err, out)
	}
	second := command("-data", dir)
	second.Stdin = strings.NewReader(strings.ReplaceAll(session, "n0", "n1"))
	if out, err := second.CombinedOutput(); status(t, err) != 1 || !strings.Contains(string(out), "another process has it open") {
		t.Errorf("a second process in the folder: %v, %s", err, out)
	}
	if out, err := command("-data", dir, "-backup", file).CombinedOutput(); err != nil || !strings.Contains(string(out), "1 nodes, 3 elements") {
		t.Errorf("a backup: %v, %s", err, out)
	}
	c.want(`"type":"broadcast","message":4000`, "broadcast_ok")
	c.kill()

	c = converse(t, "-data", dir, "-restore", file)
	c.want(`"type":"read"`, "[1,20,300,4000]")
	c.kill()
	c = converse(t, "-restore", file)
	c.want(`"type":"read"`, "[1,20,300]")
	c.kill()
}

const session = `{"id":0,"src":"c0","dest":"n0","body":{"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1}}
{"id":1,"src":"c1","dest":"n0","body":{"type":"topology","topology":{"n0":[]},"msg_id":2}}
`

func TestNodeServesUntilItsInputEnds(t *testing.T) {
	var stdout, stderr bytes.Buffer
	c := command("-interval", "100ms")
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(session), &stdout, &stderr
	if got := status(t, c.Run()); got != 0 {
		t.Errorf("exit status %d, want 0", got)
	}
	want := `{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}
{"src":"n0","dest":"c1","body":{"type":"topology_ok","in_reply_to":2}}
`
	if stdout.String() != want {
		t.Errorf("got %s\nwant %s", &stdout, want)
	}
	if stderr.Len() > 0 {
		t.Errorf("logged: %s", &stderr)
	}
}

func TestFlagsDecideTheExitStatus(t *testing.T) {
	for _, test := range []struct {
		args   string
		status int
		words  string // on standard error
	}{
		{"-help", 0, "Usage: maelstrom-broadcast"},
		{"-h", 0, "Usage: maelstrom-broadcast"},
		{"-interval -1s", 2, "maelstrom-broadcast: -interval -1s is outside"},
		{"-probe 0", 2, "maelstrom-broadcast: -probe 0s is outside 10ms"},
		{"-probe soon", 2, `invalid value "soon" for flag -probe`},
		{"-backup file", 2, "maelstrom-broadcast: -backup needs -data"},
		{"-data folder -backup file -restore file", 2, "maelstrom-broadcast: -backup runs no node"},
		{"-data main.go", 1, "-data main.go: it is a file"},
		{"-data none -backup file", 1, "-data none: "},
		{"-no-such-flag", 2, "-no-such-flag"},
		{"serve", 2, `maelstrom-broadcast: unexpected argument "serve"`},
	} {
		var stdout, stderr bytes.Buffer
		c := command(strings.Fields(test.args)...)
		c.Stdin, c.Stdout, c.Stderr = strings.NewReader(session), &stdout, &stderr
		if got := status(t, c.Run()); got != test.status {
			t.Errorf("%s: exit status %d, want %d", test.args, got, test.status)
		}
		if stdout.Len() > 0 {
			t.Errorf("%s: on standard output: %s", test.args, &stdout)
		}
		if !strings.Contains(stderr.String(), test.words) {
			t.Errorf("%s: on standard error: %s\nwant %s", test.args, &stderr, test.words)
		}
	}
}

// Nobody reads what the node writes, while its input stays open. A test bench that has
// gone away must not leave nodes behind.
func TestClosedOutputIsAnError(t *testing.T) {
	c := command()
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	c.Stdout, c.Stderr = w, &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	r.Close()
	if _, err := io.WriteString(stdin, session); err != nil {
		t.Fatal(err)
	}
	if got := status(t, c.Wait()); got != 1 {
		t.Errorf("exit status %d, want 1", got)
	}
	if want := "maelstrom-broadcast: writing messages: "; !strings.Contains(stderr.String(), want) {
		t.Errorf("on standard error: %s\nwant %s", &stderr, want)
	}
}
