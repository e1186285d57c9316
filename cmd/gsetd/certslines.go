package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gset/replica/cluster/trial"
)

// Ports of a host's first member. Each further one at the same host has the next ones.
const (
	clientsPort = 7379
	peersPort   = 7479
)

// unknownHost stands for a host in lines that the operator has to complete.
const unknownHost = "HOST"

// certsLines are the command lines of members, which make a cluster as they stand, and those of its clients.
type certsLines struct {
	folder  string
	names   []string
	places  []place // of the names
	known   []place // of members of earlier calls, as far as the others reach them
	founds  bool    // the first of the names founds the cluster
	guarded bool    // clients have certificates
	opened  bool    // and none had when the lines of earlier calls were printed
}

// lines returns the lines of a call. It refuses hosts that do not reach each other.
func (cmd *certsCmd) lines(e earlier) (*certsLines, error) {
	l := &certsLines{
		folder: cmd.Dir, names: cmd.Names, known: e.members, founds: e.authority == nil,
		guarded: e.clients || len(cmd.Clients) > 0, opened: len(e.members) > 0 && !e.clients && len(cmd.Clients) > 0,
	}
	for i := range cmd.Names {
		host := thisMachine
		if len(cmd.Hosts) > 0 {
			host = cmd.Hosts[min(i, len(cmd.Hosts)-1)]
		}
		l.places = append(l.places, placeAt(host, slices.Concat(e.members, l.places)))
	}
	if err := l.reachable(); err != nil {
		return nil, err
	}
	if !l.founds && len(l.known) == 0 {
		l.known = []place{{host: unknownHost}}
	}
	return l, nil
}

// reachable refuses members of which some are on this machine's loopback, and others elsewhere. Earlier ones may be: who
// issues certificates for other hosts knows where the members have moved, and fills that in.
func (l *certsLines) reachable() error {
	if len(l.places) == 0 {
		return nil
	}
	elsewhere := func(p place) bool { return !p.inside() }
	if !slices.ContainsFunc(l.places, elsewhere) {
		if slices.ContainsFunc(l.known, elsewhere) {
			return fmt.Errorf("%w: %s has certificates of members on other hosts; --hosts says where %s is to be", errUsage, l.folder, strings.Join(l.names, ", "))
		}
		return nil
	}
	if slices.ContainsFunc(l.places, place.inside) {
		return fmt.Errorf("%w: --hosts: members on loopback are not reached from other hosts", errUsage)
	}
	l.known = slices.DeleteFunc(slices.Clone(l.known), place.inside)
	return nil
}

// others returns the addresses where a member finds the others that it knows of.
func (l *certsLines) others(i int) (all []string) {
	for _, p := range slices.Concat(l.known, l.places[:i], l.places[i+1:]) {
		all = append(all, p.address(peersPort))
	}
	return all
}

// text returns what is to be printed.
func (l *certsLines) text(members, clients []trial.Files) string {
	var text strings.Builder
	for i, files := range members {
		text.WriteString(l.member(i, files))
	}
	for _, files := range clients {
		at := slices.Concat(l.known, l.places)[0]
		fmt.Fprintf(&text, "redis-cli -h %s -p %s --tls --cacert %s --cert %s --key %s\n", at.host, at.port(clientsPort), files.Authority, files.Certificate, files.Key)
	}
	l.explain(&text)
	return text.String()
}

// member returns the line of the i-th member of this call.
func (l *certsLines) member(i int, files trial.Files) string {
	at := l.places[i]
	args := []string{"gsetd serve", "--dir=" + filepath.Join(l.folder, l.names[i]+".store"), "--listen=" + at.address(clientsPort), "--peer-listen=" + at.address(peersPort)}
	if others := l.others(i); len(others) > 0 && !(l.founds && i == 0) {
		args = append(args, "--peer-join="+strings.Join(others, ","))
	}
	args = append(args, "--peer-ca="+files.Authority, "--peer-cert="+files.Certificate, "--peer-key="+files.Key)
	if l.guarded || !at.inside() {
		args = append(args, "--tls-cert="+files.Certificate, "--tls-key="+files.Key)
	}
	if l.guarded {
		args = append(args, "--tls-client-ca="+files.Authority)
	} else if !at.inside() {
		args = append(args, "--users=users")
	}
	return strings.Join(args, " ") + "\n"
}

// explain writes what the lines do not say, as comments of a shell.
func (l *certsLines) explain(text *strings.Builder) {
	if l.founds && len(l.names) > 1 {
		fmt.Fprintf(text, "# %s founds the cluster, since its line has no --peer-join. From its second start on add\n#   --peer-join=%s\n# or it would found another cluster if it lost its disk.\n",
			l.names[0], strings.Join(l.others(0), ","))
	}
	if slices.Contains(l.known, place{host: unknownHost}) {
		fmt.Fprintf(text, "# Put the host of a member that there is in place of %s: no certificate in %s says one.\n", unknownHost, l.folder)
	}
	if len(l.names) > 0 && !l.guarded && !l.places[0].inside() {
		fmt.Fprintln(text, "# The file users has a line of gsetd user for each user. With --clients=NAME clients have certificates in its place.")
	}
	if l.opened {
		fmt.Fprintf(text, "# Members that were started before need --tls-cert, --tls-key and --tls-client-ca=%s, too, to let in clients with certificates.\n", filepath.Join(l.folder, "ca.pem"))
	}
}
