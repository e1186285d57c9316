package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gset/crdt"
	"gset/internal/inspect"
)

type diffCmd struct {
	clientFlags
	KeyFrom string `help:"Folder of a member of the same cluster, for a backup that does not have the hash key." type:"existingdir" placeholder:"DIR"`
	First   int    `help:"How many differences to print on each side." default:"10"`
	A       string `arg:"" help:"A backup, the folder of a store, or the address of a running node."`
	B       string `arg:"" help:"Another one."`
}

// Exit statuses of diff beside 0, as those of diff(1).
const (
	exitDiffer  = 1
	exitTrouble = 2
)

var (
	// errDiffer says that there are differences, which have been printed.
	errDiffer = errors.New("they differ")

	// errDamaged says that not all of a store or a backup could be read.
	errDamaged = errors.New("damaged")

	// errTrouble is wrapped by an error of diff.
	errTrouble = errors.New("cannot compare")
)

// Run prints what each of the two lacks.
func (cmd *diffCmd) Run(ctx context.Context, out io.Writer) error {
	a, err := cmd.state(ctx, cmd.A)
	if err != nil {
		return fmt.Errorf("%w: %w", errTrouble, err)
	}
	b, err := cmd.state(ctx, cmd.B)
	if err != nil {
		return fmt.Errorf("%w: %w", errTrouble, err)
	}
	lacksA, lacksB := inspect.Diff(a, b, cmd.First)
	if lacksA.Empty() && lacksB.Empty() {
		fmt.Fprintf(out, "equal: %s\n", counted(a.Elements(), "element"))
		return nil
	}
	printLack(out, cmd.A, &lacksA)
	printLack(out, cmd.B, &lacksB)
	return errDiffer
}

func printLack(out io.Writer, name string, d *inspect.Difference) {
	differ := "counters differ"
	if d.Counters == 1 {
		differ = "counter differs"
	}
	fmt.Fprintf(out, "%s lacks %s and %s; %d %s\n", name, counted(d.Elements, "element"), counted(d.Names, "collection"), d.Counters, differ)
	for _, line := range d.First {
		fmt.Fprintf(out, "  %s\n", line)
	}
}

// state reads what an argument names: a path if there is one, else an address.
func (cmd *diffCmd) state(ctx context.Context, name string) (*crdt.Collections, error) {
	if _, err := os.Stat(name); err != nil {
		state, dialed := cmd.load(ctx, name)
		if dialed != nil {
			return nil, fmt.Errorf("neither a path nor a node: %w", errors.Join(err, dialed))
		}
		return state, nil
	}
	c, err := inspect.Read(name, cmd.KeyFrom)
	if err == nil && c.Damage != nil {
		err = fmt.Errorf("%w: %w", errDamaged, c.Damage)
	}
	if err == nil && c.State == nil {
		c.State = crdt.NewCollections(crdt.Key{1, 2}) // it holds nothing
	}
	return c.State, err
}
