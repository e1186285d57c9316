package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"

	"gset/internal/gsetd"
	"gset/internal/operate"
)

// httpFlags say where the operator is served over HTTP. By default nowhere: people who run Redis
// expect one port, several nodes on one machine would fight for a second, and there is no password
// on it. The unit in deploy/ and the trial turn it on, on loopback.
type httpFlags struct {
	HTTP string `name:"http" help:"Address for /metrics, /healthz, /readyz and the dashboard over HTTP, such as 127.0.0.1:7380. By default there is none. It asks for no password, so one that other machines reach needs --insecure." placeholder:"HOST:PORT"`
}

// check refuses an address that other machines reach.
func (f *httpFlags) check(insecure bool) error {
	if f.HTTP == "" {
		return nil
	}
	_, _, err := net.SplitHostPort(f.HTTP)
	switch {
	case err != nil:
		return fmt.Errorf("%w: --http: %w", errUsage, err)
	case insecure || isLoopback(f.HTTP):
		return nil
	}
	return fmt.Errorf("%w: other machines reach %s, and HTTP asks for no password: that needs --insecure", errUsage, f.HTTP)
}

// web is what serves the operator. Without an address it serves nothing.
type web struct {
	operator *operate.Operator
	addr     net.Addr // nil if there is none
	running  sync.WaitGroup
	ended    error
}

// listen serves the operator of a server from now on, with a page at "/".
func (f *httpFlags) listen(server *gsetd.Server, page *page, certificates func() []operate.Certificate) (*web, error) {
	if f.HTTP == "" {
		return new(web), nil
	}
	ln, err := net.Listen("tcp", f.HTTP)
	if err != nil {
		return nil, fmt.Errorf("--http: %w", err)
	}
	w := &web{operator: operate.New(operate.Config{Snapshot: server.Snapshot, Certificates: certificates, Version: version(), Log: slog.Default()}), addr: ln.Addr()}
	w.operator.Handle("/", page.handler)
	w.operator.OnClose(page.handler.Close)
	w.running.Go(func() { w.ended = w.operator.Serve(ln) })
	return w, nil
}

// url returns the page's address; "" if there is none.
func (w *web) url() string {
	if w.addr == nil {
		return ""
	}
	return "http://" + w.addr.String() + "/"
}

func (w *web) close() error {
	if w.operator == nil {
		return nil
	}
	err := w.operator.Close()
	w.running.Wait()
	return errors.Join(err, w.ended)
}

// version returns the program's version: the module's, or the commit that it was built of.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "unknown"
}
