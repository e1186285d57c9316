package ordeal

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// What befalls the members of a longTrial.

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
	k.progress(int64(size(40, 10)), k.up(k.hurt...)...)
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
	late := time.AfterFunc(lateLeave, func() { k.lingers(m) })
	defer late.Stop()
	k.stop(m)
	k.loads[m].set(false)
}

// lateLeave is after how long a member that leaves is asked what keeps it.
const lateLeave = 4 * time.Second

// lingers tells what keeps a member that is to leave. It runs beside the test's goroutine.
func (k *longTrial) lingers(m *member) {
	text, err := m.fetch("/metrics")
	k.t.Logf("%s is slow to leave: %v", m.name, err)
	for line := range strings.Lines(text) {
		for _, name := range []string{"gset_member", "gset_pending", "gset_view", "gset_hub", "gset_repair", "gset_traffic_frames"} {
			if strings.HasPrefix(line, name) {
				k.t.Log(strings.TrimSpace(line))
			}
		}
	}
}

// left reports whether the last end of a member was in order: another one held all that it had acknowledged.
func (k *longTrial) left(m *member) bool {
	lines := strings.Split(strings.TrimSpace(m.said(k.t)), "\n")
	return !strings.Contains(lines[len(lines)-1], "for one that is down")
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
	large := strings.Repeat("x", bytes)
	conn, err := m.dial()
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
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
	k.progress(int64(size(40, 10)), m)
	k.rests(m)
	if !k.left(m) {
		k.counts["left late"]++
		k.begins(m)
		return
	}
	k.removes(m, m.dir)
	if out, err := m.host.command("mv", before, m.dir).CombinedOutput(); err != nil {
		k.t.Fatalf("mv: %v: %s", err, out)
	}
	k.start(m)
	k.othersHold(k.members[0])
	k.loads[m].set(true)
}
