// Package operate is what gsetd shows its operator over HTTP.
//
//	o := operate.New(operate.Config{Snapshot: server.Snapshot, Version: version})
//	o.Handle("/", dashboard)
//	go o.Serve(listener)
//	...
//	err := o.Close()
//
// # Paths
//
//   - /healthz answers 200 as long as the process serves HTTP. It asks nothing else: whoever restarts the process
//     when it fails must not do so because a disk is full or a member is down.
//   - /readyz answers 200 if the node's loop answers, it is not loading, and it has met another member if it was to
//     join some; else 503 and a line for each reason. A node that was cut off from the others stays ready: it
//     serves and takes updates.
//   - /metrics is for Prometheus; docs/OPERATING.md lists what to watch.
//
// # What it costs
//
// Nothing is counted for this package alone. A scrape has the loop copy its counters.
//
// # Who may ask
//
// On loopback, everybody who reaches the listener, unless there is an [Access]: it has requests prove a
// user and, if it says so, a certificate. On loopback a request must be for localhost or an IP address: a page of
// another site, whose name was made to resolve to 127.0.0.1, is refused.
//
// # What strangers cost
//
// A password costs one SHA-256 of at most 528 bytes, a microsecond and less than the request that carries it:
// package acl says why a fast hash is enough. So no verified password is kept. A connection whose requests
// were refused 10 times is closed, and its host is a stranger again to the gate before the TLS handshakes, which
// bounds how fast it can come back. Of 256 connections the oldest that was not let in makes room for a new one.
// Headers have 16 KiB and 5 seconds.
package operate
