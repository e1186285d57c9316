// Package doctor examines a node step by step and says what to mend: whether it starts,
// answers init, replies as the workload's clients demand, keeps its standard output clean,
// reads long lines, bears messages that come before init, and ends with its input.
//
// Each workload that the node may be for is tried with a process of its own, side by side,
// since many nodes exit when they are asked what they do not know. The workload of which
// most was answered is the node's. A node that answers at once is examined in well under a
// second; one that leaves requests open takes up to the limits of [Options].
package doctor
