package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"gset/internal/bench"
	"gset/internal/bench/report/serve"
)

// serveCmd is squall serve.
type serveCmd struct {
	Store string `name:"store" default:"store" placeholder:"DIR" help:"The folder that holds the runs (default ${default})."`
	Addr  string `name:"addr" default:"localhost:8080" placeholder:"HOST:PORT" help:"Where to listen (default ${default}). Port 0 takes a free one."`
}

// Run serves until it is interrupted.
func (c *serveCmd) Run(ctx context.Context) error {
	store, err := serve.Open(c.Store)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &bench.OptionError{Option: "--store", Reason: fmt.Sprintf("there is no folder %s: squall test makes one", c.Store)}
	case err != nil:
		return &bench.OptionError{Option: "--store", Reason: err.Error()}
	}
	defer store.Close()
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return &bench.OptionError{Option: "--addr", Reason: err.Error()}
	}
	fmt.Fprintf(os.Stdout, "The runs in %s are at http://%s/ (end with Ctrl-C)\n", c.Store, l.Addr())
	return store.Serve(ctx, l)
}
