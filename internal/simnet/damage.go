package simnet

import (
	"errors"

	"gset/replica"
)

// damage changes some bytes of a message on its way, and reports whether that is the end of it, as it
// always is. A transport must find out that a message is damaged and drop it: a digest that was
// damaged and believed could keep two replicas apart. What is put to the test here is that
// damage does no harm where it goes unnoticed as long as it can be told: [replica.Decode]
// must come to an end, and a replica must turn away what claims to be of another cluster.
func (n *Net[S]) damage(f *flight[S]) bool {
	n.Damaged++
	data, err := f.message.AppendBinary(nil)
	if err != nil || len(data) == 0 {
		return true
	}
	switch n.rand.IntN(4) {
	case 0:
		data = data[:n.rand.IntN(len(data))]
	case 1:
		for range 1 + n.rand.IntN(8) {
			data = append(data, byte(n.rand.Uint32()))
		}
	default:
		for range 1 + n.rand.IntN(4) {
			data[n.rand.IntN(len(data))] ^= 1 << n.rand.IntN(8)
		}
	}
	read, err := replica.Decode(n.bottom, data)
	to := n.nodes[f.to].replica
	if err != nil || to == nil || read.Cluster == f.message.Cluster {
		return true
	}
	before := to.Status()
	if _, err = to.Receive(n.Clock(f.to), n.ids[f.from], read); !errors.Is(err, replica.ErrForeign) || to.Status() != before {
		n.fail("n%d takes in a %v of another cluster: %v", f.to, read.Kind, err)
	}
	return true
}
