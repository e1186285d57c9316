package ordeal

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

var full = flag.Bool("full", false, "prove the promises in their full size, and print the figures")

// patience is how long a test waits for what must happen. No result depends on it: a machine that is slower
// than this has the test fail, with the state of all members.
const patience = 10 * time.Minute

// gsetd is the path of the program, built once for all tests.
var gsetd = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "gsetd")
	build := exec.Command("go", "build", "-o", path, "gset/cmd/gsetd")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})

// scratch is a folder for what all tests share.
var scratch string

func TestMain(m *testing.M) {
	if url := os.Getenv(fetchVariable); url != "" {
		os.Exit(fetch(url))
	}
	if delay := os.Getenv(carryVariable); delay != "" {
		os.Exit(carries(delay))
	}
	var err error
	if scratch, err = os.MkdirTemp("", "ordeal"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}

// full or short returns the size of a trial.
func size(inFull, inShort int) int {
	if *full {
		return inFull
	}
	return inShort
}
