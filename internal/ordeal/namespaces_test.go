package ordeal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// namespaces is a network of namespaces. A process holds them: they are gone when it ends, which it does when its
// standard input is closed, as it is when the test's process dies.
type namespaces struct {
	holder  string // process id
	hosts   []*namespace
	delayed *plugs // nil if the ports are a bridge's
}

var _ network = (*namespaces)(nil)

// mostGroups is how many bridges there are.
const mostGroups = 3

// newNamespaces makes a user namespace with a network, in which the bridges are, and a folder /run of its own,
// where ip netns notes the hosts' namespaces.
func newNamespaces(t *testing.T) (*namespaces, error) {
	const setup = "mount -t tmpfs none /run && echo ready && exec cat"
	holder := exec.Command("unshare", "--user", "--map-root-user", "--net", "--mount", "sh", "-c", setup)
	in, err1 := holder.StdinPipe()
	out, err2 := holder.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	var problems strings.Builder
	holder.Stderr = &problems
	if err := holder.Start(); err != nil {
		return nil, err
	}
	end := func() error { return errors.Join(in.Close(), holder.Wait()) }
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return nil, errors.Join(err, end(), errors.New(problems.String()))
	}
	n := &namespaces{holder: strconv.Itoa(holder.Process.Pid)}
	for i := range mostGroups {
		if err := n.ip(fmt.Sprintf("link add bridge%d type bridge", i), fmt.Sprintf("link set bridge%d up", i)); err != nil {
			return nil, errors.Join(err, end())
		}
	}
	t.Cleanup(func() {
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return n, nil
}

func (n *namespaces) kind() string {
	if n.delayed != nil {
		return "network namespaces, and a carrier that holds each frame"
	}
	return "network namespaces, and a bridge for each part of a partition"
}

// plugged says what a port belongs to.
func (n *namespaces) plugged() string {
	if n.delayed != nil {
		return "addrgenmode none" // no IPv6, which would speak by itself
	}
	return "master bridge0"
}

// inside returns a command that runs in the namespace of the bridges.
func (n *namespaces) inside(args ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", n.holder, "--user", "--preserve-credentials", "--net", "--mount"}, args...)...)
}

// ip carries out commands of ip.
func (n *namespaces) ip(commands ...string) error {
	cmd := n.inside("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %q: %w: %s", commands, err, out)
	}
	return nil
}

// neighbours are the bounds of the table of neighbours, lowest first. All namespaces share one, in which every two hosts that
// speak have two entries. At 1,024 of them, as Linux has it, some 30 members lose packets for good.
var neighbours = [3]string{"gc_thresh1", "gc_thresh2", "gc_thresh3"}

// roomForNeighbours raises the bounds for so many hosts until the test ends, if it may: as root, and not in a container.
func roomForNeighbours(t *testing.T, hosts int) {
	t.Helper()
	for i, name := range neighbours {
		path := "/proc/sys/net/ipv4/neigh/default/" + name
		text, err := os.ReadFile(path)
		if err != nil {
			t.Log(err)
			return
		}
		need := (i + 2) * hosts * hosts
		if bound, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && bound >= need {
			continue
		}
		if err := os.WriteFile(path, fmt.Append(nil, need), 0); err != nil {
			t.Log(err)
			return
		}
		t.Cleanup(func() {
			if err := os.WriteFile(path, text, 0); err != nil {
				t.Error(err)
			}
		})
	}
}

// namespace is a host in a namespace.
type namespace struct {
	network *namespaces
	name    string
	number  int
}

var _ metered = (*namespace)(nil)

func (n *namespaces) host(t *testing.T, name string) host {
	t.Helper()
	h := &namespace{n, name, len(n.hosts) + 1}
	n.hosts = append(n.hosts, h)
	err := n.ip("netns add "+name, fmt.Sprintf("link add port%d type veth peer name peers netns %s", h.number, name),
		fmt.Sprintf("link set port%d %s up", h.number, n.plugged()))
	if err == nil {
		err = h.ip("link set lo up", fmt.Sprintf("addr add 10.77.0.%d/24 dev peers", h.number), "link set peers addrgenmode none up")
	}
	if err == nil && n.delayed != nil {
		err = n.delayed.plug(fmt.Sprint("port", h.number))
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// ip carries out commands of ip on the host.
func (h *namespace) ip(commands ...string) error {
	cmd := h.command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: ip %q: %w: %s", h.name, commands, err, out)
	}
	return nil
}

// command runs in place of nsenter and ip, so that a signal to the process reaches the program.
func (h *namespace) command(program string, args ...string) *exec.Cmd {
	return h.network.inside(append([]string{"ip", "netns", "exec", h.name, program}, args...)...)
}

func (h *namespace) listen() string    { return fmt.Sprintf("10.77.0.%d:7070", h.number) }
func (h *namespace) advertise() string { return h.listen() }

func (n *namespaces) split(t *testing.T, groups ...[]string) {
	t.Helper()
	if n.delayed != nil {
		t.Fatal("a carrier cuts nothing")
	}
	var commands []string
	for _, h := range n.hosts {
		group := max(0, slices.IndexFunc(groups, func(g []string) bool { return slices.Contains(g, h.name) }))
		commands = append(commands, fmt.Sprintf("link set port%d master bridge%d", h.number, group))
	}
	if err := n.ip(commands...); err != nil {
		t.Fatal(err)
	}
}

func (n *namespaces) heal(t *testing.T) { n.split(t) }

func (h *namespace) traffic(t *testing.T) (sent, received int64) {
	t.Helper()
	cmd := h.command("cat", "/sys/class/net/peers/statistics/tx_bytes", "/sys/class/net/peers/statistics/rx_bytes")
	out, err := cmd.Output()
	if err == nil {
		_, err = fmt.Sscan(string(out), &sent, &received)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return sent, received
}
