package squall

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// store is the directory of one test: store/WORKLOAD/TIME.
type store struct {
	root string // of all tests
	dir  string
	rel  string // dir, seen from root
	test string // WORKLOAD
	log  *os.File
}

// createStore makes a directory that no other test uses, its log and the link
// store/current to it.
func createStore(root, workload string) (*store, error) {
	parent := filepath.Join(root, workload)
	if err := os.MkdirAll(filepath.Join(parent), 0o777); err != nil {
		return nil, fmt.Errorf("cannot make the store: %w", err)
	}
	s := &store{root: root, test: workload}
	for {
		stamp := time.Now().Format("20060102T150405.000-0700")
		s.dir, s.rel = filepath.Join(parent, stamp), filepath.Join(workload, stamp)
		err := os.Mkdir(s.dir, 0o777)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) { // another test began in the same millisecond: take the next
			return nil, fmt.Errorf("cannot make the store: %w", err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.dir, "node-logs"), 0o777); err != nil {
		return nil, fmt.Errorf("cannot make the store: %w", err)
	}
	var err error
	if s.log, err = os.Create(filepath.Join(s.dir, "squall.log")); err != nil {
		return nil, fmt.Errorf("cannot make the store: %w", err)
	}
	return s, s.link(filepath.Join(root, "current"), s.rel)
}

// link makes a link, in place of one that may be there.
func (s *store) link(name, target string) error {
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

// nodeLog returns the name of a node's log file.
func (s *store) nodeLog(node string) string {
	return filepath.Join(s.dir, "node-logs", node+".log")
}

// write makes the file called name of what fill writes.
func (s *store) write(name string, fill func(w *bufio.Writer)) (err error) {
	path := filepath.Join(s.dir, name)
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
	fill(w)
	if err := w.Flush(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}

// history writes history.edn and history.txt.
func (s *store) history(h *History) error {
	// Side by side: a long history takes seconds.
	text := make(chan error)
	go func() { text <- s.operations("history.txt", h, appendOpText) }()
	err := s.operations("history.edn", h, func(dst []byte, op *Op) []byte { return op.AppendEDN(dst) })
	return errors.Join(err, <-text)
}

// operations writes a file with a line for each entry of a history.
func (s *store) operations(name string, h *History, line func(dst []byte, op *Op) []byte) error {
	return s.write(name, func(w *bufio.Writer) {
		var buf []byte
		for op := range h.All() {
			buf = append(line(buf[:0], op), '\n')
			_, _ = w.Write(buf) // Flush reports the error
		}
	})
}

// results writes results.edn.
func (s *store) results(text []byte) error {
	return s.write("results.edn", func(w *bufio.Writer) { _, _ = w.Write(text) })
}

// linkLatest makes the links to the latest test.
func (s *store) linkLatest() error {
	return errors.Join(
		s.link(filepath.Join(s.root, "latest"), s.rel),
		s.link(filepath.Join(s.root, s.test, "latest"), filepath.Base(s.dir)),
	)
}

// logTo is where the bench's log lines go: the store's log, if there is one,
// and w, if there is one.
func logTo(s *store, w io.Writer) io.Writer {
	var writers []io.Writer
	if s != nil {
		writers = append(writers, s.log)
	}
	if w != nil {
		writers = append(writers, w)
	}
	if writers == nil {
		return io.Discard
	}
	return io.MultiWriter(writers...)
}
