package dashboard

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says what a Handler shows. Only Source must be given.
type Config struct {
	Source Source

	// MaxViewers is how many streams may be open; zero is DefaultMaxViewers.
	MaxViewers int

	// Hosts are names by which a browser may ask a listener on loopback, besides localhost and
	// addresses: those of a proxy, say. Any other name is refused there, as a page from elsewhere
	// could have had it resolved to loopback in order to read this one.
	Hosts []string
}

// DefaultMaxViewers is how many people may watch a node at a time.
const DefaultMaxViewers = 32

const (
	interval = 100 * time.Millisecond // between two events of a stream, at least
	refresh  = time.Second            // between two states
	patience = 5 * time.Second        // with a viewer that takes nothing, and with a Source
	searches = 2                      // at a time
)

// policy forbids the page everything but its own files and its own stream.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed assets
var embedded embed.FS

// asset is a file of the page.
type asset struct {
	content []byte
	kind    string
	tag     string
}

// assets is the files by the paths of their addresses.
var assets = sync.OnceValue(func() map[string]asset {
	kinds := map[string]string{".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
	all := map[string]asset{}
	entries, _ := fs.ReadDir(embedded, "assets") // it is embedded
	for _, e := range entries {
		content, _ := embedded.ReadFile("assets/" + e.Name())
		sum := sha256.Sum256(content)
		address := "/assets/" + e.Name()
		if e.Name() == "index.html" {
			address = "/"
		}
		all[address] = asset{content, kinds[path.Ext(e.Name())] + "; charset=utf-8", `"` + hex.EncodeToString(sum[:8]) + `"`}
	}
	return all
})

// Handler serves the dashboard. It is safe for concurrent use.
type Handler struct {
	source    Source
	hosts     []string
	stream    stream
	searching chan struct{} // has an element for each search
}

// New returns a handler. Close it.
func New(config Config) *Handler {
	h := &Handler{source: config.Source, hosts: config.Hosts, searching: make(chan struct{}, searches)}
	h.stream.source = config.Source
	h.stream.max = cmp.Or(config.MaxViewers, DefaultMaxViewers)
	h.stream.ctx, h.stream.cancel = context.WithCancel(context.Background())
	return h
}

// Close ends all streams. It waits until the Source is not asked any more.
func (h *Handler) Close() { h.stream.close() }

// ServeHTTP serves the page and what belongs to it.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "the dashboard is read only", http.StatusMethodNotAllowed)
		return
	}
	if !h.named(r) {
		http.Error(w, "a listener on loopback is not asked by the name of another host", http.StatusMisdirectedRequest)
		return
	}
	if site := r.Header.Get("Sec-Fetch-Site"); r.URL.Path != "/" && (site == "cross-site" || site == "same-site") {
		http.Error(w, "for the dashboard's own page only", http.StatusForbidden)
		return
	}
	switch r.URL.Path {
	case "/events":
		h.stream.serve(w, r)
	case "/collections":
		h.find(w, r)
	default:
		serveAsset(w, r)
	}
}

// named reports whether a request names the host as it may.
func (h *Handler) named(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !local.IP.IsLoopback() {
		return true
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil || slices.Contains(h.hosts, host)
}

func serveAsset(w http.ResponseWriter, r *http.Request) {
	a, found := assets()[r.URL.Path]
	if !found {
		http.NotFound(w, r)
		return
	}
	header := w.Header()
	header.Set("Content-Type", a.kind)
	header.Set("Cache-Control", "no-cache") // but ask with the tag
	header.Set("ETag", a.tag)
	if strings.Contains(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(a.content) // the viewer may have gone
}

// Bounds of a query, in bytes: a name of a collection has a KiB at most.
const (
	maxQuery  = 1 << 10
	maxCursor = 64
)

// find answers a search.
func (h *Handler) find(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	q := Query{Name: values.Get("name"), Cursor: values.Get("cursor")}
	if len(q.Name) > maxQuery || len(q.Cursor) > maxCursor {
		http.Error(w, "the query is too long", http.StatusBadRequest)
		return
	}
	select {
	case h.searching <- struct{}{}:
		defer func() { <-h.searching }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "others are searching, too", http.StatusTooManyRequests)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	found, err := h.source.Find(ctx, q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	found.Collections = withGrowth(found.Collections)
	text, err := json.Marshal(found)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // the viewer may have gone
}
