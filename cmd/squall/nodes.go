package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"gset/internal/bench"
)

// maxNodesFile bounds a file of nodes' names, in bytes.
const maxNodesFile = 1 << 20

// names merges the nodes' names as Jepsen does: those of the file, of --nodes and of each --node.
// It returns nil if none is given.
func (c *testCmd) names() ([]string, error) {
	var names []string
	if c.NodesFile != "" {
		f, err := os.Open(c.NodesFile)
		if err != nil {
			return nil, &bench.OptionError{Option: "--nodes-file", Reason: err.Error()}
		}
		defer f.Close()
		text, err := io.ReadAll(io.LimitReader(f, maxNodesFile+1))
		if err != nil || len(text) > maxNodesFile {
			return nil, &bench.OptionError{Option: "--nodes-file", Reason: fmt.Sprintf("%s: must be a file of at most %d bytes (%v)", c.NodesFile, maxNodesFile, err)}
		}
		names = append(names, strings.Fields(string(text))...)
	}
	if c.Nodes != nil {
		for name := range strings.SplitSeq(*c.Nodes, ",") {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return append(names, c.Node...), nil
}
