// Package serve shows a store's runs in a browser: a list of them, each run's files, and
// two runs side by side. It only reads.
package serve

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"gset/internal/bench/report/html"
)

// Names of files in a run's folder.
const (
	ReportFile  = "report.html"
	SummaryFile = "summary.json"
)

// runsShown is how many runs are listed: the newest.
const runsShown = 500

var (
	//go:embed pages.html.tmpl
	pagesText string
	//go:embed pages.css
	style string

	pages = template.Must(template.New("pages").Parse(pagesText))
)

// Store serves a store's folder.
type Store struct {
	root *os.Root // nothing outside of it is served, whatever links lie in it
	mux  *http.ServeMux
}

// Open opens a store's folder. The caller closes it.
func Open(dir string) (*Store, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the store: %w", err)
	}
	s := &Store{root: root, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.list)
	s.mux.HandleFunc("GET /compare", s.compare)
	s.mux.HandleFunc("GET /run/{workload}/{time}/{file...}", s.file)
	return s, nil
}

// Close closes the folder.
func (s *Store) Close() error { return s.root.Close() }

// ServeHTTP answers a request to a name of this computer: pages of other sites, which
// could have their names lead here, read nothing.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if ip := net.ParseIP(host); ip == nil && host != "localhost" {
		http.Error(w, "squall serve answers to localhost and to addresses only", http.StatusForbidden)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.mux.ServeHTTP(w, r)
}

// Serve answers requests until ctx is cancelled, and closes l.
func (s *Store) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("cannot serve: %w", err)
	}
	return nil
}

// run is a run in the list.
type run struct {
	Path    string // WORKLOAD/TIME
	Summary *html.Summary
	Report  bool
	When    string
	Files   []string
}

// runs lists the newest runs, the newest first.
func (s *Store) runs() ([]run, int, error) {
	store := s.root.FS()
	workloads, err := fs.ReadDir(store, ".")
	if err != nil {
		return nil, 0, err
	}
	var paths []string
	for _, workload := range workloads {
		if !workload.IsDir() { // links to the latest run are none
			continue
		}
		times, err := fs.ReadDir(store, workload.Name())
		if err != nil {
			return nil, 0, err
		}
		for _, t := range times {
			if t.IsDir() {
				paths = append(paths, path.Join(workload.Name(), t.Name()))
			}
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Compare(path.Base(b), path.Base(a)) })
	list := make([]run, 0, min(len(paths), runsShown))
	for _, p := range paths[:min(len(paths), runsShown)] {
		list = append(list, s.run(p))
	}
	return list, len(paths), nil
}

// run reads of a run what there is: a run that failed, or one of another bench, may have
// no summary and no report.
func (s *Store) run(p string) run {
	r := run{Path: p, When: path.Base(p)}
	if began, err := time.Parse("20060102T150405.000-0700", r.When); err == nil {
		r.When = began.Format(time.DateTime)
	}
	if f, err := s.root.Open(path.Join(p, SummaryFile)); err == nil {
		r.Summary, _ = html.ReadSummary(f) // one that cannot be read is shown as none
		_ = f.Close()
	}
	entries, _ := fs.ReadDir(s.root.FS(), p)
	for _, e := range entries {
		switch {
		case e.Name() == ReportFile:
			r.Report = true
		case e.Type().IsRegular():
			r.Files = append(r.Files, e.Name())
		}
	}
	return r
}

func (s *Store) list(w http.ResponseWriter, _ *http.Request) {
	list, all, err := s.runs()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	show(w, "list", map[string]any{"Style": template.CSS(style), "Runs": list, "More": all - len(list)})
}

// difference is a figure or an option of two runs.
type difference struct {
	Name, A, B string
	Same       bool
}

func (s *Store) compare(w http.ResponseWriter, r *http.Request) {
	both := make([]run, 2)
	for i, key := range []string{"a", "b"} {
		p := r.FormValue(key)
		if !fs.ValidPath(p) || strings.Count(p, "/") != 1 {
			http.Error(w, "choose two runs in the list", http.StatusBadRequest)
			return
		}
		if info, err := s.root.Stat(p); err != nil || !info.IsDir() {
			http.Error(w, "there is no run "+p, http.StatusNotFound)
			return
		}
		both[i] = s.run(p)
	}
	show(w, "compare", map[string]any{
		"Style": template.CSS(style), "A": both[0], "B": both[1], "Differences": differences(both[0].Summary, both[1].Summary)})
}

// differences lists what two runs have in figures and options, those of the first in
// their order before what only the second has.
func differences(a, b *html.Summary) []difference {
	var names []string
	texts := make([]map[string]string, 2)
	for i, s := range []*html.Summary{a, b} {
		texts[i] = make(map[string]string)
		if s == nil {
			continue
		}
		rows := append([]html.Labeled{{Name: "verdict", Text: string(s.Verdict)}, {Name: "seed", Text: fmt.Sprint(s.Seed)}}, s.Figures...)
		for _, l := range append(rows, s.Options...) {
			texts[i][l.Name] = l.Text
			if !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	list := make([]difference, 0, len(names))
	for _, name := range names {
		list = append(list, difference{name, texts[0][name], texts[1][name], texts[0][name] == texts[1][name]})
	}
	return list
}

// file serves a file of a run. What a node wrote is shown as text; only the report is a
// page, which runs in an origin of its own.
func (s *Store) file(w http.ResponseWriter, r *http.Request) {
	name := path.Join(r.PathValue("workload"), r.PathValue("time"), r.PathValue("file"))
	info, err := s.root.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox allow-scripts allow-modals")
	switch {
	case path.Base(name) == ReportFile:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	case strings.HasSuffix(name, ".gz"):
		w.Header().Set("Content-Type", "application/gzip")
	default:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	f, err := s.root.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer f.Close()
	http.ServeContent(w, r, "", info.ModTime(), f)
}

func show(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:; form-action 'self'")
	_ = pages.ExecuteTemplate(w, page, data) // whoever went away while it was written knows
}
