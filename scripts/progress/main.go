// Command progress runs go test -json and shows how it goes: a line for each package as
// it ends, whatever order that is in, what failed in full, and on a terminal the tests
// that run now. Its exit status is that of go test.
//
//	go run ./scripts/progress go test -json ./...
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"gset/internal/terminal"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: progress go test -json ...")
		os.Exit(2)
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "progress:", err)
		os.Exit(1)
	}
	r := newReport(os.Stdout, terminal.Is(os.Stdout))
	r.print("  0:00  building, and testing what is built\n")
	r.read(out)
	r.end()
	var exit *exec.ExitError
	switch err := cmd.Wait(); {
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	case err != nil:
		fmt.Fprintln(os.Stderr, "progress:", err)
		os.Exit(1)
	}
}

// event is a line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64 // seconds
}

// report is what is known so far.
type report struct {
	out      io.Writer
	progress terminal.Line
	began    time.Time
	running  []string            // tests, the oldest first
	outputs  map[string][]string // of what has not passed, by package and test
	tests    map[string]int      // that have passed, by package
	total    int
}

func newReport(out io.Writer, onTerminal bool) *report {
	r := &report{out: out, began: time.Now(), outputs: map[string][]string{}, tests: map[string]int{}}
	if onTerminal {
		r.progress.Out = out
	}
	return r
}

// read takes what go test prints, and moves the clock on a terminal between its lines.
func (r *report) read(in io.Reader) {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		for in := bufio.NewReader(in); ; {
			line, err := in.ReadBytes('\n')
			lines <- line
			if err != nil {
				return
			}
		}
	}()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			r.line(line)
		case <-second.C:
		}
		r.status()
	}
}

// line takes a line. One that is no event is shown as it is.
func (r *report) line(line []byte) {
	var e event
	if err := json.Unmarshal(line, &e); err != nil || e.Action == "" {
		r.print(string(line))
		return
	}
	r.take(e)
}

func (r *report) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		r.print(e.Output)
	case "output":
		if !strings.HasPrefix(e.Output, "=== ") { // who runs is not news
			r.outputs[key] = append(r.outputs[key], e.Output)
		}
	case "run":
		r.running = append(r.running, key)
	case "pass", "fail", "skip":
		r.running = slices.DeleteFunc(r.running, func(s string) bool { return s == key })
		if e.Action == "fail" {
			r.print(strings.Join(r.outputs[key], ""))
		}
		delete(r.outputs, key)
		if e.Test != "" {
			r.tests[e.Package]++
			r.total++
			break
		}
		r.endPackage(e)
	}
}

// endPackage shows what came of a package.
func (r *report) endPackage(e event) {
	for key, output := range r.outputs {
		if strings.HasPrefix(key, e.Package+" ") {
			if e.Action == "fail" { // tests that did not come to an end
				r.print(strings.Join(output, ""))
			}
			delete(r.outputs, key)
		}
	}
	verdict := "ok"
	if e.Action == "fail" {
		verdict = "FAIL"
	}
	r.print(fmt.Sprintf("%6s  %-4s  %-32s %4d tests in %5.1f s\n", r.elapsed(), verdict, e.Package, r.tests[e.Package], e.Elapsed))
}

func (r *report) elapsed() string {
	d := time.Since(r.began)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// status draws what runs now, on a terminal.
func (r *report) status() {
	now := "building"
	if len(r.running) > 0 {
		now = r.running[0]
	}
	r.progress.Show(fmt.Sprintf("%6s  %d tests have run, now %.90s", r.elapsed(), r.total, now))
}

func (r *report) print(text string) {
	r.progress.Clear()
	fmt.Fprint(r.out, text)
}

// end is called when there is nothing more to read.
func (r *report) end() {
	r.print(fmt.Sprintf("%6s  %d tests in all\n", r.elapsed(), r.total))
}
