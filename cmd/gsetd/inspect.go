package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

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
	fmt.Fprintf(out, "%s in %s\n", counted(int(c.Bytes), "byte"), counted(len(c.Files), "file"))
	if s := c.State; s != nil {
		fmt.Fprintf(out, "%s, %s, %d bytes of memory\n", counted(s.Elements(), "element"), counted(c.Names(), "collection"), s.Memory())
	}
	if c.Torn > 0 {
		fmt.Fprintf(out, "the last commit is being written, or was cut off: %d bytes\n", c.Torn)
	}
	if err := damage(&c); err != nil {
		return err
	}
	fmt.Fprintln(out, "no damage")
	return nil
}

// damage returns all that is known to be damaged, a line each; nil if nothing is. The files' frames are read up to the
// first damage.
func damage(c *inspect.Content) error {
	var all []error
	for _, f := range c.Files {
		if f.Err != nil {
			all = append(all, f.Err)
		}
	}
	if c.Damage != nil && !slices.ContainsFunc(all, func(err error) bool { return strings.Contains(c.Damage.Error(), err.Error()) }) {
		all = append(all, c.Damage)
	}
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", errDamaged, errors.Join(all...))
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
