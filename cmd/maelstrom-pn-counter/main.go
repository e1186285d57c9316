// Maelstrom-pn-counter is a node for Maelstrom's pn-counter workload: a counter that goes
// up and down, kept equal on all nodes by gossip. See -help for its flags.
package main

import "gset/internal/node"

func main() { node.Main("maelstrom-pn-counter", node.PNCounter()) }
