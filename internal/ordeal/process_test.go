package ordeal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gset/replica/cluster/trial"

	"github.com/gomodule/redigo/redis"
)

// cluster is members, each a process of gsetd. Its methods are called by the test's goroutine.
type cluster struct {
	t       *testing.T
	network network
	ca      *trial.CA
	dir     string // short: a socket's path has at most 107 bytes
	members []*member

	program string // the binary that members are started with; "" is this version's
}

// member is a member of a cluster. It may be down.
type member struct {
	name   string
	host   host
	dir    string
	socket string
	addr   string // for clients on the host itself, while it is up
	page   string // address of the dashboard there, if it has one
	flags  []string
	log    *os.File
	cmd    *exec.Cmd // nil while it is down
	drain  chan struct{}

	password string // that clients give; "" is none
}

// newCluster makes members that are down, in the best network that there is.
func newCluster(t *testing.T, names ...string) *cluster {
	t.Helper()
	return newClusterIn(t, newNetwork(t), names...)
}

func newClusterIn(t *testing.T, n network, names ...string) *cluster {
	t.Helper()
	ca, err1 := trial.NewCA()
	dir, err2 := os.MkdirTemp(scratch, "")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, network: n, ca: ca, dir: dir}
	for _, name := range names {
		c.add(name)
	}
	t.Cleanup(func() {
		for _, m := range c.members {
			if m.cmd != nil {
				c.kill(m)
			}
			if t.Failed() {
				t.Logf("the end of what %s said:\n%s", m.name, m.said(t))
			}
			_ = m.log.Close()
		}
	})
	return c
}

// add adds a member that is down, and has no store.
func (c *cluster) add(name string) *member {
	c.t.Helper()
	return c.addOn(c.network.host(c.t, name), name)
}

// addOn is add on a host where no other member is up.
func (c *cluster) addOn(h host, name string) *member {
	c.t.Helper()
	files, err1 := c.ca.Write(filepath.Join(c.dir, "certificates"), name)
	log, err2 := os.Create(filepath.Join(c.dir, name+".log"))
	if err := errors.Join(err1, err2); err != nil {
		c.t.Fatal(err)
	}
	m := &member{name: name, host: h, dir: filepath.Join(c.dir, name), log: log, socket: filepath.Join(c.dir, name+".sock")}
	m.flags = []string{
		"serve", "--listen=127.0.0.1:0", "--unixsocket=" + m.socket, "--dir=" + m.dir, "--fsync=always", "--cluster=ordeal",
		"--peer-listen=" + m.host.listen(), "--peer-advertise=" + m.host.advertise(),
		"--peer-cert=" + files.Certificate, "--peer-key=" + files.Key, "--peer-ca=" + files.Authority,
	}
	c.members = append(c.members, m)
	return m
}

// up returns the members that are up, but for those named.
func (c *cluster) up(but ...*member) (up []*member) {
	for _, m := range c.members {
		skip := m.cmd == nil
		for _, b := range but {
			skip = skip || m == b
		}
		if !skip {
			up = append(up, m)
		}
	}
	return up
}

// begin starts a member's process, which joins those that are up. What it prints comes from the reader.
func (c *cluster) begin(m *member) *bufio.Reader {
	c.t.Helper()
	return c.launch(m, c.up()...)
}

// launch starts a member's process, which joins the seeds.
func (c *cluster) launch(m *member, seeds ...*member) *bufio.Reader {
	c.t.Helper()
	program := c.program
	if program == "" {
		var err error
		if program, err = gsetd(); err != nil {
			c.t.Fatal(err)
		}
	}
	args := m.flags
	for _, other := range seeds {
		args = append(args[:len(args):len(args)], "--peer-join="+other.host.advertise())
	}
	m.cmd = m.host.command(program, args...)
	m.cmd.Stderr, m.cmd.SysProcAttr = m.log, ended()
	out, err := m.cmd.StdoutPipe()
	if err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		m.cmd = nil
		c.t.Fatal(err)
	}
	return bufio.NewReader(out)
}

// start starts a member, and returns when it serves.
func (c *cluster) start(m *member) {
	c.t.Helper()
	c.serves(m, c.begin(m))
}

// startAll starts all members, and returns when each serves and knows all others.
func (c *cluster) startAll() {
	c.t.Helper()
	first := c.members[0]
	c.start(first)
	said := map[*member]*bufio.Reader{}
	for _, m := range c.members[1:] {
		said[m] = c.launch(m, first)
	}
	for m, out := range said {
		c.serves(m, out)
	}
	for _, m := range c.members {
		c.meets(m, len(c.members)-1)
	}
}

