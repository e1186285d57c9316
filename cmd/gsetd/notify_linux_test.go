package main

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// Names of Linux' abstract sockets begin with @ in the environment.
func TestASupervisorMayHaveAnAbstractSocket(t *testing.T) {
	receive := supervise(t, "@gsetd-"+strconv.FormatInt(time.Now().UnixNano(), 36))
	_, stop := start(t, 1, "serve", "--listen=127.0.0.1:0")
	defer stop()
	if got := receive(); !strings.HasPrefix(got, "READY=1\n") {
		t.Errorf("%q", got)
	}
}
