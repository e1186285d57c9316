package operate_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"gset/internal/gsetd"
	"gset/internal/operate"
	"gset/replica/cluster"
	"gset/replica/cluster/trial"
)

// No test leaves a goroutine behind but a probe of memberlist's, which its Shutdown does not wait for.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/hashicorp/memberlist.(*Memberlist).probe"))
}

// node is a server and what its operator sees.
type node struct {
	server   *gsetd.Server
	operator *operate.Operator
	clients  string // address
	http     string
	peers    string // address; "" if it is alone
	client   http.Client
}

// start runs a server until the test ends.
func start(t *testing.T, config gsetd.Config) *node {
	t.Helper()
	ln := listen(t)
	config.Address = ln.Addr().String()
	server, err := gsetd.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	go func() { ended <- server.Run() }()
	n := &node{server: server, clients: config.Address}
	if err := server.Serve(ln); err != nil {
		t.Fatal(err)
	}
	n.operator = operate.New(operate.Config{
		Snapshot: server.Snapshot,
		Certificates: func() []operate.Certificate {
			return []operate.Certificate{{Use: "peer", NotAfter: time.Now().Add(time.Hour)}, {Use: "none"}}
		},
		Version: "test",
	})
	web := listen(t)
	n.http = "http://" + web.Addr().String()
	go func() { ended <- n.operator.Serve(web) }()
	t.Cleanup(func() {
		n.client.CloseIdleConnections()
		if err := n.operator.Close(); err != nil {
			t.Error(err)
		}
		server.Stop()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
	return n
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// alone runs a server with a store.
func alone(t *testing.T, change func(*gsetd.Config)) *node {
	t.Helper()
	opened := func(n *gsetd.Clustered) {
		t.Cleanup(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	config := gsetd.Config{Open: gsetd.OpenCluster(cluster.Config{Alone: true, Dir: t.TempDir()}, false, opened)}
	change(&config)
	return start(t, config)
}

// three runs three members of a cluster, with stores.
func three(t *testing.T) (all []*node) {
	t.Helper()
	ca, err := trial.NewCA()
	if err != nil {
		t.Fatal(err)
	}
	var join []string
	for _, name := range []string{"a", "b", "c"} {
		id, err := ca.Identity(name)
		if err != nil {
			t.Fatal(err)
		}
		var member *gsetd.Clustered
		dir := t.TempDir() // which goes after the member
		t.Cleanup(func() {
			if err := member.Close(); err != nil {
				t.Error(err)
			}
		})
		n := start(t, gsetd.Config{Open: gsetd.OpenCluster(cluster.Config{
			Identity: cluster.Static(id), Join: join, Dir: dir, Interval: 20 * time.Millisecond, Beacon: 50 * time.Millisecond,
		}, false, func(opened *gsetd.Clustered) { member = opened })})
		join = append(join, member.Addr())
		n.peers = member.Addr()
		all = append(all, n)
	}
	return all
}

func (n *node) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	r, err := n.client.Get(n.http + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

// scrape is what a scrape has found: values by name and labels, as in "gset_members{state=up}". A
// histogram has its count, and under name_sum its sum.
type scrape map[string]float64

func parse(t *testing.T, text string) (scrape, map[string]*dto.MetricFamily) {
	t.Helper()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	s := scrape{}
	for name, f := range families {
		for _, m := range f.GetMetric() {
			var pairs []string
			for _, l := range m.GetLabel() {
				pairs = append(pairs, l.GetName()+"="+l.GetValue())
			}
			labels := ""
			if len(pairs) > 0 {
				labels = "{" + strings.Join(pairs, ",") + "}"
			}
			if h := m.GetHistogram(); h != nil {
				s[name+labels], s[name+"_sum"+labels] = float64(h.GetSampleCount()), h.GetSampleSum()
				continue
			}
			s[name+labels] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue()
		}
	}
	return s, families
}

func (n *node) scrape(t *testing.T) scrape {
	t.Helper()
	status, text := n.get(t, "/metrics")
	if status != http.StatusOK {
		t.Fatal(status, text)
	}
	s, _ := parse(t, text)
	return s
}

// until scrapes until a condition holds.
func (n *node) until(t *testing.T, what string, holds func(scrape) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if holds(n.scrape(t)) {
			return
		}
	}
	t.Fatalf("%s: %v", what, n.scrape(t))
}

func (n *node) dial(t *testing.T) redis.Conn {
	t.Helper()
	c, err := redis.Dial("tcp", n.clients)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// of serves an operator of snapshots that the test makes up.
func of(t *testing.T, snapshot func(context.Context) (gsetd.Snapshot, error)) (get func(path string) (int, string)) {
	t.Helper()
	o := operate.New(operate.Config{Snapshot: snapshot})
	web := listen(t)
	ended := make(chan error, 1)
	go func() { ended <- o.Serve(web) }()
	n := &node{http: "http://" + web.Addr().String()}
	t.Cleanup(func() {
		n.client.CloseIdleConnections()
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func(path string) (int, string) { return n.get(t, path) }
}
