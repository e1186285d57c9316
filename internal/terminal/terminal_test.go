package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheStatusLineIsReplacedAndRemoved(t *testing.T) {
	var out strings.Builder
	l := Line{Out: &out}
	l.Clear() // there is none yet
	l.Show("one")
	l.Show("two")
	l.Clear()
	l.Clear()
	if got, want := out.String(), clear+"one"+clear+"two"+clear; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWithoutATerminalNothingIsDrawn(t *testing.T) {
	var l Line
	l.Show("one")
	l.Clear()
}

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if Is(f) {
		t.Error("a file is taken for a terminal")
	}
}
