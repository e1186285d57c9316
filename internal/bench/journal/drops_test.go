package journal

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

func TestADropIsFoundByTheElementThatItCarries(t *testing.T) {
	for _, test := range []struct {
		body string
		want bool
	}{
		{`{"type":"gossip","message":17}`, true},
		{`{"type":"gossip","messages":[1,[17]]}`, true},
		{`{"type":"gossip","seen":{"17":true}}`, true},
		{`{"type":"gossip","seen":"17"}`, true},
		{`{"type":"gossip","message":1,"msg_id":17,"in_reply_to":17}`, false},
		{`{"type":"gossip","messages":[117,170,-17,17.5]}`, false},
		{`{"type":"gossip","messages":[170,17,`, true}, // cut off
		{`{"type":"gossip","messages":[170,-17,117`, false},
	} {
		var d Drops
		d.Add(Drop{Src: "n1", Dest: "n2", Body: []byte(test.body)})
		if got := d.Carrying(17, "n2") != nil; got != test.want {
			t.Errorf("%s carries 17: %v", test.body, got)
		}
	}
}

func TestADropToTheReceiverIsPreferred(t *testing.T) {
	var d Drops
	for i, dest := range []string{"n3", "n2", "n2"} {
		d.Add(Drop{At: time.Duration(i), Src: "n1", Dest: dest, Body: []byte(`{"type":"gossip","message":5}`)})
	}
	if got := d.Carrying(5, "n2"); got.At != 1 || got.Type() != "gossip" {
		t.Errorf("to n2: %+v", got)
	}
	if got := d.Carrying(5, "n4"); got.At != 0 {
		t.Errorf("to n4, whom none was on the way to: %+v", got)
	}
	if d.Count("n2") != 2 || d.Last("n2").At != 2 || d.Last("n4") != nil {
		t.Errorf("%d to n2, the last %+v", d.Count("n2"), d.Last("n2"))
	}
	var none *Drops
	if none.Carrying(5, "n2") != nil || none.Last("n2") != nil || none.Count("n2") != 0 {
		t.Error("no record holds something")
	}
}

func TestTheRecordOfDropsIsBounded(t *testing.T) {
	var d Drops
	body := bytes.Repeat([]byte{'7'}, 1<<20)
	for range 2 * maxDropBytes / maxDropBody {
		d.Add(Drop{Dest: "n1", Body: body})
	}
	kept := 0
	for _, drop := range d.list {
		kept += len(drop.Body)
	}
	if kept > maxDropBytes || d.Whole() || d.Count("n1") != 2*maxDropBytes/maxDropBody {
		t.Errorf("%d bytes kept of %d drops", kept, d.Count("n1"))
	}
}

func TestLagIsToldByQuantiles(t *testing.T) {
	var l Lag
	if got := l.Quantile(0.99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for range 98 {
		l.Add(300 * time.Microsecond)
	}
	l.Add(7 * time.Millisecond)
	l.Add(time.Hour)
	got := fmt.Sprint(l.Quantile(0.5), l.Quantile(0.98), l.Quantile(0.99), l.Quantile(1))
	if want := "0s 0s 7ms 1s"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
