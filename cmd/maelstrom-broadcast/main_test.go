package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
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
