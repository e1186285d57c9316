package main

import (
	"cmp"
	"fmt"
	"io"

	"gset/internal/inspect"
	"gset/internal/store"
)

type inspectCmd struct {
	KeyFrom string `help:"Folder of a member of the same cluster, for a backup that does not have the hash key." type:"existingdir" placeholder:"DIR"`
	Path    string `arg:"" help:"Folder of a store, which may be served meanwhile, or a backup." type:"path"`
}

// Run prints what a store or a backup holds. It fails with errDamaged if not all could be read.
func (cmd *inspectCmd) Run(out io.Writer) error {
	c, err := inspect.Read(cmd.Path, cmd.KeyFrom)
	if err != nil {
		return err
	}
	if c.About != (store.About{}) {
		fmt.Fprintln(out, whose(&c))
	}
	fmt.Fprintf(out, "%d bytes in %d files\n", c.Bytes, len(c.Files))
	for _, f := range c.Files {
		if f.Err != nil {
			fmt.Fprintf(out, "  %s: %v\n", f.Name, f.Err)
		}
	}
	if s := c.State; s != nil {
		fmt.Fprintf(out, "%d elements, %d collections, %d bytes of memory\n", s.Elements(), c.Names(), s.Memory())
	}
	if c.Torn > 0 {
		fmt.Fprintf(out, "the last commit is being written, or was cut off: %d bytes\n", c.Torn)
	}
	if c.Damage != nil {
		return fmt.Errorf("%w: %w", errDamaged, c.Damage)
	}
	fmt.Fprintln(out, "no damage")
	return nil
}

// whose says whose state a store or a backup has.
func whose(c *inspect.Content) string {
	of := fmt.Sprintf("of member %q of cluster %q", c.Member, cmp.Or(c.Name, c.Cluster))
	if c.Name != "" && c.Name != c.Cluster {
		of += ", whose id is " + c.Cluster
	}
	if c.Backup {
		return "backup " + of
	}
	return fmt.Sprintf("store %s, incarnation %x", of, c.Incarnation)
}
