package riblt

// SketchLen returns how many coded symbols to send for a difference that was estimated
// by Sketch.Difference, so that nine of ten sketches decode at once: 2 + 2.7·difference.
// The result may be more than MaxSketch: then the difference is too much for one sketch,
// and parts of the sets are to be sketched one by one.
//
// Most of the factor is for the estimate, which is below 0.58 times the difference one time
// in ten, so that one has to allow for 1.7 times as much; the code takes the other factor,
// 1.35 for many differences, and more for few of them. A sketch for a difference d that is
// known exactly takes 1.5·d + 10 coded symbols.
//
// Measured with: go test ./crdt/riblt -run 'TestSketchLen|TestSketchOverhead' -v
func SketchLen(difference int) int {
	const most = 1<<31 - 1 // a difference that Sketch.Difference never exceeds
	d := int64(min(max(difference, 0), most))
	return int(min(2+27*d/10, most))
}
