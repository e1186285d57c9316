package bench

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"gset/internal/bench/network"
	"gset/internal/bench/process"
)

// watched launches actors of which the system tells what they do.
type watched struct {
	actors
	activity process.Activity
}

func (w watched) Launch(bin string, args []string, log *os.File) (*process.Program, error) {
	p, err := w.actors.Launch(bin, args, log)
	p.Activity = func() (process.Activity, bool) { return w.activity, true }
	return p, err
}

// A node that hangs does not read like one that is at work or has no processor, and may only need more time. That is
// offered, in words and in the command line that repeats the test.
func TestANodeThatHangsIsToldFromOneThatIsBusy(t *testing.T) {
	const more = "; --init-timeout 30 gives nodes more time(?s:.*)To repeat it with more time: squall test .* --init-timeout 30 "
	for _, test := range []struct {
		activity process.Activity
		want     string
	}{
		{process.Activity{Idle: true}, `did not answer init within 10s: it has read its standard input, and does nothing\n(?s:.*)To repeat it: `},
		{process.Activity{Idle: true, Unread: 100}, `did not answer init within 10s: it does nothing, and has not read its standard input\n(?s:.*)To repeat it: `},
		{process.Activity{}, `did not answer init within 10s: it is still at work, and the computer may be busy` + more},
		{process.Activity{Idle: true, Queued: 4 * time.Second}, `did not answer init within 10s: it waited 4.0 s for a processor, so the computer is busy` + more},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := testOptions(t, "echo")
			o.NodeCount, o.InitTimeout = 1, 10*time.Second
			m := machine{network.NewTimerAlarm, func() process.Launcher { return watched{"never answers", test.activity} }}
			_, err := runOn(t.Context(), m, o)
			wantNodeError(t, err, test.want)
		})
	}
}
