package network

// Conditions are what all messages between nodes suffer for a while. The zero Conditions
// change nothing.
type Conditions struct {
	Loss       float64 // the chance of each message to be lost; that of the network's [Loss], if greater, stays
	Duplicate  float64 // the chance of each message that is not lost to arrive twice, each time after a latency of its own
	Slowdown   int     // what the mean latency is multiplied by, unless 0
	MinLatency int     // the least mean latency, in milliseconds
}

// Suffer has all messages between nodes that are sent from now on suffer the conditions.
func (n *Network) Suffer(c Conditions) { n.conditions.Store(&c) }

// suffered returns the conditions.
func (n *Network) suffered() Conditions {
	if c := n.conditions.Load(); c != nil {
		return *c
	}
	return Conditions{}
}
