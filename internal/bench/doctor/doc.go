// Package doctor examines a node step by step and says what to mend: whether it starts,
// answers init, replies as the workload's clients demand, keeps its standard output clean,
// reads long lines, bears messages that come before init, and ends with its input.
//
// Without a workload the doctor finds out which one the node is for, by what it answers; another process
// takes its place when it exits because of what it was asked. Then the node is examined alone and as
// one of two, side by side.
//
// A node that answers at once is examined in well under a second. One that does not answer is given up
// as soon as it has done nothing for half a second (see patience): on Linux, where the
// system tells what a process does, no examination of a node that sleeps takes two seconds. A node that
// goes on computing has as long as in Maelstrom.
package doctor
