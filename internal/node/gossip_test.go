package node

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"gset/crdt"
	"gset/replica"
)

// benchCluster is the cluster of nodes that are given no key.
var benchCluster = replica.ClusterOf(benchKey)

// gossipLine returns a line from a node to n1.
func gossipLine(t testing.TB, src, typ string, m replica.Message[*crdt.GSet]) string {
	t.Helper()
	data, err := m.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"src":%q,"dest":"n1","body":%s}`, src, marshal(t, gossip{typ, data}))
}

func TestGossipFromAPeerIsJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1", "n2")
		c.init("n1")
		c.say("n1", gossipLine(t, "n2", "scatter", replica.Message[*crdt.GSet]{
			Kind:    replica.Scatter,
			Cluster: benchCluster,
			Delta:   crdt.NewGSet(benchKey, 3, 4),
		}))
		c.want("n1", `{"type":"read"}`, `{"messages":[3,4],"type":"read_ok"}`)
		if log := c.nodes["n1"].log.String(); log != "" {
			t.Errorf("logged: %s", log)
		}
	})
}

func TestMalformedOrStrangeGossipIsCountedLoggedOnceAndIgnored(t *testing.T) {
	scatter := replica.Message[*crdt.GSet]{Kind: replica.Scatter, Cluster: benchCluster, Delta: crdt.NewGSet(benchKey, 3, 4)}
	foreigner := scatter
	foreigner.Cluster++
	good := gossipLine(t, "n2", "scatter", scatter)
	data := good[strings.Index(good, `"data":"`)+len(`"data":"`) : len(good)-len(`"}}`)]
	with := func(fields string) string { return `{"src":"n2","dest":"n1","body":{"type":"scatter"` + fields + `}}` }
	for _, test := range []struct{ line, words string }{
		{with(``), "malformed gossip"},
		{with(`,"data":null`), "malformed gossip"},
		{with(`,"data":""`), "malformed gossip"},
		{with(`,"data":7`), "malformed gossip"},
		{with(`,"data":{}`), "malformed gossip"},
		{with(`,"data":[18,0]`), "malformed gossip"},
		{with(`,"data":[300]`), "malformed gossip"},
		{with(`,"data":"!"`), "malformed gossip"},
		{with(`,"data":"` + data[:len(data)-1] + `"`), "malformed gossip"},
		{with(`,"data":"` + data[:4] + `"`), "malformed gossip"},
		{with(`,"data":"` + data[:len(data)-4] + `"`), "malformed gossip"},
		{with(`,"data":"` + data + `AAAA"`), "malformed gossip"},
		{with(`,"data":"AAAA` + data + `"`), "malformed gossip"},
		{with(`,"data":"` + strings.Repeat("A", 60000) + `"`), "malformed gossip"},
		{with(`,"data":"` + strings.Repeat("/", 60000) + `"`), "malformed gossip"},
		{with(`,"msg_id":5`), "malformed gossip"}, // gossip is not answered
		{with(`,"Data":"` + data[:4] + `"`), "malformed gossip"},
		{gossipLine(t, "n2", "gather", scatter), "it holds a scatter"},
		{gossipLine(t, "n2", "probe", scatter), "it holds a scatter"},
		{gossipLine(t, "n2", "scatter", foreigner), `gossip of another cluster: scatter from "n2"`},
		{gossipLine(t, "n9", "scatter", foreigner), `gossip of another cluster: scatter from "n9"`},
		{gossipLine(t, "n1", "scatter", scatter), `gossip from another node of this node's name: scatter from "n1"`},
		{gossipLine(t, strings.Repeat("n", 30000), "scatter", scatter), `malformed gossip`},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := start(t, Broadcast(), usual, "n1", "n2")
			c.init("n1")
			c.wantIgnored("n1", test.line, test.words)
			c.want("n1", `{"type":"read"}`, `{"messages":[],"type":"read_ok"}`)
			kind := malformedGossip
			for _, other := range []fault{foreign, namesake} {
				if strings.HasPrefix(test.words, faultNames[other]) {
					kind = other
				}
			}
			c.wantTotal("n1", kind, 3)
		})
	}
}

func TestGossipBeforeInitIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Broadcast(), usual, "n1", "n2")
		line := gossipLine(t, "n2", "scatter", replica.Message[*crdt.GSet]{
			Kind:    replica.Scatter,
			Cluster: benchCluster,
			Delta:   crdt.NewGSet(benchKey, 3, 4),
		})
		c.wantIgnored("n1", line, "gossip before init")
		c.init("n1")
		c.want("n1", `{"type":"read"}`, `{"messages":[],"type":"read_ok"}`)
		c.wantTotal("n1", earlyGossip, 3)
	})
}
