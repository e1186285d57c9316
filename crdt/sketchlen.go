package crdt

// SketchLen returns how many coded cells to send for a difference that was estimated,
// by Sketch.Difference, so that nine of ten decode at once: 2 + 2.7·difference. That may
// be more than MaxSketch, and then the difference is too much for one sketch; the parts
// of it in several spans of cell ids may not be.
//
// Most of it is for the estimate, which is below 0.58 times the difference one time in
// ten, so that one has to allow for 1.7 times as much; the code takes the other factor,
// 1.35 for many differences, and more for few of them. A sketch for a
// difference d that is known exactly takes 1.5·d + 10.
//
// Measured with: go test ./crdt -run 'TestSketchLen|TestSketchOverhead' -v
func SketchLen(difference int) int {
	return 2 + 27*max(difference, 0)/10
}
