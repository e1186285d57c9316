package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gset/internal/bench/network"
	"gset/internal/bench/report"
	"gset/internal/bench/report/html"
	"gset/internal/bench/report/messages"
	"gset/internal/bench/report/serve"
	"gset/internal/bench/report/words"
)

// messagesFile is the record of messages in a test's folder.
const messagesFile = "messages.jsonl.gz"

// recording is what a test writes of its messages: the file that has all of them, and
// what the report shows.
type recording struct {
	dir       string
	names     []string
	net       *network.Network
	log       *messageLog
	recorder  *messages.Recorder
	collector *html.Collector // whose times are on the network's clock
	ended     bool
}

// hasElements tells whether a workload's clients add elements to a set.
func hasElements(workload string) bool { return workload == "broadcast" || workload == "g-set" }

// record begins to record the network's messages.
func record(n *network.Network, dir string, names []string, workload string) (*recording, error) {
	log, err := newMessageLog(filepath.Join(dir, messagesFile))
	if err != nil {
		return nil, fmt.Errorf("cannot record messages: %w", err)
	}
	r := &recording{dir: dir, names: names, net: n, log: log, collector: html.NewCollector(names, hasElements(workload))}
	r.recorder = messages.NewRecorder(
		func(m *messages.Message) error { m.Type = messages.TypeOf(m.Body); return nil },
		func(m *messages.Message) error { r.collector.Add(m); return nil },
		log.add,
	)
	n.Recorder = r.recorder
	return r, nil
}

// end records what is still under way and closes the record. Nobody may send any more. After it the collector has
// seen all messages. It may be called again; r may be nil.
func (r *recording) end() error {
	if r == nil || r.ended {
		return nil
	}
	r.ended = true
	r.net.Abandon()
	if err := errors.Join(r.recorder.Close(), r.log.close()); err != nil {
		return fmt.Errorf("cannot record messages: %w", err)
	}
	return nil
}

// ways tells how an element came to each node, on the network's clock; nil if that cannot be told. r may be nil.
func (r *recording) ways(element int64) []words.Way {
	if r == nil {
		return nil
	}
	var list []words.Way
	for _, w := range r.collector.Ways(element) {
		list = append(list, words.Way(w))
	}
	return list
}

// zero has the times of all messages count from a time on the network's clock. r may be nil.
func (r *recording) zero(origin time.Duration) {
	if r != nil {
		r.log.origin.Store(&origin)
	}
}

// write ends the record and writes the report of a test: of its results, or of what ended
// it if it has none. r may be nil.
func (r *recording) write(b *bench, results *report.Results, failure error) error {
	if r == nil {
		return nil
	}
	if err := r.end(); err != nil {
		return err
	}
	return r.files(newPage(b, r, results, failure))
}

// create makes a file of the test's folder of what fill writes.
func (r *recording) create(name string, fill func(f *os.File) error) error {
	f, err := os.Create(filepath.Join(r.dir, name))
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	if err := errors.Join(fill(f), f.Close()); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return nil
}

// files writes the report and its summary.
func (r *recording) files(run *html.Run) error {
	return errors.Join(
		r.create(serve.ReportFile, func(f *os.File) error { return html.Write(f, run) }),
		r.create(serve.SummaryFile, func(f *os.File) error { return html.Summarize(run).Write(f) }),
	)
}
