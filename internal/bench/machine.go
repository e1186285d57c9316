package bench

import (
	"gset/internal/bench/network"
	"gset/internal/bench/process"
)

// machine is what a test takes from the computer that it runs on. The bench's
// own tests bring another one, on which time is virtual and a node is a
// goroutine, so that they do not depend on how fast the computer is.
type machine struct {
	newAlarm    func(fire func()) (network.Alarm, error)
	newLauncher func() process.Launcher
}

// operatingSystem is the machine of real time and real processes.
var operatingSystem = machine{network.NewAlarm, process.NewSpawner}
