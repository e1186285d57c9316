//go:build !linux

package loop

import (
	"net"
	"time"
)

func newPoller(l *Loop) (poller, error) { return newChannel(l), nil }

func (l *Loop) listen(net.Listener) (polled bool, err error) { return false, nil }

// limitSilence has nothing to add to keepalive here.
func limitSilence(*net.TCPConn, time.Duration) {}
