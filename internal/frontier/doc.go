// Package frontier measures what the broadcast node trades between messages and latency as
// its interval T grows, and draws that beside the challenge's bars and the results that
// others have published.
//
// The load is challenge 3d's: 25 nodes, links of 100 ms, 100 operations a second for 20 s.
// It runs over package simnet in virtual time, so [Sweep] takes seconds and gives the same
// figures on any machine. The command lab frontier writes them to docs/frontier.csv, and
// the drawing to docs/frontier.svg.
package frontier
