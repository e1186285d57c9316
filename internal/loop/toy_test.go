package loop_test

import (
	"strconv"
	"strings"

	"gset/internal/loop"
)

// toy is a server of sets and counters in Go maps.
type toy struct {
	sets     map[string]map[string]struct{}
	counters map[string]*int64
	commit   func() error
}

func newToy() *toy {
	return &toy{sets: map[string]map[string]struct{}{}, counters: map[string]*int64{}}
}

func (s *toy) EndBatch() error {
	if s.commit != nil {
		return s.commit()
	}
	return nil
}

func (s *toy) Handle(c *loop.Conn, args [][]byte) {
	w := c.Reply()
	switch name := string(args[0]); {
	case name == "SADD" && len(args) > 2:
		set := s.sets[string(args[1])]
		if set == nil {
			set = map[string]struct{}{}
			s.sets[string(args[1])] = set
		}
		before := len(set)
		for _, e := range args[2:] {
			if _, ok := set[string(e)]; !ok {
				set[string(e)] = struct{}{}
			}
		}
		c.AwaitCommit()
		w.Int(int64(len(set) - before))
	case name == "SISMEMBER" && len(args) == 3:
		_, ok := s.sets[string(args[1])][string(args[2])]
		w.Bool(ok)
	case name == "SMEMBERS" && len(args) == 2:
		w.Set(len(s.sets[string(args[1])]))
		for e := range s.sets[string(args[1])] {
			w.BulkString(e)
		}
	case name == "INCR" && len(args) == 2:
		n := s.counters[string(args[1])]
		if n == nil {
			n = new(int64)
			s.counters[string(args[1])] = n
		}
		*n++
		c.AwaitCommit()
		w.Int(*n)
	case name == "GET" && len(args) == 2:
		n := s.counters[string(args[1])]
		if n == nil {
			w.Null()
			return
		}
		w.BulkString(strconv.FormatInt(*n, 10))
	case name == "PING":
		w.Simple("PONG")
	case name == "ECHO" && len(args) == 2:
		w.Bulk(args[1])
	case name == "QUIT":
		w.Simple("OK")
		c.CloseAfterReply()
	default:
		w.Error("ERR", "unknown command '"+strings.ToLower(name)+"'")
	}
}
