package ordeal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// carryVariable has the test's program carry frames, each of which takes as long as the variable says, and do nothing else.
const carryVariable = "GSET_ORDEAL_CARRY"

// carries carries frames until the standard input ends, and returns the exit status.
func carries(delay string) int {
	long, err := time.ParseDuration(delay)
	if err == nil {
		err = carry(long, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// plugs has a carrier plug in ports, which carries frames between them.
type plugs struct {
	delay time.Duration
	in    io.Writer
	out   *bufio.Reader
}

// delayed makes a network of namespaces in which every frame takes some time to reach the other host.
func delayed(t *testing.T, delay time.Duration) (*namespaces, error) {
	t.Helper()
	n, err := newNamespaces(t)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := n.inside(self)
	cmd.Env, cmd.Stderr = append(os.Environ(), fmt.Sprintf("%s=%v", carryVariable, delay)), os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	n.delayed = &plugs{delay, in, bufio.NewReader(out)}
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return n, nil
}

// plug adds a port.
func (p *plugs) plug(port string) error {
	line, err := p.ask(port)
	if err == nil && line != "ok" {
		err = fmt.Errorf("%s: the carrier says %q", port, line)
	}
	return err
}

// ask gives the carrier a command, and returns its answer.
func (p *plugs) ask(command string) (string, error) {
	if _, err := fmt.Fprintln(p.in, command); err != nil {
		return "", err
	}
	line, err := p.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// delays says how well frames were held since the last time; nothing if they are not.
func (c *cluster) delays() string {
	c.t.Helper()
	n, ok := c.network.(*namespaces)
	if !ok || n.delayed == nil {
		return ""
	}
	said, err := n.delayed.ask("")
	if err != nil {
		c.t.Fatal(err)
	}
	var carried, late, lost int64
	if _, err := fmt.Sscan(said, &carried, &late, &lost); err != nil {
		c.t.Fatalf("the carrier says %q: %v", said, err)
	}
	mean := time.Duration(late/max(carried, 1)) * time.Microsecond
	text := fmt.Sprintf("%d frames carried, %v too late in the mean, %d lost", carried, mean.Round(100*time.Microsecond), lost)
	if mean > n.delayed.delay/20 {
		text += ": the machine is too slow or too busy, and spoils the latencies"
	}
	return text
}
