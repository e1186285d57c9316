package gsetd_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gset/internal/gsetd"
)

// What executing commands takes, without a network and without a disk. A turn is 512 commands, as 50 clients send with
// pipelines of 16.
func BenchmarkExecute(b *testing.B) {
	const counters, turn = 100_000, 512
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name    string
		before  int // so many commands are executed before those that are measured
		command func(i int) []string
	}{
		{"SADD", 0, func(i int) []string { return []string{"SADD", "s", fmt.Sprintf("element:%012d", i)} }},
		{"SISMEMBER", 0, func(i int) []string { return []string{"SISMEMBER", "s", fmt.Sprintf("element:%012d", i)} }},
		{"INCR", 0, func(int) []string { return []string{"INCR", "n"} }},
		{"INCR of 100,000 counters", counters, func(i int) []string {
			if i >= counters {
				i = random.IntN(counters)
			}
			return []string{"INCR", fmt.Sprintf("counter:%012d", i)}
		}},
		{"GET", 0, func(int) []string { return []string{"GET", "n"} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			node := openPlayed(b)
			stream := func(from, to int) (s []byte) {
				for i := from; i < to; i++ {
					s = appendCommand(s, c.command(i)...)
				}
				return s
			}
			gsetd.PlayTurns(node, stream(0, c.before), turn)
			measured := stream(c.before, c.before+b.N)
			b.ReportAllocs()
			b.ResetTimer()
			before := cpuTime()
			gsetd.PlayTurns(node, measured, turn)
			b.ReportMetric(float64(cpuTime()-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime returns the CPU time of the process, the collector's with it: it depends less on what else the machine does.
func cpuTime() time.Duration {
	user, system := gsetd.CPUTime()
	return user + system
}
