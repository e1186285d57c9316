package glomers

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gset/internal/bench"
	"gset/internal/bench/report"
)

// The test binary is also a broadcast node that acknowledges everything and shows nothing, if this
// variable is set.
const nodeVar = "GLOMERS_TEST_NODE"

func TestMain(m *testing.M) {
	if os.Getenv(nodeVar) == "" {
		os.Exit(m.Run())
	}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var request struct {
			Src, Dest string
			Body      struct {
				Type  string
				MsgID int `json:"msg_id"`
			}
		}
		if err := json.Unmarshal(in.Bytes(), &request); err != nil {
			panic(err)
		}
		more := ""
		if request.Body.Type == "read" {
			more = `,"messages":[]`
		}
		fmt.Printf(`{"src":%q,"dest":%q,"body":{"type":"%s_ok","in_reply_to":%d%s}}`+"\n",
			request.Dest, request.Src, request.Body.Type, request.Body.MsgID, more)
	}
}

// A node that loses everything is planted among the binaries: what it did can be looked at, and repeated.
func TestThePlantedFailureOfARowIsKeptWithItsSeed(t *testing.T) {
	t.Setenv(nodeVar, "yes")
	bins, root := t.TempDir(), t.TempDir()
	me, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(me, filepath.Join(bins, "maelstrom-broadcast")); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	table := Table{Rows: Challenges()[:1], Runs: 1, Parallel: 1, BinDir: bins, StoreDir: root, Out: &out}
	table.run = func(ctx context.Context, o bench.Options) (*report.Results, error) {
		o.TimeLimit, o.Rate, o.Recovery = 100*time.Millisecond, 200, 0
		o.ClientTimeout, o.InitTimeout = time.Hour, time.Hour // a busy computer makes it wait
		return bench.Run(ctx, o)
	}
	if err := table.Run(t.Context()); !errors.Is(err, ErrMissed) {
		t.Fatalf("error %v", err)
	}
	kept := regexp.MustCompile(`MISSED validity: \w+; seed (\d+), kept in (\S+)\n`).FindStringSubmatch(out.String())
	if kept == nil {
		t.Fatalf("no seed and store in\n%s", out.String())
	}
	verdict, err := os.ReadFile(filepath.Join(kept[2], "verdict.txt"))
	if err != nil || !strings.Contains(string(verdict), " --seed "+kept[1]) {
		t.Errorf("the verdict does not repeat the seed %s (%v): %s", kept[1], err, verdict)
	}
	for _, name := range []string{"results.edn", "history.edn", "report.html", "node-logs"} {
		if _, err := os.Stat(filepath.Join(kept[2], name)); err != nil {
			t.Error(err)
		}
	}
}
