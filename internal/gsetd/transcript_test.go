package gsetd_test

import (
	"fmt"
	"strings"
	"testing"

	"gset/internal/gsetd"

	"github.com/cockroachdb/datadriven"
)

// Each file of testdata/transcripts is a talk of clients with a server: "send" has inline commands, one
// a line, each with one reply, and "read" reads messages that no command of the client has asked for. Members of sets, and
// what is random, are sorted or left out. -rewrite writes the files anew.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		var addr string
		peers := map[string]*peer{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "server" {
				var config gsetd.Config
				d.MaybeScanArgs(t, "password", &config.Password)
				d.MaybeScanArgs(t, "maxmemory", &config.MaxMemory)
				addr = serve(t, config)
				return ""
			}
			if addr == "" {
				addr = serve(t, gsetd.Config{})
			}
			name := "a"
			d.MaybeScanArgs(t, "client", &name)
			p := peers[name]
			if p == nil {
				p = dial(t, "tcp", addr)
				peers[name] = p
			}
			n := 0
			d.MaybeScanArgs(t, "replies", &n)
			return p.talk(d, n)
		})
	})
}

// talk plays one directive. Commands have one reply each, and the last one n more.
func (p *peer) talk(d *datadriven.TestData, n int) string {
	var b strings.Builder
	if d.Cmd == "send" {
		for line := range strings.Lines(d.Input) {
			line = strings.TrimSuffix(line, "\n")
			p.send([]byte(line + "\r\n"))
			fmt.Fprintln(&b, normal(append(strings.Fields(line), ""), p.read()))
		}
	}
	for range n {
		fmt.Fprintln(&b, p.read())
	}
	return b.String()
}