// meets waits until a member has a link to so many others.
func (c *cluster) meets(m *member, others int) {
	c.t.Helper()
	conn := c.connect(m)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		values := c.info(conn, "replication")
		if values["connected_slaves"] == strconv.Itoa(others) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			c.t.Fatalf("%s has not met %d others: %v", m.name, others, values)
		}
	}
}

// serves returns when a member serves, which says so.
func (c *cluster) serves(m *member, out *bufio.Reader) {
	c.t.Helper()
	wanted := []string{"serving ", "other members join by "}
	if slices.ContainsFunc(m.flags, func(flag string) bool { return strings.HasPrefix(flag, "--http=") }) {
		wanted = append(wanted, "dashboard ")
	}
	for _, want := range wanted {
		line, err := out.ReadString('\n')
		if !strings.HasPrefix(line, want) {
			c.t.Fatalf("%s says %q instead of %q: %v", m.name, line, want, err)
		}
		if addr, ok := strings.CutPrefix(line, "serving "); ok {
			m.addr = strings.TrimSpace(addr)
		}
		if page, ok := strings.CutPrefix(line, "dashboard "); ok {
			m.page = strings.TrimSpace(page)
		}
	}
	m.drain = make(chan struct{})
	go func(drained chan struct{}) {
		defer close(drained)
		_, _ = io.Copy(io.Discard, out)
	}(m.drain)
}

// kill kills a member's process as by kill -9.
func (c *cluster) kill(m *member) {
	c.t.Helper()
	if err := m.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	if state := c.wait(m); !strings.Contains(state, "killed") {
		c.t.Errorf("%s has ended by itself: %s", m.name, state) // which its log explains, at the test's end
	}
}

// stop ends a member in an orderly way.
func (c *cluster) stop(m *member) {
	c.t.Helper()
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
	if state := c.wait(m); state != "exit status 0" {
		c.t.Fatalf("%s ends with %s", m.name, state)
	}
}

// wait waits for the end of a member's process, and returns how it ended.
func (c *cluster) wait(m *member) string {
	if m.drain != nil {
		<-m.drain
		m.drain = nil
	}
	cmd := m.cmd
	m.cmd = nil
	_ = cmd.Wait() // the state has it
	return cmd.ProcessState.String()
}

// said returns the end of what a member has logged.
func (m *member) said(t *testing.T) string {
	text, err := os.ReadFile(m.log.Name())
	if err != nil {
		t.Error(err)
	}
	const most = 3000
	return string(text[max(0, len(text)-most):])
}

// dial connects a client to a member.
func (m *member) dial() (redis.Conn, error) {
	return redis.Dial("unix", m.socket, redis.DialConnectTimeout(patience), redis.DialReadTimeout(patience), redis.DialWriteTimeout(patience),
		redis.DialPassword(m.password))
}

// connect connects a client to a member until the test ends.
func (c *cluster) connect(m *member) redis.Conn {
	c.t.Helper()
	conn, err := m.dial()
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// number executes a command that answers a number.
func (c *cluster) number(conn redis.Conn, command string, args ...any) int {
	c.t.Helper()
	n, err := redis.Int(conn.Do(command, args...))
	if err != nil {
		c.t.Fatalf("%s %v: %v", command, args, err)
	}
	return n
}

// agree returns when all members that are up are proved to hold all that any of them held before.
func (c *cluster) agree() {
	c.t.Helper()
	for _, m := range c.up() {
		c.othersHold(m)
	}
}

// othersHold returns when all members that are up are proved to hold all that one of them held before.
func (c *cluster) othersHold(m *member) {
	c.t.Helper()
	conn, err := m.dial()
	if err != nil {
		c.t.Fatalf("%s: %v", m.name, err)
	}
	others := len(c.up()) - 1
	held, err := redis.Int(conn.Do("WAIT", others, patience.Milliseconds()*9/10))
	if err != nil || held < others {
		c.t.Fatalf("%s: WAIT: %d of %d others hold what it holds; %v", m.name, held, others, err)
	}
	_ = conn.Close()
}

// crashes returns the lines of all logs that tell of a bug.
func (c *cluster) crashes() error {
	for _, m := range c.members {
		text, err := os.ReadFile(m.log.Name())
		if err != nil {
			return err
		}
		for line := range bytes.Lines(text) {
			if bytes.HasPrefix(line, []byte("panic:")) || bytes.HasPrefix(line, []byte("fatal error:")) || bytes.Contains(line, []byte("DATA RACE")) {
				return fmt.Errorf("%s: %s", m.name, line)
			}
		}
	}
	return nil
}
