package ordeal

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gset/internal/seeded"
)

const (
	password      = "correct horse battery staple"
	wrongPassword = "Tr0ub4dor&3"

	leave = "20s" // as long as a member may take to leave its cluster
)

// longTrial is five members under load, and faults of every kind that befall them.
type longTrial struct {
	*trialOfKills
	network *namespaces // nil if the members are behind relays
	guest   *member
	spare   host // where copies of a member's folder are started
	levels  levels
	ends    time.Time
	hurt    []*member // by the fault that lasts

	sent, taken int // elements that were to fill the logs of members whose disks are full
}

// elders are members that live as long as the trial does, so that a leak has time to show.
const elders = 2

// Thirty minutes of load on five members, and meanwhile faults of every kind in random order: nothing acknowledged is
// lost, memory, goroutines and descriptors stay level, and the logs say what an operator needs, within bounds, and no
// secret.
func TestThirtyMinutes(t *testing.T) {
	k := newLongTrial(t)
	t.Cleanup(k.end)
	for _, m := range k.members[:5] {
		k.begins(m)
	}
	k.levels = levels{began: time.Now(), all: map[string][]sample{}}
	k.ends = time.Now().Add(time.Duration(size(30, 0)) * time.Minute)
	deck := 0
	for ; deck == 0 || time.Now().Before(k.ends); deck++ {
		k.shuffled()
		if *full {
			t.Logf("%v, %d kills: %v", time.Since(k.levels.began).Round(time.Second), k.kills, k.counts)
		}
	}
	took := time.Since(k.levels.began)
	k.levels.sample(k.cluster, 0)
	k.settle(k.guest)
	refused := int64(0)
	for _, l := range k.loads {
		refused += l.refused
	}
	t.Logf("%v, %d kills, %d updates of clients were refused: %v", took.Round(time.Second), k.kills, refused, k.counts)
	k.check(k.guest)
	for _, m := range k.members {
		if n := k.number(k.connect(m), "SCARD", "ballast"); n < k.taken || n > k.sent {
			t.Errorf("%s holds %d elements that filled logs; %d were acknowledged, and %d sent", m.name, n, k.taken, k.sent)
		}
	}
	k.checkLevels()
	k.checkLogs(took)
}

func newLongTrial(t *testing.T) *longTrial {
	n := newNetwork(t)
	c := newClusterIn(t, n)
	k := &longTrial{trialOfKills: &trialOfKills{
		cluster: c, random: rand.New(rand.NewPCG(seeded.Seed(t), 0)), loads: map[*member]*load{}, counts: map[string]int{}, pace: paced,
	}}
	if k.network, _ = n.(*namespaces); k.network == nil {
		t.Log("here no disk is ever full, and no link slow")
	}
	secret := filepath.Join(c.dir, "password")
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c", "d", "e", "guest"} {
		m := c.add(name)
		m.password = password
		m.flags = append(m.flags, "--http=127.0.0.1:0", "--password-file="+secret, "--peer-leave="+leave)
		if k.network != nil && name != "guest" {
			disk := filepath.Join(c.dir, "disk-"+name)
			k.network.ownDisk(t, disk)
			m.move(filepath.Join(disk, "store"))
		}
	}
	k.guest, k.spare = c.members[5], n.host(t, "spare")
	return k
}

// move has a member, which is down and has no store, have it in another folder.
func (m *member) move(dir string) {
	i := slices.Index(m.flags, "--dir="+m.dir)
	m.dir, m.flags[i] = dir, "--dir="+dir
}

// paced has a client send ten batches a second, and lets it be refused.
func paced(l *load, j *journal) {
	tick := time.NewTicker(time.Duration(size(100, 20)) * time.Millisecond)
	j.pace = func() { <-tick.C }
	j.refused = l.noteRefused
}

// fault is something that befalls members.
type fault struct {
	name string
	calm bool // nothing else may be wrong meanwhile
	do   func()
}

