package main

import (
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gset/replica/cluster/trial"
)

// Ports of the first member. On one machine each further member has the next ones.
const (
	clientsPort = 7379
	peersPort   = 7479
)

// memberLines are the command lines of the members of a cluster, which make one as they stand.
type memberLines struct {
	folder  string
	names   []string
	hosts   []string // of each member; nil if all are on this machine
	earlier int      // members that there may be of earlier calls
	guarded bool     // clients have certificates
}

// lines returns the members' lines. To be called before certificates are written.
func (cmd *certsCmd) lines() memberLines {
	l := memberLines{folder: cmd.Dir, names: cmd.Names, guarded: len(cmd.Clients) > 0}
	certificates, _ := filepath.Glob(filepath.Join(cmd.Dir, "*.pem")) // the pattern is a good one, or the folder's name has brackets
	l.earlier = max(0, len(certificates)-1)
	if !slices.ContainsFunc(cmd.Hosts, func(host string) bool { return !isLoopback(net.JoinHostPort(host, "1")) }) {
		return l
	}
	l.hosts = cmd.Names
	if len(cmd.Hosts) == len(cmd.Names) {
		l.hosts = cmd.Hosts
	}
	return l
}

// address returns where a member is reached: of all that there may be, counted from the first call on.
func (l *memberLines) address(member, port int) string {
	if l.hosts == nil {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(port+member))
	}
	return net.JoinHostPort(l.hosts[member-l.earlier], strconv.Itoa(port))
}

// others returns the addresses where a member finds the others that it knows of.
func (l *memberLines) others(member int) (all []string) {
	first := l.earlier
	if l.hosts == nil {
		first = 0
	}
	for i := first; i < l.earlier+len(l.names); i++ {
		if i != member {
			all = append(all, l.address(i, peersPort))
		}
	}
	return all
}

// print prints the line of the i-th member of this call.
func (l *memberLines) print(out io.Writer, i int, files trial.Files) {
	member := l.earlier + i
	args := []string{"gsetd serve", "--dir=" + filepath.Join(l.folder, l.names[i]+".store"), "--listen=" + l.address(member, clientsPort), "--peer-listen=" + l.address(member, peersPort)}
	if others := l.others(member); member > 0 && len(others) > 0 {
		args = append(args, "--peer-join="+strings.Join(others, ","))
	}
	args = append(args, "--peer-ca="+files.Authority, "--peer-cert="+files.Certificate, "--peer-key="+files.Key)
	if l.hosts != nil {
		args = append(args, "--tls-cert="+files.Certificate, "--tls-key="+files.Key)
		if l.guarded {
			args = append(args, "--tls-client-ca="+files.Authority)
		} else {
			args = append(args, "--users=users")
		}
	}
	fmt.Fprintln(out, strings.Join(args, " "))
}

// explain prints what the lines do not say, as comments of a shell.
func (l *memberLines) explain(out io.Writer) {
	if l.earlier == 0 && len(l.names) > 1 {
		fmt.Fprintf(out, "# %s founds the cluster, since its line has no --peer-join. From its second start on add\n#   --peer-join=%s\n# or it would found another cluster if it lost its disk.\n",
			l.names[0], strings.Join(l.others(0), ","))
	}
	if l.earlier > 0 && l.hosts != nil {
		fmt.Fprintln(out, "# Add to --peer-join addresses of members that there are.")
	}
	if l.hosts != nil && !l.guarded {
		fmt.Fprintln(out, "# The file users has a line of gsetd user for each user. With --clients=NAME clients have certificates in its place.")
	}
}
