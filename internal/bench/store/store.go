// Package store keeps what tests leave behind: a directory a test, named and laid out as
// Maelstrom's.
package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gset/internal/bench/history"
)

// Store is the directory of one test: store/WORKLOAD/TIME.
type Store struct {
	root string // of all tests
	Dir  string
	rel  string // dir, seen from root
	test string // WORKLOAD
	Log  *os.File
}

// Create makes a directory that no other test uses, its log and the link
// store/current to it.
func Create(root, workload string) (*Store, error) {
	parent := filepath.Join(root, workload)
	if err := os.MkdirAll(filepath.Join(parent), 0o777); err != nil {
		return nil, fmt.Errorf("cannot make the store: %w", err)
	}
	s := &Store{root: root, test: workload}
	for {
		stamp := time.Now().Format("20060102T150405.000-0700")
		s.Dir, s.rel = filepath.Join(parent, stamp), filepath.Join(workload, stamp)
		err := os.Mkdir(s.Dir, 0o777)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) { // another test began in the same millisecond: take the next
			return nil, fmt.Errorf("cannot make the store: %w", err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.Dir, "node-logs"), 0o777); err != nil {
		return nil, fmt.Errorf("cannot make the store: %w", err)
	}
	var err error
	if s.Log, err = os.Create(filepath.Join(s.Dir, "squall.log")); err != nil {
		return nil, fmt.Errorf("cannot make the store: %w", err)
	}
	return s, s.link(filepath.Join(root, "current"), s.rel)
}

// link makes a link, in place of one that may be there.
func (s *Store) link(name, target string) error {
	// A link cannot be overwritten, but renamed over another: at no moment is
	// there none.
	temp := fmt.Sprintf("%s.%d", name, os.Getpid())
	_ = os.Remove(temp) // left over from a process that had this id
	if err := os.Symlink(target, temp); err != nil {
		return fmt.Errorf("cannot link to the test: %w", err)
	}
	if err := os.Rename(temp, name); err != nil {
		_ = os.Remove(temp)
		return fmt.Errorf("cannot link to the test: %w", err)
	}
	return nil
}

// NodeLog returns the name of a node's log file.
func (s *Store) NodeLog(node string) string {
	return filepath.Join(s.Dir, "node-logs", node+".log")
}

// write makes the file called name of what fill writes.
func (s *Store) write(name string, fill func(w *bufio.Writer) error) (err error) {
	path := filepath.Join(s.Dir, name)
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil && closeErr != nil {
			err = closeErr
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	err = fill(w)
	if flushErr := w.Flush(); flushErr != nil {
		err = errors.Join(err, fmt.Errorf("cannot write %s: %w", path, flushErr))
	}
	return err
}

// History writes history.edn and history.txt.
func (s *Store) History(h *history.History) error {
	return s.write("history.edn", func(edn *bufio.Writer) error {
		return s.write("history.txt", func(text *bufio.Writer) error {
			p := history.NewPrinter()
			var line, words []byte
			for op := range h.All() {
				line, words = p.Append(line[:0], words[:0], op)
				_, _ = edn.Write(append(line, '\n')) // Flush reports errors
				_, _ = text.Write(append(words, '\n'))
			}
			return nil
		})
	})
}

// Results writes results.edn.
func (s *Store) Results(text []byte) error {
	return s.write("results.edn", func(w *bufio.Writer) error { _, err := w.Write(text); return err })
}

// Verdict writes verdict.txt.
func (s *Store) Verdict(text string) error {
	return s.write("verdict.txt", func(w *bufio.Writer) error { _, err := w.WriteString(text); return err })
}

// LinkLatest makes the links to the test that ended last, however it ended; store/current leads to the one
// that began last. Jepsen links only to a test that came to its end.
func (s *Store) LinkLatest() error {
	return errors.Join(
		s.link(filepath.Join(s.root, "latest"), s.rel),
		s.link(filepath.Join(s.root, s.test, "latest"), filepath.Base(s.Dir)),
	)
}

// LogTo is where the bench's log lines go: the store's log, if there is one,
// and w, if there is one.
func LogTo(s *Store, w io.Writer) io.Writer {
	var writers []io.Writer
	if s != nil {
		writers = append(writers, s.Log)
	}
	if w != nil {
		writers = append(writers, w)
	}
	if writers == nil {
		return io.Discard
	}
	return io.MultiWriter(writers...)
}
