package gsetd_test

import (
	"fmt"
	"testing"

	"gset/internal/gsetd"
)

// What executing commands takes, without a network and without a disk; a turn is 64 commands.
func BenchmarkExecute(b *testing.B) {
	for _, c := range []struct {
		name    string
		command func(i int) []string
	}{
		{"SADD", func(i int) []string { return []string{"SADD", "s", fmt.Sprintf("element:%012d", i)} }},
		{"SISMEMBER", func(i int) []string { return []string{"SISMEMBER", "s", fmt.Sprintf("element:%012d", i)} }},
		{"INCR", func(int) []string { return []string{"INCR", "n"} }},
		{"INCR of 100,000 counters", func(i int) []string { return []string{"INCR", fmt.Sprintf("counter:%012d", i%100_000)} }},
		{"GET", func(int) []string { return []string{"GET", "n"} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			node := openPlayed(b)
			var stream []byte
			for i := range b.N {
				stream = appendCommand(stream, c.command(i)...)
			}
			b.ReportAllocs()
			b.ResetTimer()
			gsetd.PlayTurns(node, stream, 64)
		})
	}
}
