package docs_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTheProgramOfTheReadmeIsTheOneThatRuns whole, for who pastes it.
func TestTheProgramOfTheReadmeIsTheOneThatRuns(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("hello/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "\n```go\npackage main\n")
	shown, _, closed := strings.Cut(rest, "```\n")
	_, runs, _ := strings.Cut(string(program), "\npackage main\n")
	if !found || !closed || shown != runs {
		t.Errorf("README.md does not show docs/hello/main.go, but %q", shown)
	}
}

// TestTheGoOfTheReadmeIsFromExamplesThatRun looks up each block of Go in README.md: its lines, less
// their comments, are lines of one file of examples, or parts of such lines, in the same
// order. Only the lines in between, which handle errors, are left out.
func TestTheGoOfTheReadmeIsFromExamplesThatRun(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var examples []string
	for _, pattern := range []string{"../crdt/*_test.go", "../replica/example*_test.go", "hello/main.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		examples = append(examples, found...)
	}
	blocks := strings.Split(string(readme), "\n```go\n")[1:]
	if len(blocks) == 0 {
		t.Error("README.md has no Go")
	}
	for _, block := range blocks {
		block, _, closed := strings.Cut(block, "\n```\n")
		if !closed {
			t.Fatal("a block of Go has no end")
		}
		if !slices.ContainsFunc(examples, func(path string) bool { return shows(t, path, codeOf(block)) }) {
			t.Errorf("no file of examples has these lines in this order:\n%s", block)
		}
	}
}

// codeOf returns the lines of Go that are not empty, less their comments.
func codeOf(text string) (code []string) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		if line = strings.TrimSpace(line); line != "" {
			code = append(code, line)
		}
	}
	return code
}

// shows reports whether a file has lines of code in order.
func shows(t *testing.T, path string, code []string) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range codeOf(string(data)) {
		if len(code) > 0 && strings.Contains(line, code[0]) {
			code = code[1:]
		}
	}
	return len(code) == 0
}
