// Command hunt plays the schedules of seeds 1, 2, ... until an invariant does not hold, and
// prints that. TestMistakes builds it with a mistake in the protocol.
//
//	hunt <seeds>
package main

import (
	"encoding/json"
	"log"
	"os"
	"runtime/debug"
	"strconv"

	"gset/internal/sim"
)

// catch is what is printed: no invariant if all have held.
type catch struct {
	Seed      uint64
	Invariant sim.Invariant
	What      string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("hunt: ")
	if len(os.Args) != 2 {
		log.Fatal("usage: hunt <seeds>")
	}
	seeds, err := strconv.ParseUint(os.Args[1], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	debug.SetGCPercent(800) // a simulation makes much garbage and keeps little
	var c catch
	for c.Seed = 1; c.Seed <= seeds; c.Seed++ {
		if v := sim.Play(sim.Generate(c.Seed, sim.Options{})).Violation; v != nil {
			c.Invariant, c.What = v.Invariant, v.What
			break
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(c); err != nil {
		log.Fatal(err)
	}
}
