package gsetd

import (
	"strings"
	"testing"
	"time"

	"gset/replica/cluster"
)

// saying is a node of which only the status matters.
type saying struct {
	Node
	status Status
}

func (n saying) Status() Status { return n.status }

func replicationOf(status Status) string {
	in := infoText{}
	infoReplication(&Server{node: saying{status: status}}, &in)
	return in.String()
}

// A member counts as a slave as long as the link to it is open, whatever the failure detector says: that of a member that is cut
// off takes half a minute.
func TestSlavesAreMembersWithAnOpenLink(t *testing.T) {
	text := replicationOf(Status{Members: []Member{{Name: "b", Host: "10.0.0.2", Port: 1}, {Name: "c", Host: "10.0.0.3", Port: 2, Connected: true}}})
	if !strings.Contains(text, "connected_slaves:1\r\nslave0:ip=10.0.0.3,port=2,state=online,") || strings.Contains(text, "10.0.0.2") {
		t.Error(text)
	}
}

// INFO says of a member, and of no node that is alone, until when the others accept its certificate: 0 if they do not.
func TestReplicationSaysWhenTheCertificateExpires(t *testing.T) {
	member := &cluster.Status{Address: "10.0.0.1:1"}
	for _, tt := range []struct {
		status Status
		want   string
	}{
		{Status{Member: member, CertificateExpires: time.Unix(1e9, 0)}, "gset_member_certificate_expires:1000000000\r\n"},
		{Status{Member: member}, "gset_member_certificate_expires:0\r\n"},
		{Status{Member: &cluster.Status{}}, ""},
	} {
		_, rest, found := strings.Cut(replicationOf(tt.status), "gset_member_certificate_expires")
		if found {
			rest = "gset_member_certificate_expires" + rest
		}
		if rest != tt.want {
			t.Errorf("%+v: %q", tt.status, rest)
		}
	}
}
