package ordeal

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"
)

// idle is what a member takes while no client does anything, in the mean of all members.
type idle struct {
	members   int
	sent      float64 // bytes a second, of frames of Ethernet
	private   float64 // bytes of memory that no other process has
	resident  float64 // bytes, with the program's pages
	files     float64
	processor float64 // share of a processor
}

func (i idle) String() string {
	return fmt.Sprintf("%d members: %.0f bytes/s sent, %.1f MB of memory and %.1f MB with the program's pages, %.0f open files, %.2f%% of a processor each",
		i.members, i.sent, i.private/1e6, i.resident/1e6, i.files, 100*i.processor)
}

// idling starts so many members with these flags, and returns what they take while nothing happens.
func idling(t *testing.T, members int, long time.Duration, flags ...string) idle {
	t.Helper()
	roomForNeighbours(t, members)
	c := newCluster(t)
	for i := range members {
		m := c.add(fmt.Sprintf("n%d", i+1))
		m.flags = append(m.flags, flags...)
	}
	c.startAll()
	c.agree() // by asking: all links are open
	if *full {
		<-time.After(20 * time.Second) // what joining leaves to be done is done
	}
	before, used := c.sent(), c.processor(c.members...)
	began := time.Now()
	<-time.After(long)
	took := time.Since(began).Seconds() * float64(members)
	i := idle{members: members, sent: float64(c.sent()-before) / took, processor: (c.processor(c.members...) - used).Seconds() / took}
	for _, m := range c.members {
		if files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", m.cmd.Process.Pid)); err == nil {
			i.files += float64(len(files)) / float64(members)
		}
		i.private += m.memory("RssAnon") / float64(members)
		i.resident += m.memory("VmRSS") / float64(members)
	}
	if err := c.crashes(); err != nil {
		t.Error(err)
	}
	return i
}

// memory returns what the system says of a member's memory, in bytes; 0 if it does not.
func (m *member) memory(of string) (size float64) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte(of+":")); ok {
			if _, err := fmt.Sscanf(string(value), "%f kB", &size); err != nil {
				return 0
			}
		}
	}
	return size * 1024
}

// What an idle member sends, and its memory, grow no faster than the cluster does, from 10 members to 100; and what
// the beacons and the page for the operator take of it.
func TestIdleMembersTakeNoMoreThanTheirShare(t *testing.T) {
	if !*full {
		t.Log(idling(t, 3, time.Second))
		return
	}
	const long = time.Minute
	var all []idle
	for _, members := range []int{10, 25, 50, 100} {
		t.Run(fmt.Sprint(members), func(t *testing.T) { all = append(all, idling(t, members, long)) })
		t.Log(all[len(all)-1])
	}
	for _, i := range all[1:] {
		less := all[0]
		for what, grown := range map[string]float64{"bytes/s": i.sent / less.sent, "memory": i.private / less.private, "open files": i.files / less.files} {
			if grown > float64(i.members)/float64(less.members) {
				t.Errorf("%s grow by %.1f from %d members to %d", what, grown, less.members, i.members)
			}
		}
	}
	for _, flag := range []string{"--peer-beacon=0", "--http=127.0.0.1:0"} {
		t.Run(flag, func(t *testing.T) { t.Log(flag, idling(t, 25, long, flag)) })
	}
}
