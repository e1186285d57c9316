package crdt

// SketchLen returns how many coded cells to send for a difference that was estimated,
// by Sketch.Difference, so that nine of ten decode at once: 4 + 2.5·difference, up to
// MaxSketch.
//
// Most of it is for the estimate, which is below 0.58 times the difference one time in
// ten, so that one has to allow for 1.7 times as much; the code takes the other factor,
// 1.35 for many differences, and for few of them the 4 as well. Were the difference d
// known exactly, 1.5·d + 10 would be enough.
//
// Estimates from 3,276 on, of differences that MaxSketch coded cells may be too few for,
// get MaxSketch. They decode up to about 6,000.
//
// Measured with: go test ./crdt -run 'TestSketchLen|TestSketchOverhead' -v
func SketchLen(difference int) int {
	if difference >= MaxSketch/2 { // and so large a one would overflow
		return MaxSketch
	}
	return min(4+max(difference, 0)*5/2, MaxSketch)
}
