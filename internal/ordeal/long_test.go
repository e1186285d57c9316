package ordeal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
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
	seed := *seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Log("seed", seed)
	n := newNetwork(t)
	c := newClusterIn(t, n)
	k := &longTrial{trialOfKills: &trialOfKills{
		cluster: c, random: rand.New(rand.NewPCG(seed, 0)), loads: map[*member]*load{}, counts: map[string]int{}, pace: paced,
	}}
	k.network, _ = n.(*namespaces)
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
	for _, i := range k.random.Perm(len(all))[:size(len(all), 4)] {
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
	some := int64(size(200, 20))
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

// one draws a member that is up and not hurt.
func (k *longTrial) one() *member {
	up := k.cluster.up(k.hurt...)
	return up[k.random.IntN(len(up))]
}

// younger draws members that are up, not hurt and no elders.
func (k *longTrial) younger(most int) []*member {
	up := k.cluster.up(slices.Concat(k.hurt, k.members[:elders], []*member{k.guest})...)
	k.random.Shuffle(len(up), func(i, j int) { up[i], up[j] = up[j], up[i] })
	return up[:min(most, len(up))]
}

// killed kills members, some of them once more while they start, and starts them.
func (k *longTrial) killed(most int) {
	victims := k.younger(most)
	for _, m := range victims {
		k.dies(m)
	}
	k.progress(int64(size(100, 10)), k.up(k.hurt...)...)
	for _, m := range victims {
		if k.random.IntN(4) == 0 {
			k.begin(m)
			k.kill(m)
			k.kills++
			k.counts["killed while it starts"]++
		}
		k.begins(m)
	}
}

// rests ends a member in an orderly way; its clients wait for it.
func (k *longTrial) rests(m *member) {
	k.stop(m)
	k.loads[m].set(false)
}

func (k *longTrial) restarted() {
	m := k.younger(1)[0]
	k.rests(m)
	k.begins(m)
}

func (k *longTrial) comesOrGoes() {
	if k.guest.cmd == nil {
		k.begins(k.guest)
		return
	}
	k.leaves(k.guest)
}

// renewed gives a member a new certificate, in the files of the old one.
func (k *longTrial) renewed() {
	if _, err := k.ca.Write(filepath.Join(k.dir, "certificates"), k.one().name); err != nil {
		k.t.Fatal(err)
	}
}

// strangers are clients that do not know the password.
func (k *longTrial) strangers() {
	m := *k.one()
	m.password = wrongPassword
	for range 20 {
		if conn, err := m.dial(); err == nil {
			_ = conn.Close()
			k.t.Errorf("%s serves a client with a wrong password", m.name)
		}
	}
}

// stands stops a member's process.
func (k *longTrial) stands() {
	k.hurt = []*member{k.one()}
	if err := k.hurt[0].pause(); err != nil {
		k.t.Fatal(err)
	}
}

// slows has a member's link carry 300 kbit/s.
func (k *longTrial) slows() {
	m := k.one()
	if h, ok := m.host.(*namespace); ok {
		k.hurt = []*member{m}
		if err := h.slow(300); err != nil {
			k.t.Log("no link is slow here:", err)
		}
	}
}

func (k *longTrial) fast() {
	for _, m := range k.hurt {
		h := m.host.(*namespace)
		_, _ = h.run("tc", "qdisc", "del", "dev", "peers", "root"), k.network.run("tc", "qdisc", "del", "dev", fmt.Sprint("port", h.number), "root")
	}
}

// fills fills a member's disk, and then what room its log has, until it refuses an update.
func (k *longTrial) fills() {
	if k.network == nil {
		return
	}
	up := k.up(k.guest)
	m := up[k.random.IntN(len(up))]
	k.hurt = []*member{m}
	if err := k.network.fill(m); err != nil {
		k.t.Fatal(err)
	}
	const segment, bytes = 4 << 20, 20_000
	conn, large := k.connect(m), strings.Repeat("x", bytes)
	for range 2 * segment / bytes {
		n, err := redis.Int(conn.Do("SADD", "ballast", fmt.Sprint(k.sent, large)))
		k.sent++
		if err != nil && strings.HasPrefix(err.Error(), "MISCONF ") {
			return
		}
		if n != 1 || err != nil {
			k.t.Fatalf("SADD: %d, %v", n, err)
		}
		k.taken++
	}
	k.t.Fatalf("the disk of %s is full, and no update is refused", m.name)
}

func (k *longTrial) frees() {
	for _, m := range k.hurt {
		if err := k.network.free(m); err != nil {
			k.t.Fatal(err)
		}
	}
}

// copied starts copies of the folder of a member that is up, on another host: under the member's own name, and under
// a name of its own. Both are refused.
func (k *longTrial) copied() {
	m := k.one()
	copied := filepath.Join(k.dir, "copy")
	k.copies(m, copied)
	for name, want := range map[string]string{m.name: "is taken", "copy": "made for another member"} {
		files, err := k.ca.Write(filepath.Join(k.dir, "certificates-of-copies"), name)
		if err != nil {
			k.t.Fatal(err)
		}
		args := []string{
			"serve", "--listen=127.0.0.1:0", "--dir=" + copied, "--cluster=ordeal", "--peer-join=" + m.host.advertise(),
			"--peer-listen=" + k.spare.listen(), "--peer-advertise=" + k.spare.advertise(),
			"--peer-cert=" + files.Certificate, "--peer-key=" + files.Key, "--peer-ca=" + files.Authority,
		}
		program, err := gsetd()
		if err != nil {
			k.t.Fatal(err)
		}
		cmd := k.spare.command(program, args...)
		cmd.SysProcAttr = ended()
		late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		said, err := cmd.CombinedOutput()
		late.Stop()
		if err == nil || !strings.Contains(string(said), want) {
			k.t.Errorf("a copy of %s's folder, started as %s, ends with %v, and says %q, without %q", m.name, name, err, said, want)
		}
	}
	k.removes(m, copied)
}

// copies copies a member's folder, which may change meanwhile.
func (k *longTrial) copies(m *member, to string) {
	k.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		k.removes(m, to)
		out, err := m.host.command("cp", "-r", m.dir, to).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatalf("cp: %v: %s", err, out)
		}
	}
}

