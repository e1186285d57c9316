package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"gset/internal/store"
	"gset/replica/cluster"
)

type backupCmd struct {
	storeFlags
	File string `arg:"" help:"File to write, in place of one that is there."`
}

// check refuses a command line without a folder.
func (f *storeFlags) check() error {
	if f.Dir == "" {
		return fmt.Errorf("%w: --dir is missing", errUsage)
	}
	return nil
}

func (cmd *backupCmd) Run(ctx context.Context, out io.Writer) error {
	if err := cmd.check(); err != nil {
		return err
	}
	state, err := cluster.BackupFolder(ctx, cmd.Dir, cmd.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s has %s and %s\n", cmd.File, counted(state.Elements(), "element"), counted(state.Names(), "collection"))
	return err
}

// counted returns a number and what it counts, in the plural unless it is one.
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

type restoreCmd struct {
	storeFlags
	Peer    memberFlags `embed:"" prefix:"peer-"`
	Foreign bool        `help:"Join the backup also if it is of another cluster, or of another node that was alone. Nobody can take that back."`
	File    string      `arg:"" help:"Backup to read." type:"existingfile"`
}

func (cmd *restoreCmd) Run(ctx context.Context, out io.Writer) (err error) {
	if err := errors.Join(cmd.check(), cmd.Peer.check()); err != nil {
		return err
	}
	config, err := cmd.config()
	if err != nil {
		return err
	}
	node, err := cluster.Open(config)
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("%w\nstop the gsetd that serves it first, and start it again afterwards; or restore into the folder of another member that is stopped: the others get all from it", err)
	}
	if errors.As(err, new(*store.DamageError)) {
		return fmt.Errorf("%w\ngsetd serve --on-damage=refill salvages it", err)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, node.Close()) }()
	before, err := node.Status(ctx)
	if err != nil {
		return err
	}
	restore := node.Restore
	if cmd.Foreign {
		restore = node.Import
	}
	if err := restore(ctx, cmd.File); errors.Is(err, cluster.ErrOtherCluster) {
		return fmt.Errorf("%w\n--foreign joins it all the same", err)
	} else if err != nil {
		return err
	}
	after, err := node.Status(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "joined %s: %s and %s; now there are %d and %d\n", cmd.File,
		counted(after.Elements-before.Elements, "new element"), counted(after.Collections-before.Collections, "new collection"), after.Elements, after.Collections)
	return err
}

// config returns the configuration of the folder's node, whose network is not needed: if the folder has none, of the
// one that serve would begin there by the same settings, under the backup's key.
func (cmd *restoreCmd) config() (cluster.Config, error) {
	key, err := cluster.BackupKey(cmd.File) // before a folder is made
	if err != nil {
		return cluster.Config{}, err
	}
	config, err := cluster.Folder(cmd.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		config, err = cmd.node(&cmd.Peer).Offline()
		config.Key = key
	}
	return config, err
}
