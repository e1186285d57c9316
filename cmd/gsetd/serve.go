package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"os"
	"runtime/debug"
	"syscall"

	"gset/internal/gsetd"
	"gset/internal/store"
)

type serveCmd struct {
	storeFlags
	Listen     string   `help:"Address that clients connect to. One that other machines reach needs TLS and a password, or --insecure." default:"127.0.0.1:7379"`
	Unixsocket string   `help:"Path of a Unix socket to serve as well." placeholder:"PATH"`
	Insecure   bool     `help:"Serve an address that other machines reach without TLS or without a password."`
	TLS        tlsFlags `embed:"" prefix:"tls-"`

	Password     string `help:"Password that clients must give by AUTH or HELLO. On a command line other users can see it." env:"GSETD_PASSWORD"`
	PasswordFile string `help:"File whose first line is the password." type:"existingfile"`
	Users        string `help:"File of users, with hashed passwords and rights; gsetd user makes its lines. It is read again when it has changed." type:"existingfile"`

	Peer peerFlags `embed:"" prefix:"peer-"`

	httpFlags
	logFlags

	Fsync      string   `help:"When updates are on disk: always, before the reply; everysec, a second later at most." enum:"always,everysec" default:"always"`
	Backup     string   `help:"File that BGSAVE writes a backup to, in place of one that is there." placeholder:"FILE"`
	OnDamage   string   `help:"What to do with a damaged store: refuse to start, or refill: salvage it and answer LOADING until other members have sent what it lacks." enum:"refuse,refill" default:"refuse"`
	Maxmemory  byteSize `help:"Bytes of memory above which updates are refused, such as 4GB; 0 for no limit. By default half of what the machine or the control group has."  default:"auto"`
	Maxclients int      `help:"Connections above which further ones are refused. Fewer are served if the limit of open files (ulimit -n) asks for it; the log says so." default:"10000"`
}

// check begins the log, and refuses what makes no sense before anything is begun.
func (cmd *serveCmd) check(problems io.Writer) error {
	err := errors.Join(cmd.logFlags.start(problems), cmd.readPassword(), cmd.Peer.check(), cmd.checkAddress(), cmd.checkHTTP(), cmd.checkClients(), cmd.checkBackup())
	if err != nil {
		return err
	}
	return cmd.fitClients()
}

// announce prints where the node is served.
func (cmd *serveCmd) announce(out io.Writer, clients net.Addr, node *gsetd.Clustered, web *web) {
	if cmd.Dir == "" {
		slog.Warn("nothing is kept on disk: without --dir all data is gone when gsetd ends")
	}
	fmt.Fprintf(out, "serving %s\n", clients)
	if addr := node.Addr(); addr != "" {
		fmt.Fprintf(out, "other members join by %s\n", addr)
	}
	if url := web.url(); url != "" {
		fmt.Fprintf(out, "dashboard %s\n", url)
	}
}

func (cmd *serveCmd) Run(ctx context.Context, out io.Writer, problems problemWriter) error {
	if err := cmd.check(problems); err != nil {
		return err
	}
	let, err := cmd.credentials()
	if err != nil {
		return err
	}
	ln, err := cmd.listeners(let)
	if err != nil {
		return err
	}
	var node *gsetd.Clustered
	page := newPage()
	defer page.close()
	server, err := gsetd.New(gsetd.Config{
		Open:   cmd.opener(ctx, &node, page),
		Backup: cmd.backup(&node),
		Lean:   true,
		Users:  let.now(), Log: slog.Default(),
		Password: cmd.Password, Handshakes: let.gate.Stats, CertificateExpires: let.expires, MaxMemory: cmd.limit(), MaxConns: cmd.Maxclients, Address: ln[0].Addr().String(),
	})
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		slog.Info("gsetd has ended: it was interrupted before it served", "cause", err)
		return closeAll(ln)
	}
	if err != nil {
		return errors.Join(err, closeAll(ln))
	}
	for i, l := range ln {
		if err := server.Serve(l); err != nil {
			server.Stop()
			return errors.Join(err, server.Run(), closeAll(ln[i+1:]), node.Close())
		}
	}
	page.start(server)
	web, err := cmd.httpFlags.listen(server, page, cmd.certificates(let, node), let)
	if err != nil {
		server.Stop()
		return errors.Join(err, server.Run(), node.Close())
	}
	defer let.watch(server, node, web)()
	cmd.announce(out, ln[0].Addr(), node, web)
	supervisor := newSupervisor(os.Getenv)
	quiet := supervisor.ready("serving "+ln[0].Addr().String(), func(ctx context.Context) error { _, err := server.Snapshot(ctx); return err })
	defer quiet()
	defer context.AfterFunc(ctx, func() {
		quiet() // the end may take longer than a sign of life is waited for
		supervisor.stopping()
		slog.Info("gsetd was interrupted: it ends")
		cmd.Peer.leave(server, node)
		server.Stop()
	})()
	err = errors.Join(server.Run(), web.close(), node.Close())
	if err == nil {
		slog.Info("gsetd has ended")
	}
	return err
}

// backup returns what BGSAVE does, nil without --backup.
func (cmd *serveCmd) backup(node **gsetd.Clustered) func() error {
	if cmd.Backup == "" {
		return nil
	}
	return func() error { return (*node).Backup(cmd.Backup) }
}

// opener returns what opens the node, and leaves it in *node to be closed.
func (cmd *serveCmd) opener(ctx context.Context, node **gsetd.Clustered, page *page) func(do func(func()) error) (gsetd.Node, error) {
	config := cmd.node()
	if cmd.HTTP != "" {
		page.observe(&config)
	}
	open := gsetd.OpenClusterContext(ctx, config, cmd.OnDamage == "refill", func(n *gsetd.Clustered) { *node = n })
	return func(do func(func()) error) (gsetd.Node, error) {
		n, err := open(do)
		if damage := (*store.DamageError)(nil); errors.As(err, &damage) {
			return nil, fmt.Errorf("%w\n--on-damage=refill salvages it: it starts with what can be read, and serves it when other members have sent the rest", err)
		}
		if errors.Is(err, syscall.ENOSPC) {
			return nil, fmt.Errorf("%w\nto be opened a store needs room for a new log, of some megabytes: make room, and start again", err)
		}
		return n, err
	}
}

func closeAll(ln []net.Listener) (err error) {
	for _, l := range ln {
		err = errors.Join(err, l.Close())
	}
	return err
}

func (cmd *serveCmd) readPassword() (err error) {
	if cmd.PasswordFile != "" {
		cmd.Password, err = firstLine(cmd.PasswordFile)
	}
	return err
}

// limit returns the memory limit, and has Go's collector keep the process within a quarter more.
func (cmd *serveCmd) limit() int64 {
	n := cmd.Maxmemory.bytes
	if cmd.Maxmemory.auto {
		n = gsetd.SystemMemory() / 2
	}
	if n > 0 && n < math.MaxInt64/2 {
		debug.SetMemoryLimit(n + n/4 + 64<<20)
	}
	return n
}
