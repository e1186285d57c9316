package main

import (
	"fmt"
	"log/slog"

	"gset/internal/operate"
)

// Descriptors that a server needs beside those of its clients. They are kept free by admitting fewer clients: a
// store that finds none for its next log takes no updates.
const (
	ownFiles   = 32 // standard streams, pollers, listeners, the store's files, a backup, files that are read again
	shakeFiles = 64 // of TLS handshakes with strangers that are under way at one port; see gate.Config
	linkFiles  = 64 // of links to members
)

// leastClients is the number of clients below which a server does not start.
const leastClients = 16

// otherFiles returns how many descriptors the server needs beside those of its clients.
func (cmd *serveCmd) otherFiles() int {
	n := ownFiles
	if cmd.TLS.on() {
		n += shakeFiles
	}
	if cmd.Peer.on() {
		n += shakeFiles + linkFiles
	}
	if cmd.HTTP != "" {
		n += operate.MostConns
		if cmd.TLS.on() && cmd.guarded() {
			n += shakeFiles
		}
	}
	return n
}

// checkClients refuses a number of clients that is none.
func (cmd *serveCmd) checkClients() error {
	if cmd.Maxclients < 1 {
		return fmt.Errorf("%w: --maxclients is above zero", errUsage)
	}
	return nil
}

// fitClients lowers --maxclients to what the process' limit of open files allows, as Redis does. The limit
// is the hard one where the system lets Go's package os raise the soft one to it, which it does when a program starts.
func (cmd *serveCmd) fitClients() error {
	limit, known := openFiles()
	if !known {
		return nil
	}
	return cmd.fit(limit)
}

// fit is fitClients for a limit.
func (cmd *serveCmd) fit(limit int) error {
	others := cmd.otherFiles()
	most := limit - others
	switch {
	case most >= cmd.Maxclients:
		return nil
	case most < min(leastClients, cmd.Maxclients):
		return fmt.Errorf("the process may have %d files open, and needs %d for itself, and %d for clients at least: raise the limit (ulimit -n, LimitNOFILE=)",
			limit, others, min(leastClients, cmd.Maxclients))
	}
	slog.Warn("fewer clients than --maxclients are served: the process may not have more files open (ulimit -n, LimitNOFILE=)",
		"maxclients", most, "asked", cmd.Maxclients, "files", limit, "needed", cmd.Maxclients+others)
	cmd.Maxclients = most
	return nil
}
