// Package rivals compares ways to make two sets equal: what each sends until both
// sides hold the union. It is all tests, and nothing depends on it.
//
//	go test ./internal/rivals -run TestTable -v -full     bytes, one row for each case
//	go test ./internal/rivals -run TestSpread -v -full    how they vary over many pairs
//	go test ./internal/rivals -bench .                    and how long it takes
//
// All bytes are counted, in both directions; a trip is a message, or several at
// once, one way. One file for each way:
//
//   - ours: two replicas, from the probe that finds out that they differ;
//   - full state: one side sends all it has, the other answers with the rest;
//   - roaring: the same, as roaring bitmaps;
//   - ranges: fingerprints of ranges, split where they differ (Meyer 2022), by a
//     library for version 1 of the Negentropy protocol, whose ids take 32 bytes;
//   - iblt: an invertible Bloom lookup table (Eppstein et al. 2011).
//
// The rivals are given what favours them: no headers, no limit to a message, elements
// of 8 bytes where they are sent on their own, ids that tell the element, and the last
// one an oracle that knows how much the sets differ.
package rivals
