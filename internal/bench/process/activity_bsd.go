//go:build unix && !linux

package process

// activity is not known here.
func activity(int, *pipeInlet) (Activity, bool) { return Activity{}, false }
