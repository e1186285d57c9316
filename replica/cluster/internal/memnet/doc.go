// Package memnet is a network in memory, for tests in virtual time (testing/synctest): hosts that
// listen and dial, connections with a latency and a bounded buffer, and a count of the bytes that
// each host has written. Waiting is on condition variables and timers alone, so that a bubble's
// time goes on while everybody waits. It has no losses, as TCP has none while a connection lasts.
package memnet
