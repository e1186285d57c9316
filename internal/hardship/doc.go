// Package hardship measures the protocol where it has a hard time: a network that is not
// transitive, a dead hub, large heals, a poisoned view, minutes alone, a large joiner.
// Clusters run in virtual time, over several seeds. It has nothing but tests.
//
//	go test ./internal/hardship -run TestHardships -v
//
// prints the table of figures. A figure with a goal that the protocol keeps is asserted; one
// whose goal it does not keep yet is printed, with what is missing. A goal stays asserted once
// it is kept.
package hardship
