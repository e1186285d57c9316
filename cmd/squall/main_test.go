package main

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"

	"gset/internal/command"
)

// The test binary is also the bench and the nodes that the tests start: the
// first if this variable is "squall", the others if it names a behaviour.
const roleVar = "SQUALL_TEST_ROLE"

// nodeRoleVar names the behaviour of the nodes that a bench in a process of its own starts.
const nodeRoleVar = "SQUALL_TEST_NODE_ROLE"

func TestMain(m *testing.M) {
	switch role := os.Getenv(roleVar); role {
	case "":
		os.Exit(m.Run())
	case "squall":
		if err := os.Setenv(roleVar, cmp.Or(os.Getenv(nodeRoleVar), "node")); err != nil { // for the nodes it starts
			panic(err)
		}
		os.Exit(run(os.Args[1:]))
	default:
		echoNode(role)
	}
}

// patient are options of tests that shall not depend on how soon a node gets
// processor time.
const patient = " --client-timeout 3600 --init-timeout 3600"

func TestExitStatus(t *testing.T) {
	t.Chdir(t.TempDir())
	me := os.Args[0] + patient
	for _, test := range []struct {
		role string
		args string
		want int
	}{
		{"node", "test -w echo --time-limit 0.2 --rate 100 --bin " + me, 0},
		{"node", "test -w echo --time-limit 0.2 --rate 100 --node-count 1 --concurrency 3n --latency 5 --latency-dist uniform " +
			"--nemesis partition,loss,duplicate,slow --nemesis-interval 0.1 --topology total --availability total --log-stderr --log-net-send --log-net-recv " +
			"--p-loss 0.1 --seed 7 --bin " + me + " -- some --args", 0},
		{"bad node", "test -w echo --time-limit 0.2 --rate 100 --bin " + me, 1},
		{"node", "test -w echo --time-limit 0.2 --rate 100 --nodes one,two --test-count 2 --bin " + me, 0},
		{"node", "test -w echo --time-limit 0.2 --rate 100 -n one --node two --nodes three,four --store elsewhere --no-ssh --leave-db-running --username me --consistency-models strict-serializable --bin " + me, 0},
		{"node", "test -w echo --nodes-file none --bin " + me, command.ExitUsage},
		{"node", "test -w echo -n one -n one --bin " + me, command.ExitUsage},
		{"node", "test -w echo --nodes one,one --bin " + me, command.ExitUsage},
		{"node", "test -w echo --test-count 0 --bin " + me, command.ExitUsage},
		{"node", "test -w echo --bin " + me + " --rate=-1", command.ExitUsage},
		{"node", "test -w echo --bin " + me + " --nemesis partition,flood", command.ExitUsage},
		{"node", "test -w echo --bin " + me + " --time-limit 1e99", command.ExitUsage},
		{"node", "test -w echo --client-timeout 0 --bin " + os.Args[0], command.ExitUsage},
		{"node", "test -w echo --init-timeout=-1 --bin " + os.Args[0], command.ExitUsage},
		{"node", "test -w echo --bin " + me + " --node-count 0", command.ExitUsage},
		{"node", "test -w echo --bin " + me + " --availability some", command.ExitUsage},
		{"node", "test -w echo --bin none", command.ExitUsage},
		{"node", "test -w echo", command.ExitUsage},
		{"node", "doctor " + me + " -- some --args", 0},
		{"node", "doctor --patient -w echo " + me, 0},
		{"bad node", "doctor --patient -w echo " + me, 1},
		{"node", "doctor -w broadcast " + me, 1},
		{"node", "doctor -w toast " + me, command.ExitUsage},
		{"node", "doctor --init-timeout 0 " + os.Args[0], command.ExitUsage},
		{"node", "doctor --client-timeout=-1 " + os.Args[0], command.ExitUsage},
		{"node", "doctor none", command.ExitUsage},
		{"node", "doctor", command.ExitUsage},
		{"node", "toast", command.ExitUsage},
		{"node", "test -w echo --bin /bin/false", command.ExitFailed},
	} {
		t.Setenv(roleVar, test.role)
		if got := run(strings.Fields(test.args)); got != test.want {
			t.Errorf("squall %s: exit status %d, want %d", test.args, got, test.want)
		}
	}
}

