package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	"gset/crdt"
	"gset/replica/cluster/trial"
)

type certsCmd struct {
	Dir     string   `arg:"" help:"Folder for the files. If it has ca.pem and ca.key of an earlier call, that authority issues the certificates."`
	Names   []string `help:"Names of members. Without it a new authority issues node1, node2 and node3, and one that is there no member's certificate." placeholder:"NAME"`
	Hosts   []string `help:"Hosts of the members, by name or address: one for each of --names, or one for all. Without it the members are on this machine, for its own clients." placeholder:"HOST"`
	Clients []string `help:"Names of clients. No member takes a client's certificate for a member's." placeholder:"NAME"`
	Days    int      `help:"How long the certificates are good." default:"365"`
}

// mostDays bounds how long certificates are good: as long as a trial's authority is.
const mostDays = int(trial.AuthorityLifetime / (24 * time.Hour))

// Run writes certificates, and prints when all are written. It writes none if one of them is there.
func (cmd *certsCmd) Run(out io.Writer) error {
	e, err := readEarlier(cmd.Dir)
	if err != nil {
		return fmt.Errorf("nothing was written: %w", err)
	}
	if e.authority == nil && len(cmd.Names) == 0 {
		cmd.Names = []string{"node1", "node2", "node3"}
	}
	if err := cmd.check(); err != nil {
		return err
	}
	l, err := cmd.lines(e)
	if err != nil {
		return err
	}
	ca := e.authority
	if ca == nil {
		if ca, err = trial.Create(cmd.Dir); err != nil {
			return err
		}
	}
	members, clients, err := cmd.issue(ca, l.places)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, l.text(members, clients))
	return err
}

// check refuses what no certificate could be made of, and names whose files are there.
func (cmd *certsCmd) check() error {
	names, hosts := slices.Concat(cmd.Names, cmd.Clients), len(cmd.Hosts)
	switch {
	case len(names) == 0:
		return fmt.Errorf("%w: %s has an authority; --names and --clients say for whom it is to issue certificates", errUsage, cmd.Dir)
	case cmd.Days < 1 || cmd.Days > mostDays:
		return fmt.Errorf("%w: --days is from 1 to %d", errUsage, mostDays)
	case hosts > 0 && (len(cmd.Names) == 0 || hosts != 1 && hosts != len(cmd.Names)):
		return fmt.Errorf("%w: --hosts has %d for %d members; it has one for each of --names, or one for all", errUsage, hosts, len(cmd.Names))
	}
	for _, host := range cmd.Hosts {
		if !isHost(host) {
			return fmt.Errorf("%w: --hosts: %q is neither a DNS name nor an address of a host", errUsage, host)
		}
	}
	for i, name := range names {
		if !isDNSName(name) || len(name) > crdt.MaxNode {
			return fmt.Errorf("%w: %q is not a DNS name of at most %d bytes", errUsage, name, crdt.MaxNode)
		}
		if _, err := trial.Absent(cmd.Dir, name); errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("nothing was written: %s has a certificate or a key for %s; --names has the names of members that have none", cmd.Dir, name)
		} else if err != nil {
			return fmt.Errorf("nothing was written: %w", err)
		}
		if slices.Contains(names[:i], name) {
			return fmt.Errorf("%w: the name %q comes twice", errUsage, name)
		}
	}
	return nil
}

// issue writes certificates: of members at their places, and of clients.
func (cmd *certsCmd) issue(ca *trial.CA, places []place) (members, clients []trial.Files, err error) {
	until := time.Now().Add(time.Duration(cmd.Days) * 24 * time.Hour)
	for i, name := range cmd.Names {
		files, err := ca.Add(cmd.Dir, name, trial.Options{Hosts: places[i].names(), NotAfter: until})
		if err != nil {
			return nil, nil, err
		}
		members = append(members, files)
	}
	for _, name := range cmd.Clients {
		files, err := ca.Add(cmd.Dir, name, trial.Options{Client: true, NotAfter: until})
		if err != nil {
			return nil, nil, err
		}
		clients = append(clients, files)
	}
	return members, clients, nil
}

// dnsName matches names of labels of letters, digits, hyphens and underscores. Underscores are in no host's
// proper name, but certificates with them are taken everywhere.
var dnsName = regexp.MustCompile(`^(\w([\w-]{0,61}\w)?\.)*\w([\w-]{0,61}\w)?$`)

// mostDNSName bounds a DNS name as it is written, in bytes.
const mostDNSName = 253

func isDNSName(name string) bool { return len(name) <= mostDNSName && dnsName.MatchString(name) }

// isHost reports whether a host can be reached by its DNS name or address. What has digits and dots alone and is not an address
// is a mistyped one.
func isHost(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsUnspecified()
	}
	return isDNSName(host) && strings.Trim(host, "0123456789.") != ""
}
