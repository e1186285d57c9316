// Command hunt plays the schedules of some seeds until an invariant does not hold, and
// prints that. TestMistakes builds it with mistakes in the protocol. It ends when its
// standard input does, so that it does not outlive the test.
//
//	hunt <first> <last>
package main

import (
	"encoding/json"
	"io"
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
	if len(os.Args) != 3 {
		log.Fatal("usage: hunt <first> <last>")
	}
	var seeds [2]uint64
	for i, arg := range os.Args[1:] {
		var err error
		if seeds[i], err = strconv.ParseUint(arg, 10, 64); err != nil {
			log.Fatal(err)
		}
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		log.Fatal("the standard input has ended")
	}()
	debug.SetGCPercent(800) // a simulation makes much garbage and keeps little
	var c catch
	for c.Seed = seeds[0]; c.Seed <= seeds[1]; c.Seed++ {
		if v := sim.Play(sim.Generate(c.Seed, sim.Options{})).Violation; v != nil {
			c.Invariant, c.What = v.Invariant, v.What
			break
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(c); err != nil {
		log.Fatal(err)
	}
}