// A newcomer takes -n for the number of nodes. Whoever names nodes in two ways is told which counts.
func TestNamesThatCanHardlyBeMeantAreTold(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"-n 3", "squall test: -n 3 is one node that is called 3; --node-count 3 makes 3 nodes\n"},
		{"--node-count 3 -n a", "squall test: -n is ignored: --node-count 3 makes nodes n0 to n2\n"},
		{"--node-count 1 --nodes a,b --nodes-file x", "squall test: --nodes, --nodes-file is ignored: --node-count 1 makes one node, n0\n"},
		{"-n a -n n7", ""},
	} {
		var c cli
		parser, err := kong.New(&c, kong.Vars{"workloads": "", "version": ""})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(append([]string{"test"}, strings.Fields(test.args)...)); err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		if c.Test.sayNodes(&said); said.String() != test.want {
			t.Errorf("%s: %q, want %q", test.args, said.String(), test.want)
		}
	}
}

// An error names the option that was typed.
func TestErrorsOfNamesNameTheOption(t *testing.T) {
	names := "a,a"
	for option, c := range map[string]testCmd{
		"-n":          {Node: []string{"a", "a"}},
		"--nodes":     {Nodes: &names},
		"-n, --nodes": {Node: []string{"a"}, Nodes: &names},
	} {
		c.Bin, c.Workload, c.TestCount, c.TimeLimit, c.NemesisInterval, c.ClientTimeout, c.InitTimeout = "node", "echo", 1, 1, 1, 1, 1
		if _, err := c.options(); err == nil || err.Error() != option+`: "a" is there twice` {
			t.Errorf("%s: %v", option, err)
		}
	}
}

func TestEveryHelpTellsTheExitStatuses(t *testing.T) {
	for _, args := range []string{"--help", "test --help", "doctor --help"} {
		cmd := exec.Command(os.Args[0], strings.Fields(args)...)
		cmd.Env = append(os.Environ(), roleVar+"=squall")
		text, err := cmd.Output()
		words := strings.Join(strings.Fields(string(text)), " ")
		for _, want := range []string{"Exit status: 0 if", "254 if", "255 if the test FAILED", "130 if it was INTERRUPTED"} {
			if err != nil || !strings.Contains(words, want) {
				t.Errorf("squall %s: %v, no %q in %s", args, err, want, text)
			}
		}
	}
}

func TestATestIsRepeatedUntilItIsNotValid(t *testing.T) {
	for role, want := range map[string]int{"node": 3, "bad node": 1} {
		t.Run(role, func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv(roleVar, role)
			run(strings.Fields("test -w echo --time-limit 0.1 --rate 100 --test-count 3 --nodes solo --bin " + os.Args[0] + patient))
			logs, err := filepath.Glob("store/echo/2*/node-logs/solo.log")
			if err != nil || len(logs) != want {
				t.Errorf("%d tests, want %d: %v %v", len(logs), want, logs, err)
			}
		})
	}
}

func TestInterruptKillsTheNodes(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], strings.Fields("test -w echo --node-count 2 --time-limit 3600 --bin "+os.Args[0]+patient)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), roleVar+"=squall")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Operations are under way once there is something on the network.
	logs := filepath.Join(dir, "store", "current", "node-logs")
	pids := make([]int, 2)
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "all nodes are up") {
	}
	for i := range pids {
		text, err := os.ReadFile(filepath.Join(logs, fmt.Sprintf("n%d.log", i)))
		if err != nil {
			t.Fatal(err)
		}
		if pids[i], err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines.Scan() { // until it ends
		fmt.Fprintln(&said, lines.Text())
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != command.ExitInterrupted || errs.String() != "" {
		t.Errorf("exit status %d, on standard error %q", got, errs.String())
	}
	for _, words := range []string{"\nINTERRUPTED: echo on 2 nodes", "Report: store/echo/", "/report.html", "To repeat it: " + os.Args[0] + " test -w echo"} {
		if !strings.Contains(said.String(), words) {
			t.Errorf("%q is not in %s", words, said.String())
		}
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("node %d is still there", pid)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "store", "latest", "history.edn")); err != nil {
		t.Error(err)
	}
}