func (k *longTrial) removes(m *member, dir string) {
	k.t.Helper()
	if out, err := m.host.command("rm", "-rf", dir).CombinedOutput(); err != nil {
		k.t.Fatalf("rm: %v: %s", err, out)
	}
}

// setBack ends a member in an orderly way, so that another one holds all that it has acknowledged, and starts it with
// its folder of some time before. Its clients, who know better, go on when the others have refilled it.
func (k *longTrial) setBack() {
	m := k.younger(1)[0]
	before := filepath.Join(filepath.Dir(m.dir), m.name+"-before")
	k.copies(m, before)
	k.progress(int64(size(100, 10)), m)
	k.rests(m)
	if said := m.said(k.t); strings.Contains(said[strings.LastIndex(strings.TrimSpace(said), "\n")+1:], "for one that is down") {
		k.t.Fatalf("nothing was wrong, and no other member was seen to hold what %s does within %s", m.name, leave)
	}
	k.removes(m, m.dir)
	if out, err := m.host.command("mv", before, m.dir).CombinedOutput(); err != nil {
		k.t.Fatalf("mv: %v: %s", err, out)
	}
	k.start(m)
	others := len(k.up()) - 1
	if held := k.number(k.connect(k.members[0]), "WAIT", others, patience.Milliseconds()*9/10); held < others {
		k.t.Fatalf("%d of %d others hold what a member does, after %s was set back", held, others, m.name)
	}
	k.loads[m].set(true)
}

// checkLevels compares what the members took at the beginning and at the end.
func (k *longTrial) checkLevels() {
	for i, m := range k.members {
		for j, t := range k.levels.thirds(m.name) {
			if t.samples == 0 {
				continue
			}
			k.t.Logf("%s, third %d: %v", m.name, j+1, t)
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
