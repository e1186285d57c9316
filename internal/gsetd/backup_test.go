package gsetd_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"gset/internal/gsetd"
	"gset/replica/cluster"
)

// A backup that fails is seen: in the log with the reason, in INFO, and by those who watch the server, until one is written.
func TestABackupThatFailsIsSeen(t *testing.T) {
	var log bytes.Buffer
	next := make(chan error, 1)
	server, stop := start(t, gsetd.Config{
		Open: alone(t, cluster.Config{}), Log: slog.New(slog.NewTextHandler(&log, nil)), Backup: func() error { return <-next },
	})
	defer stop()
	p := dial(t, "tcp", server.Address())
	for i, outcome := range []error{errors.New("no room for backups"), nil} {
		p.expect("BGSAVE", "+Background saving started")
		next <- outcome
		s := gsetd.Snapshot{}
		for s.Backups.Written+s.Backups.Failed <= uint64(i) {
			var err error
			if s, err = server.Snapshot(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if s.Backups.Failure != outcome || s.Backups.Failed != 1 || s.Backups.Last.IsZero() != (outcome != nil) {
			t.Errorf("%+v", s.Backups)
		}
		if info := p.do("INFO persistence").text; !strings.Contains(info, "gset_backups_failed:1\r\n") || strings.Contains(info, "bgsave_status:ok") != (outcome == nil) {
			t.Error(info)
		}
	}
	stop()
	if strings.Count(log.String(), `msg="BGSAVE has failed" error="no room for backups"`) != 1 {
		t.Error(log.String())
	}
}
