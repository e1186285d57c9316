package sim

import (
	"fmt"
	"slices"
	"time"

	"gset/replica"
)

// Validate returns an error if a schedule cannot be played, which none is that was
// generated from valid options.
func (s Schedule) Validate() error {
	o := Options{Nodes: &s.Nodes, Lattice: s.Lattice, Interval: &s.Interval, Probe: &s.Probe, Hop: &s.Hop, Length: &s.End, Loss: &s.Loss}
	if err := o.Validate(); err != nil {
		return err
	}
	if s.Lattice == "" || s.Bandwidth < 0 || s.Buffer < 0 {
		return fmt.Errorf("sim: lattice %q, a bandwidth of %d, buffers of %d", s.Lattice, s.Bandwidth, s.Buffer)
	}
	for _, thousand := range []int{s.Duplication, s.Corruption, s.Replay} {
		if thousand < 0 || thousand > 1000 {
			return fmt.Errorf("sim: %d messages in a thousand", thousand)
		}
	}
	if s.MaxMessage < replica.MinMessage {
		return fmt.Errorf("sim: messages of up to %d bytes, fewer than %d", s.MaxMessage, replica.MinMessage)
	}
	if s.Fanout < 0 || s.Fanout == 1 {
		return fmt.Errorf("sim: fanout %d is neither 0 nor 2 or more", s.Fanout)
	}
	for _, e := range s.Events {
		switch {
		case e.What != Update && !slices.Contains(Faults(), e.What):
			return fmt.Errorf("sim: no kind of event: %q", e.What)
		case e.Node < 0 || e.Node >= s.Nodes || e.Peer < 0 || e.Peer >= s.Nodes:
			return fmt.Errorf("sim: %v: a node is not among %d", e, s.Nodes)
		case e.At < 0 || e.At > s.End || e.For < 0 || e.For > MaxLength:
			return fmt.Errorf("sim: %v: not from 0 to %v", e, s.End)
		case e.What == Cut && cuts[e.Kind] == nil:
			return fmt.Errorf("sim: %v: none of %q", e, cutKinds)
		case e.What == Skew && (e.Value < -maxSkew || e.Value > maxSkew):
			return fmt.Errorf("sim: %v: more than %d", e, maxSkew)
		case e.What == Jump && (time.Duration(e.Value) < -MaxLength || time.Duration(e.Value) > MaxLength):
			return fmt.Errorf("sim: %v: more than %v", e, MaxLength)
		case (e.What == Rollback || e.What == Leave) && (e.Value < 0 || time.Duration(e.Value) > MaxLength):
			return fmt.Errorf("sim: %v: not from 0 to %v", e, MaxLength)
		case e.What.ofDisk() && !s.Disk:
			return fmt.Errorf("sim: %v: nodes have no disks", e)
		case e.What.ofDisk() && (e.Value < -1 || e.Value > maxOfDisk):
			return fmt.Errorf("sim: %v: not from -1 to %d", e, maxOfDisk)
		case e.Count < 0 || e.Count > maxBurst:
			return fmt.Errorf("sim: %v: more than %d elements", e, maxBurst)
		}
	}
	return nil
}

const (
	maxSkew  = 500_000 // microseconds a second: a clock at half or three halves of the rate
	maxBurst = 1 << 20

	maxOfDisk = 1 << 30 // calls of a file system, or bytes
)
