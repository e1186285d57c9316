package gsetd

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// collector sets how much garbage Go's collector leaves in memory, by the size of what is alive and by
// what collecting costs. The setting is the process'.
//
// A state has few pointers, so to collect often is cheap, and garbage is what decides how many bytes of
// resident memory an element takes. So there are eight percent of garbage, and at least garbageRoom. What has
// many pointers, such as many names, makes collections dear: while they take more than dearShare of the CPU
// time, more garbage is left, up to as much as is alive, which is Go's default.
type collector struct {
	on      bool
	percent int     // as it was set last
	more    float64 // by which factor there is more garbage than that, since collections are dear
	spent   spent
	samples [4]metrics.Sample
}

// spent is CPU time in seconds, since the process began.
type spent struct{ collecting, all float64 }

const (
	garbageRoom   = 3 << 20 // bytes
	leastGarbage  = 8       // percent of what is alive
	mostGarbage   = 100
	dearShare     = 0.06
	cheapShare    = 0.03
	garbageFactor = 1.3 // by which it is changed in a step
)

// start begins to set the collector, unless the environment does.
func (g *collector) start() {
	if os.Getenv("GOGC") != "" {
		return
	}
	g.on, g.more, g.percent = true, 1, mostGarbage
	for i, name := range []string{"/gc/heap/live:bytes", "/cpu/classes/gc/total:cpu-seconds", "/cpu/classes/total:cpu-seconds", "/cpu/classes/idle:cpu-seconds"} {
		g.samples[i].Name = name
	}
}

// step is called some times a second.
func (g *collector) step() {
	if !g.on {
		return
	}
	metrics.Read(g.samples[:])
	s := g.samples
	g.weigh(spent{s[1].Value.Float64(), s[2].Value.Float64() - s[3].Value.Float64()})
	percent := garbagePercent(s[0].Value.Uint64(), g.more)
	if change := percent - g.percent; change != 0 && max(change, -change)*10 >= g.percent {
		g.percent = percent
		debug.SetGCPercent(percent)
	}
}

// weigh decides by what collecting has cost since the last time. The times change at the end of a
// collection only.
func (g *collector) weigh(now spent) {
	all := now.all - g.spent.all
	if all <= 0 {
		return
	}
	switch share := (now.collecting - g.spent.collecting) / all; {
	case share > dearShare:
		g.more = min(g.more*garbageFactor, float64(mostGarbage)/leastGarbage)
	case share < cheapShare:
		g.more = max(g.more/garbageFactor, 1)
	}
	g.spent = now
}

// garbagePercent returns how much garbage there may be beside so many live bytes.
func garbagePercent(live uint64, more float64) int {
	percent := max(leastGarbage*more, 100*garbageRoom/float64(max(live, 1)))
	return int(min(percent, mostGarbage))
}
