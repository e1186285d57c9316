package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"gset/internal/dashboard/watch"
	"gset/internal/gsetd"
	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

type trialCmd struct {
	Nodes int    `help:"Number of nodes." default:"3"`
	Dir   string `help:"Folder for the stores of all nodes. By default a temporary one, removed at the end." placeholder:"DIR"`
}

// mostTrial bounds the nodes of a trial, which share one process.
const mostTrial = 16

// Run serves a cluster of some nodes on loopback, with certificates made on the spot, until ctx is
// done.
func (cmd *trialCmd) Run(ctx context.Context, out io.Writer) (err error) {
	if cmd.Nodes < 1 || cmd.Nodes > mostTrial {
		return fmt.Errorf("%w: --nodes is from 1 to %d", errUsage, mostTrial)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP) // its terminal has gone
	defer stop()
	dir := cmd.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "gsetd"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	t, err := newTrialCluster(dir)
	if err != nil {
		return err
	}
	for i := range cmd.Nodes {
		if err := t.start(fmt.Sprintf("node%d", i+1)); err != nil {
			return errors.Join(err, t.stop())
		}
	}
	for _, addr := range t.clients {
		host, port, _ := strings.Cut(addr, ":")
		fmt.Fprintf(out, "%s   redis-cli -h %s -p %s sadd revoked $RANDOM; redis-cli -h %s -p %s smembers revoked\n", addr, host, port, host, port)
	}
	for i, url := range t.pages {
		fmt.Fprintf(out, "node%d's dashboard: %s\n", i+1, url)
	}
	fmt.Fprintln(out, "Ctrl-C stops all nodes.")
	<-ctx.Done()
	return t.stop()
}

// trialCluster is the nodes of a trial.
type trialCluster struct {
	dir     string
	ca      *trial.CA
	clients []string // addresses for clients
	peers   []string // addresses for members
	pages   []string // addresses of dashboards
	watches []*watch.Watch
	stops   []func() error
}

func newTrialCluster(dir string) (*trialCluster, error) {
	ca, err := trial.NewCA()
	return &trialCluster{dir: dir, ca: ca}, err
}

func (t *trialCluster) start(name string) error {
	id, err := t.ca.Identity(name)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	config := cluster.Config{
		Identity: cluster.Static(id), Cluster: "trial", Dir: filepath.Join(t.dir, name), Join: t.peers,
		Beacon: cluster.DefaultBeacon,
	}
	page := newPage()
	page.observe(&config)
	var node *gsetd.Clustered
	server, err := gsetd.New(gsetd.Config{
		Open:    gsetd.OpenCluster(config, false, func(n *gsetd.Clustered) { node = n }),
		Address: ln.Addr().String(),
	})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	serving := server.Serve(ln)
	if serving != nil {
		server.Stop()
	}
	var ended error
	var running sync.WaitGroup
	running.Go(func() { ended = server.Run() })
	page.start(server)
	web, err := (&httpFlags{HTTP: "127.0.0.1:0"}).listen(server, page, nil, nil)
	if err != nil {
		page.close()
		server.Stop()
		running.Wait()
		return errors.Join(err, ended, node.Close())
	}
	t.stops = append(t.stops, func() error {
		err := web.close()
		page.close()
		server.Stop()
		running.Wait()
		return errors.Join(err, ended, node.Close())
	})
	t.pages = append(t.pages, web.url())
	t.watches = append(t.watches, page.watch)
	for _, w := range t.watches {
		w.Beside(t.watches...)
	}
	t.clients = append(t.clients, ln.Addr().String())
	t.peers = append(t.peers, node.Addr())
	return serving
}

// stop stops all nodes.
func (t *trialCluster) stop() (err error) {
	for _, stop := range t.stops {
		err = errors.Join(err, stop())
	}
	return err
}
