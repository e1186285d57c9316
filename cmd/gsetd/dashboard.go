package main

import (
	"gset/internal/dashboard"
	"gset/internal/dashboard/watch"
	"gset/internal/gsetd"
	"gset/replica/cluster"
)

// page is the dashboard of a node. observe is called before the node is opened, start after that; close may be
// called in any case.
type page struct {
	watch   *watch.Watch
	handler *dashboard.Handler
	started bool
}

func newPage() *page {
	w := watch.New(version())
	return &page{watch: w, handler: dashboard.New(dashboard.Config{Source: w})}
}

// observe has the page told what happens to a node that is to be opened.
func (p *page) observe(c *cluster.Config) { c.Observer = p.watch.Observe }

// start begins to watch a server.
func (p *page) start(server *gsetd.Server) {
	p.started = true
	p.watch.Start(server)
}

// close ends what start has begun.
func (p *page) close() {
	p.handler.Close()
	if p.started {
		p.watch.Stop()
	}
}
