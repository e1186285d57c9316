package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"time"

	"gset/replica/cluster/trial"
)

type certsCmd struct {
	Dir     string   `arg:"" help:"Folder for the files. If it has ca.pem and ca.key of an earlier call, that authority issues the certificates."`
	Names   []string `help:"Names of members." default:"node1,node2,node3" placeholder:"NAME"`
	Hosts   []string `help:"Names and addresses of the members' hosts, by which clients find them." default:"localhost,127.0.0.1,::1"`
	Clients []string `help:"Names of clients. No member takes a client's certificate for a member's." placeholder:"NAME"`
	Days    int      `help:"How long the certificates are good." default:"365"`
}

// mostDays bounds how long certificates are good: as long as a trial's authority is.
const mostDays = int(trial.AuthorityLifetime / (24 * time.Hour))

// Run writes certificates. It writes none if one of them is there.
func (cmd *certsCmd) Run(out io.Writer) error {
	names := slices.Concat(cmd.Names, cmd.Clients)
	if len(names) == 0 || cmd.Days < 1 || cmd.Days > mostDays {
		return fmt.Errorf("%w: --names has a name at least, and --days is from 1 to %d", errUsage, mostDays)
	}
	for i, name := range names {
		if _, err := trial.Absent(cmd.Dir, name); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("nothing was written: %s has a certificate or a key for %s; --names has the names of members that have none", cmd.Dir, name)
		} else if err != nil {
			return fmt.Errorf("nothing was written: %w", err)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%w: the name %q comes twice", errUsage, name)
		}
	}
	lines := cmd.lines()
	ca, err := trial.Load(cmd.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		ca, err = trial.Create(cmd.Dir)
	}
	if err != nil {
		return err
	}
	until := time.Now().Add(time.Duration(cmd.Days) * 24 * time.Hour)
	for i, name := range names {
		o := trial.Options{Hosts: cmd.Hosts, NotAfter: until, Client: i >= len(cmd.Names)}
		if o.Client {
			o.Hosts = nil
		}
		files, err := ca.Add(cmd.Dir, name, o)
		if err != nil {
			return err
		}
		if o.Client {
			fmt.Fprintf(out, "redis-cli --tls --cacert %s --cert %s --key %s\n", files.Authority, files.Certificate, files.Key)
		} else {
			lines.print(out, i, files)
		}
	}
	lines.explain(out)
	return nil
}
