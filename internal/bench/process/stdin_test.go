package process

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// A node that does not read must hold up nobody, and must get everything in
// order when it does.
func TestNobodyWaitsForANodeThatDoesNotRead(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var dirty Dirty
	writer := NewStdin(&dirty)
	body := []byte(`{"x":"` + strings.Repeat("x", 1000) + `"}`)
	const messages = 1000 // a megabyte, of which a pipe takes 64 KiB
	writer.Message(0, "c0", "n1", body)
	Inlet, err := newPipeInlet(w)
	if err != nil {
		t.Fatal(err)
	}
	writer.start(Inlet)
	defer writer.stop()
	for i := 1; i < messages; i++ {
		writer.Message(int64(i), "c0", "n1", body)
		dirty.Flush()
	}
	lines := bufio.NewReaderSize(r, 1<<16)
	for i := range messages {
		got, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`{"id":%d,"src":"c0","dest":"n1","body":%s}`+"\n", i, body); got != want {
			t.Fatalf("message %d is %.60s...", i, got)
		}
	}
}

func TestLinesOfAnyLength(t *testing.T) {
	long := strings.Repeat("y", 300<<10)
	text := "one\r\n\n" + long + "\nlast"
	var got []string
	pauses := 0
	err := readLines(strings.NewReader(text), maxLine, func(line []byte) bool {
		got = append(got, string(line))
		return true
	}, func() { pauses++ })
	if err != nil || pauses == 0 || len(got) != 4 || got[0] != "one" || got[1] != "" || got[2] != long || got[3] != "last" {
		t.Errorf("%d lines, %d pauses, %v", len(got), pauses, err)
	}
}

func TestTheLastLinesAreKept(t *testing.T) {
	var l lastLines
	if l.text() != "" {
		t.Errorf("got %q", l.text())
	}
	for i := range 100 {
		l.add(fmt.Append(nil, i))
	}
	lines := strings.Split(l.text(), "\n")
	if len(lines) != debugLines+1 || lines[0] != "68" || lines[debugLines-1] != "99" {
		t.Errorf("got %q", lines)
	}
}

func TestALineThatIsTooLongIsAnError(t *testing.T) {
	text := "one\n" + strings.Repeat("y", 200_000) + "\nlast"
	for limit, want := range map[int]string{
		200_001:  "one, yyyyyyyyyy, last", // a line and its end
		200_000:  "one",
		64 << 10: "one",
	} {
		var got []string
		err := readLines(strings.NewReader(text), limit, func(line []byte) bool {
			got = append(got, fmt.Sprintf("%.10s", line))
			return true
		}, func() {})
		if strings.Join(got, ", ") != want || (err == nil) != (limit == 200_001) {
			t.Errorf("with a limit of %d: got %q, error %v", limit, got, err)
		}
		if err != nil && (len(err.Error()) > 400 || !strings.HasPrefix(err.Error(), fmt.Sprintf("printed a line on standard output that is longer than %d bytes; it begins: yyy", limit))) {
			t.Errorf("error %v", err)
		}
	}
}

// What a node prints is taken as it comes, piece by piece, though the pipe is not asked whether it is empty.
func TestWhatComesThroughAPipeIsTakenAsItComes(t *testing.T) {
	w, _, taken, _ := printed(t)
	for i := range 100 {
		write(t, w, fmt.Sprintf("%d\n", i))
		if got := <-taken; got != fmt.Sprint(i) {
			t.Fatalf("got %q, want %d", got, i)
		}
	}
}

// The last words of a program are taken although its end may have been announced together with them, and the reading
// ends although somebody else may hold the pipe open.
func TestTheLastWordsOfAProgramAreTaken(t *testing.T) {
	for how, patience := range map[string]time.Duration{"closed": time.Hour, "held open": time.Millisecond} {
		t.Run(how, func(t *testing.T) {
			w, out, taken, ended := printed(t)
			write(t, w, "last words")
			if how == "closed" {
				_ = w.Close()
			}
			hurry(out, patience)
			if got := <-taken; got != "last words" {
				t.Errorf("the last words are %q", got)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// printed returns both ends of a pipe, the lines that are taken from it, and what ends that.
func printed(t *testing.T) (w *os.File, out *pipeOutlet, taken chan string, ended chan error) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = w.Close(), r.Close() })
	if out, err = newPipeOutlet(r); err != nil {
		t.Fatal(err)
	}
	taken, ended = make(chan string), make(chan error, 1)
	go func() {
		ended <- readLines(out, maxLine, func(line []byte) bool { taken <- string(line); return true }, func() {})
	}()
	return w, out, taken, ended
}

func write(t *testing.T, w *os.File, text string) {
	t.Helper()
	if _, err := w.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
