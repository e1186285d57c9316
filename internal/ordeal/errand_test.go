package ordeal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// errandVariable has the test's program do something else than testing, in a namespace: "carry 100ms", or
// "fetch http://127.0.0.1:7380/metrics".
const errandVariable = "ORDEAL_ERRAND"

// errand does what errandVariable says, and reports whether it says anything.
func errand() (done bool, err error) {
	what, of, _ := strings.Cut(os.Getenv(errandVariable), " ")
	switch what {
	case "":
		return false, nil
	case "carry":
		delay, err := time.ParseDuration(of)
		if err != nil {
			return true, err
		}
		return true, carry(delay, os.Stdin, os.Stdout)
	case "fetch":
		return true, fetch(of, os.Stdout)
	}
	return true, fmt.Errorf("%s=%s: no such errand", errandVariable, what)
}

// fetch writes what is at an address.
func fetch(url string, to io.Writer) error {
	r, err := http.Get(url)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, r.Body)
	if r.StatusCode != http.StatusOK {
		err = errors.Join(err, errors.New(r.Status))
	}
	return errors.Join(err, r.Body.Close())
}

// sent sends a command on an errand.
func sent(cmd *exec.Cmd, errand string) *exec.Cmd {
	cmd.Env = append(os.Environ(), errandVariable+"="+errand)
	cmd.Stderr = os.Stderr
	return cmd
}

// plugs has a carrier plug in ports, which carries frames between them.
type plugs struct {
	in  io.Writer
	out *bufio.Reader
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
	cmd := sent(n.inside(self), fmt.Sprint("carry ", delay))
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	n.delayed = &plugs{in, bufio.NewReader(out)}
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
	return said
}
