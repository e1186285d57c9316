package main

import (
	"context"
	"fmt"
	"io"
	"iter"

	"gset/internal/gsetd"
	"gset/internal/store"
)

type backupCmd struct {
	storeFlags
	File string `arg:"" help:"File to write, in place of one that is there."`
}

func (f *storeFlags) config() (store.Config, error) {
	if f.Dir == "" {
		return store.Config{}, fmt.Errorf("%w: --dir is missing", errUsage)
	}
	return store.Config{
		About: store.About{Cluster: f.Cluster, State: gsetd.StateName, Member: f.Name},
		Dir:   f.Dir,
	}, nil
}

func (cmd *backupCmd) Run(ctx context.Context, out io.Writer) error {
	config, err := cmd.config()
	if err != nil {
		return err
	}
	state, err := gsetd.ReadState(func(apply func([]byte) error) error {
		_, err := store.Read(config, apply)
		return err
	})
	if err != nil {
		return err
	}
	if err := store.WriteBackup(config, cmd.File, until(ctx, gsetd.Records(state))); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s has %d elements and %d collections\n", cmd.File, state.Elements(), state.Names())
	return nil
}

// until ends parts with an error when ctx is done.
func until(ctx context.Context, parts iter.Seq2[[]byte, error]) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for part, err := range parts {
			if err == nil {
				err = ctx.Err()
			}
			if !yield(part, err) || err != nil {
				return
			}
		}
	}
}

type restoreCmd struct {
	storeFlags
	File string `arg:"" help:"Backup to read." type:"existingfile"`
}

func (cmd *restoreCmd) Run(_ context.Context, out io.Writer) (err error) {
	config, err := cmd.config()
	if err != nil {
		return err
	}
	state, err := gsetd.ReadState(func(apply func([]byte) error) error {
		_, err := store.ReadBackup(config, cmd.File, apply)
		return err
	})
	if err != nil {
		return err
	}
	node, err := gsetd.OpenLocal(gsetd.LocalConfig{Cluster: cmd.Cluster, Name: cmd.Name, Dir: cmd.Dir})
	if err != nil {
		return err
	}
	node.Restore(state)
	if err := node.Close(); err != nil {
		return err
	}
	fmt.Fprintf(out, "joined %d elements and %d collections of %s\n", state.Elements(), state.Names(), cmd.File)
	return nil
}
