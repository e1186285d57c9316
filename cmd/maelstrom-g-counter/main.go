// Maelstrom-g-counter is a node for Maelstrom's g-counter workload (challenge 4): a
// counter that only grows, kept equal on all nodes by gossip. See -help for its flags.
package main

import "gset/internal/node"

func main() { node.Main("maelstrom-g-counter", node.GCounter()) }
