package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gset/internal/command"
)

// echoNode answers init, and echoes: well, or with a fault that its role names. Its standard error begins with
// the number of its process.
func echoNode(role string) {
	fmt.Fprintln(os.Stderr, os.Getpid())
	switch role {
	case "prints garbage":
		fmt.Println("Hello, world!")
	case "is a child":
		select {}
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var m struct {
			Src, Dest string
			Body      struct {
				Type  string
				MsgID int `json:"msg_id"`
				Echo  json.RawMessage
			}
		}
		if err := json.Unmarshal(in.Bytes(), &m); err != nil {
			panic(err)
		}
		body := `"type":"init_ok"`
		if m.Body.Type == "echo" {
			body = `"type":"echo_ok","echo":` + string(m.Body.Echo)
			if !misbehave(role, &m.Dest, &body) {
				continue
			}
		}
		fmt.Printf(`{"src":%q,"dest":%q,"body":{"in_reply_to":%d,%s}}`+"\n", m.Dest, m.Src, m.Body.MsgID, body)
	}
}

// misbehave does what an echo node should not do. It returns false if the node does not reply.
func misbehave(role string, src, body *string) bool {
	switch role {
	case "bad node":
		*body = `"type":"error","code":10,"text":"never heard of it"`
	case "prints garbage later":
		fmt.Println("panic: oh no")
	case "dies":
		fmt.Fprintln(os.Stderr, "I have lost the will to live")
		os.Exit(3)
	case "hangs":
		return false
	case "floods":
		for range 1000 {
			fmt.Printf(`{"src":%q,"dest":%q,"body":{"type":"hello"}}`+"\n", *src, *src)
		}
	case "claims to be another":
		*src = "n9"
	case "sends to nobody":
		fmt.Printf(`{"src":%q,"dest":"nobody","body":{"type":"hello"}}`+"\n", *src)
	case "leaves children":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), roleVar+"=is a child")
		child.Stderr = os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			panic(err)
		}
	}
	return true
}

// Whatever a node does: the exit status says how the test ended, the last lines name the node and what it did,
// no process is left, and the store can be read.
func TestWhateverANodeDoesIsToldAndLeavesNothing(t *testing.T) {
	for _, test := range []struct {
		role   string
		status int
		words  []string
	}{
		{"node", 0, []string{"VALID: echo on 1 node"}},
		{"prints garbage", command.ExitFailed, []string{"FAILED: echo on 1 node", "node n0 failed before it was set up: ", "Hello, world!"}},
		{"prints garbage later", 1, []string{"INVALID: ", "\nn0 was muted at ", "panic: oh no"}},
		{"dies", command.ExitFailed, []string{"FAILED: ", "node n0 exited before the test was over", "exit status 3", "lost the will to live"}},
		{"hangs", 1, []string{"INVALID: ", "\nn0 hung: it did not answer its last "}},
		{"floods", 0, []string{"VALID: ", "\nn0 floods: it sent "}},
		{"claims to be another", 1, []string{"INVALID: ", "\nn0 was muted at ", `src is "n9"`}},
		{"sends to nobody", 1, []string{"INVALID: ", "\nn0 was muted at ", `dest is "nobody"`}},
		{"leaves children", 0, []string{"VALID: "}},
	} {
		t.Run(test.role, func(t *testing.T) {
			timeout := "3600" // for what a busy computer makes wait
			if test.status == 1 {
				timeout = "0.5"
			}
			dir := t.TempDir()
			cmd := exec.Command(os.Args[0], strings.Fields("test -w echo --node-count 1 --time-limit 0.3 --rate 100 --init-timeout 3600 --seed 5 --client-timeout "+timeout+" --bin "+os.Args[0])...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), roleVar+"=squall", nodeRoleVar+"="+test.role)
			var errs strings.Builder
			cmd.Stderr = &errs
			out, err := cmd.Output()
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			verdict := lastLines(string(out), 10)
			if got := cmd.ProcessState.ExitCode(); got != test.status {
				t.Errorf("exit status %d, want %d:\n%s", got, test.status, verdict)
			}
			for _, words := range append(test.words, "To repeat it: "+os.Args[0]+" test -w echo ", " --seed 5") {
				if !strings.Contains(verdict, words) {
					t.Errorf("%q is not in the last lines:\n%s", words, verdict)
				}
			}
			if errs.String() != "" {
				t.Errorf("the verdict is on standard output, however the test ends; on standard error is %q", errs.String())
			}
			readable(t, filepath.Join(dir, "store", "latest"))
		})
	}
}

// lastLines returns the last of some lines.
func lastLines(text string, count int) string {
	lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "")
}

// readable checks that a test's folder has what people read, and that no process of those is left whose numbers
// begin the nodes' logs.
func readable(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"verdict.txt", "report.html", "messages.jsonl.gz", "squall.log"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "node-logs", "n0.log"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			continue // something else that it said
		}
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("process %d is still there", pid)
		}
	}
}
