package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gset/internal/bench/report"
	"gset/internal/bench/workload"
)

// The tests in this file have nodes that are processes, in real time. A busy computer
// makes them wait, and must not make them fail: they bound no time.

// run is Run with nodes that behave as told.
func run(t *testing.T, o Options, behaviour string) (*report.Results, error) {
	t.Helper()
	t.Setenv(behaviourVar, behaviour)
	return Run(t.Context(), o)
}

func TestOperationsOfProcessesAreAnswered(t *testing.T) {
	for _, workload := range workload.Names() {
		t.Run(workload, func(t *testing.T) {
			o := testOptions(t, workload)
			o.TimeLimit, o.Recovery = 100*time.Millisecond, 0
			r, err := run(t, o, workload)
			if err != nil {
				t.Fatal(err)
			}
			if r.Stats.OKCount == 0 || r.Stats.OKCount != r.Stats.Count {
				t.Errorf("%d of %d operations ok", r.Stats.OKCount, r.Stats.Count)
			}
		})
	}
}

func TestProcessesThatEndATestAreToldApart(t *testing.T) {
	for behaviour, pattern := range map[string]string{
		"exits at once":        exitsAtOnce,
		"prints garbage":       printsGarbage,
		"answers init wrongly": answersInitWrongly,
		"dies later":           diesLater,
	} {
		t.Run(behaviour, func(t *testing.T) {
			o := testOptions(t, "echo")
			o.NodeCount, o.TimeLimit = 1, time.Hour // or until it ends
			_, err := run(t, o, behaviour)
			wantNodeError(t, err, pattern)
		})
	}
}

func TestBinariesThatCannotRun(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	script := filepath.Join(dir, "script")
	orphan := filepath.Join(dir, "orphan")
	for path, mode := range map[string]os.FileMode{plain: 0o644, script: 0o755, orphan: 0o755} {
		text := "what is this?\n"
		if path == orphan {
			text = "#!/no/such/interpreter\n"
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	for bin, want := range map[string]string{
		filepath.Join(dir, "none"): "there is no file " + dir + "/none",
		dir:                        "is a directory",
		plain:                      "is not executable",
		orphan:                     "cannot start node n0: .*no such file or directory .*interpreter",
		script:                     "cannot start node n0: .*#!/usr/bin/env",
	} {
		o := testOptions(t, "echo")
		o.Bin = bin
		if _, err := Run(t.Context(), o); err == nil || !regexp.MustCompile(want).MatchString(err.Error()) {
			t.Errorf("%s: error %v, want %s", bin, err, want)
		}
	}
}

func TestStoreThatCannotBeWritten(t *testing.T) {
	o := testOptions(t, "echo")
	o.StoreDir = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(o.StoreDir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "cannot make the store: mkdir "+o.StoreDir) {
		t.Errorf("error %v", err)
	}
}

// existenceVar names a FIFO that children of nodes hold open while they exist.
const existenceVar = "SQUALL_TEST_EXISTENCE"

// leaveChild starts a process that never ends, unless it is killed, and waits until
// it runs. If it forgets, it has nothing of the node's environment.
func leaveChild(attributes *syscall.SysProcAttr, forgets bool) error {
	existence, err := os.OpenFile(os.Getenv(existenceVar), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer existence.Close()
	running, isRunning, err := os.Pipe()
	if err != nil {
		return err
	}
	defer running.Close()
	defer isRunning.Close()
	child := exec.Command(os.Args[0])
	child.Env = []string{behaviourVar + "=child"}
	if !forgets {
		child.Env = append(os.Environ(), child.Env...)
	}
	child.SysProcAttr = attributes
	child.Stdin, child.Stdout, child.Stderr = isRunning, os.Stdout, existence
	if err := child.Start(); err != nil {
		return err
	}
	_, err = io.ReadFull(running, make([]byte, 1))
	return err
}

// beChild is such a process. It ends by itself when nobody is left who would see
// that it exists.
func beChild() {
	_, _ = os.Stdin.WriteString("!")
	for {
		fmt.Fprint(os.Stderr, ".")
		time.Sleep(time.Second)
	}
}

func TestNoProcessIsLeftBehind(t *testing.T) {
	afterATest := func(*Options, context.CancelFunc) {}
	interrupted := func(o *Options, cancel context.CancelFunc) {
		o.TimeLimit = time.Hour
		o.Log = &trigger{o.Log, "all nodes are up", cancel}
	}
	for _, test := range []struct {
		name, behaviour string
		end             func(*Options, context.CancelFunc)
	}{
		{"after a test", "leaves children", afterATest},
		{"interrupted", "leaves children", interrupted},
		{"after a test, with sessions of their own", "leaves daemons", afterATest},
		{"interrupted, with sessions of their own", "leaves daemons", interrupted},
		{"after a test, with sessions of their own and no environment", "leaves daemons that forget", afterATest},
		{"interrupted, with sessions of their own and no environment", "leaves daemons that forget", interrupted},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.behaviour != "leaves children" && runtime.GOOS != "linux" {
				return // nothing there tells whose a process is
			}
			o := testOptions(t, "echo")
			existence := fifo(t)
			t.Setenv(behaviourVar, test.behaviour)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			test.end(&o, cancel)
			_, err := Run(ctx, o)
			if wantError := strings.HasPrefix(test.name, "interrupted"); wantError != errors.Is(err, ErrInterrupted) || !wantError && err != nil {
				t.Errorf("error %v", err)
			}
			// This ends when no child is left. A killed process may take a moment to be gone.
			if _, err := io.Copy(io.Discard, existence); err != nil {
				t.Error(err)
			}
		})
	}
}

// fifo makes the FIFO for children of nodes and returns its reading end.
func fifo(t *testing.T) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "existence")
	t.Setenv(existenceVar, name)
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // which waits for no writer
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// trigger is a log that calls a function when some words are logged.
type trigger struct {
	io.Writer
	words string
	fire  func()
}

func (w *trigger) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.words) {
		w.fire()
	}
	return w.Writer.Write(p)
}
