package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"gset/internal/dashboard"
	"gset/internal/dashboard/watch"
	"gset/internal/gsetd"
	"gset/replica/cluster"
)

// page is the dashboard of a node. observe is called before the node is opened, start after that; close may be
// called in any case.
type page struct {
	watch   *watch.Watch
	handler *dashboard.Handler // for whoever has a listener for it
	started bool

	server  *http.Server // nil without a listener of its own
	serving sync.WaitGroup
	failed  error
}

func newPage() *page {
	w := watch.New(version())
	return &page{watch: w, handler: dashboard.New(dashboard.Config{Source: w})}
}

// observe has the page told what happens to a node that is to be opened. The node raises beacons, so that the
// latency of replication can be shown.
func (p *page) observe(c *cluster.Config) {
	c.Observer = p.watch.Observe
	if c.Beacon == 0 {
		c.Beacon = cluster.DefaultBeacon
	}
}

// start begins to watch a server.
func (p *page) start(server *gsetd.Server) {
	p.started = true
	p.watch.Start(server)
}

// listen serves the page at an address of its own, and returns the page's.
func (p *page) listen(address string) (url string, err error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	p.server = &http.Server{Handler: p.handler, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	p.serving.Go(func() {
		if err := p.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			p.failed = err
		}
	})
	return "http://" + ln.Addr().String() + "/", nil
}

// close ends what start and listen have begun.
func (p *page) close() error {
	p.handler.Close()
	if p.started {
		p.watch.Stop()
	}
	if p.server == nil {
		return nil
	}
	err := p.server.Close()
	p.serving.Wait()
	return errors.Join(err, p.failed)
}

// dashboard serves the page if the command line says so, and returns what to print of it.
func (cmd *serveCmd) dashboard(p *page) (string, error) {
	if cmd.HTTP == "" {
		return "", nil
	}
	url, err := p.listen(cmd.HTTP)
	return "dashboard " + url + "\n", err
}

// checkHTTP refuses an address of the dashboard that other machines reach: it asks for no password.
func (cmd *serveCmd) checkHTTP() error {
	if cmd.HTTP == "" || cmd.Insecure {
		return nil
	}
	host, _, err := net.SplitHostPort(cmd.HTTP)
	if err != nil {
		return fmt.Errorf("%w: --http: %w", errUsage, err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%w: other machines reach %s, and the dashboard asks for no password: that needs --insecure", errUsage, cmd.HTTP)
}

// version returns which build this is.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of an unknown build"
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "of no release"
}
