package operate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"gset/internal/gsetd"
)

// Config is what an Operator shows. Snapshot must be given.
type Config struct {
	// Snapshot asks the server. It is called in several goroutines.
	Snapshot func(ctx context.Context) (gsetd.Snapshot, error)

	// Certificates returns the certificates that are in use now. It is called at each scrape. Nil is
	// none.
	Certificates func() []Certificate

	// Access says who may ask. Nil is everybody who reaches the listener.
	Access *Access

	Version string // of the program

	// Log gets what goes wrong with requests. Nil is none.
	Log *slog.Logger
}

// Certificate is one that the process proves its name by, or trusts.
type Certificate struct {
	Use      string    // what it is for: "peer", "peer-ca", "client" and so on; each once
	NotAfter time.Time // zero if nobody accepts it
}

// left returns how long the certificate is still good; zero or below if it is not.
func (c Certificate) left() time.Duration {
	if c.NotAfter.IsZero() {
		return 0
	}
	return time.Until(c.NotAfter)
}

// Operator serves HTTP to the operator.
type Operator struct {
	config   Config
	mux      *http.ServeMux
	server   *http.Server
	index    bool // Handle was given what answers at "/"
	visitors visitors
	refused  refusals
}

// MostConns is how many connections are open at a time. One more closes another one.
const MostConns = 256

// Limits of requests, all of which are short.
const (
	headerBytes = 16 << 10
	headerTime  = 5 * time.Second
	idleTime    = time.Minute
	mostScrapes = 4
)

// askTime is how long the loop is waited for.
const askTime = 5 * time.Second

// New makes an Operator.
func New(config Config) *Operator {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	o := &Operator{config: config, mux: http.NewServeMux(), visitors: visitors{most: MostConns}}
	o.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "serving") })
	o.mux.HandleFunc("GET /readyz", o.ready)
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newCollector(config, &o.refused))
	o.mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog:            logger{config.Log},
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: mostScrapes,
	}))
	o.server = &http.Server{
		Handler:           o.admit(o.leaveRoom(o.mux, MostConns-keptForProbes)),
		ConnContext:       o.enter,
		ConnState:         o.visitors.follow,
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(config.Log.Handler(), slog.LevelDebug),
	}
	return o
}

// Handle has a handler answer a pattern of http.ServeMux. To be called before Serve.
func (o *Operator) Handle(pattern string, h http.Handler) {
	o.index = o.index || strings.HasSuffix(pattern, "/") && strings.Count(pattern, "/") == 1
	o.mux.Handle(pattern, h)
}

// OnClose has f called in a goroutine when Close begins, to end what would last: a stream, say.
func (o *Operator) OnClose(f func()) { o.server.RegisterOnShutdown(f) }

// enter notes a connection.
func (o *Operator) enter(ctx context.Context, c net.Conn) context.Context {
	ctx, closed := o.visitors.enter(ctx, c)
	if closed {
		o.refused.count(tooMany)
	}
	return ctx
}

// Disconnect closes all connections: who may ask has changed, and whoever still may connects again.
func (o *Operator) Disconnect() { o.visitors.closeAll() }

// Serve serves a listener, which then belongs to the operator, until Close.
func (o *Operator) Serve(ln net.Listener) error {
	if !o.index {
		o.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "/healthz\n/readyz\n/metrics") })
	}
	if a, ok := ln.Addr().(*net.TCPAddr); ok && a.IP.IsLoopback() {
		o.server.Handler = localOnly(o.server.Handler)
	}
	if err := o.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("operate: %w", err)
	}
	return nil
}

// Close ends all connections; requests that are under way have a second.
func (o *Operator) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := o.server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return o.server.Close()
}

// localOnly refuses requests for a host with a name other than localhost.
func localOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if host != "" && host != "localhost" && net.ParseIP(strings.Trim(host, "[]")) == nil {
			say(w, http.StatusForbidden, "only requests for localhost are served")
			return
		}
		h.ServeHTTP(w, r)
	})
}

// ready answers /readyz.
func (o *Operator) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	var reasons []string
	switch s, err := o.config.Snapshot(ctx); {
	case err != nil:
		reasons = append(reasons, "the loop does not answer: "+err.Error())
	default:
		reasons = Unready(s)
	}
	if len(reasons) > 0 {
		say(w, http.StatusServiceUnavailable, strings.Join(reasons, "\n"))
		return
	}
	say(w, http.StatusOK, "ready")
}

// Unready returns why a node is not ready to serve; nothing if it is.
func Unready(s gsetd.Snapshot) (reasons []string) {
	if s.Loading {
		reasons = append(reasons, "loading: the store was damaged, and other members have not refilled it")
	}
	switch m := s.Status.Member; {
	case s.Status.Joined:
	case m != nil && m.Estranged:
		reasons = append(reasons, "not joined: it has begun a second cluster, and members of the first one refuse it for its hash key")
	default:
		reasons = append(reasons, "not joined: no other member was met")
	}
	return reasons
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // who asked has gone
}

// logger has promhttp's errors logged.
type logger struct{ log *slog.Logger }

// Println logs an error.
func (l logger) Println(v ...any) { l.log.Warn("metrics", "error", fmt.Sprint(v...)) }