// shuffled has each event befall the members once, in random order, each while one of the lasting faults goes on. In
// short it is some of the events.
func (k *longTrial) shuffled() {
	all := []fault{
		{"killed", false, func() { k.killed(1) }}, {"two killed", false, func() { k.killed(2) }},
		{"all but the elders killed", false, func() { k.killed(3) }}, {"restarted", false, k.restarted},
		{"guest", true, k.comesOrGoes}, {"guest", true, k.comesOrGoes}, {"certificates renewed", false, k.renewed},
		{"folder copied", true, k.copied}, {"folder set back", true, k.setBack}, {"wrong password", false, k.strangers},
	}
	var events, lasting []fault
	for _, i := range k.random.Perm(len(all))[:size(len(all), 3)] {
		events = append(events, all[i])
	}
	for _, event := range events {
		if event.calm {
			k.cycle(event, fault{})
			continue
		}
		if len(lasting) == 0 {
			lasting = []fault{{"cut", false, k.split}, {"slow link", false, k.slows}, {"disk full", false, k.fills}, {"paused", false, k.stands}, {}}
			k.random.Shuffle(len(lasting), func(i, j int) { lasting[i], lasting[j] = lasting[j], lasting[i] })
		}
		k.cycle(event, lasting[0])
		lasting = lasting[1:]
	}
}

// cycle is one event while one fault lasts, and load before it, meanwhile and after it.
func (k *longTrial) cycle(event, lasting fault) {
	some := int64(size(60, 20))
	k.hurt = nil
	began := time.Now()
	if lasting.do != nil {
		k.counts[lasting.name]++
		lasting.do()
		k.progress(some, k.up(k.hurt...)...)
	}
	k.counts[event.name]++
	event.do()
	k.progress(some, k.up(k.hurt...)...)
	switch lasting.name {
	case "cut":
		k.heals()
	case "slow link":
		k.fast()
	case "disk full":
		k.frees()
	case "paused":
		if err := k.hurt[0].resume(); err != nil {
			k.t.Fatal(err)
		}
	}
	k.progress(some, k.up()...)
	k.levels.sample(k.cluster, time.Duration(size(10, 0))*time.Second)
	if !*full {
		k.t.Logf("%s beside %q: %v", event.name, lasting.name, time.Since(began).Round(time.Millisecond))
	}
}

// checkLevels compares what the members took at the beginning and at the end.
func (k *longTrial) checkLevels() {
	for i, m := range k.members {
		for j, t := range k.levels.thirds(m.name) {
			if t.samples == 0 || !*full {
				continue
			}
			k.t.Logf("%s, third %d: %v", m.name, j+1, t)
		}
		if *full {
			k.t.Logf("%s, MB resident, in the heap and of the state: %s", m.name, k.levels.course(m.name))
		}
		if grown := k.levels.grown(m.name); *full && i < elders && grown != nil {
			k.t.Errorf("%s takes more at the end than at the beginning: %s", m.name, strings.Join(grown, "; "))
		}
	}
}

// mostLines is how many lines a minute a member may log of one message with a level, in the whole of the trial, and how many
// it may log in any case.
var mostLines = map[string]int{"ERROR": 6, "WARN": 30, "INFO": 30, "DEBUG": 0}

const anyLines = 60

// checkLogs looks for what no log may have: crashes, a message that comes without bound, secrets.
func (k *longTrial) checkLogs(took time.Duration) {
	all, strange := k.logs()
	for _, line := range strange {
		k.t.Errorf("no line of the log's: %.300s", line)
	}
	for i, s := range all {
		if most := anyLines + int(took.Minutes()*float64(mostLines[s.level])); s.lines > most {
			k.t.Errorf("%s has logged %q %d times, more than %d", s.member, s.message, s.lines, most)
		}
		if i < size(20, 5) {
			k.t.Logf("%d lines by %s: %s %s", s.lines, s.member, s.level, s.message)
		}
	}
	for _, told := range k.tell(k.secrets()) {
		k.t.Errorf("a log tells %s", told)
	}
}
