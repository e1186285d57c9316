// Package glomers runs tables of tests under squall and holds what came of them
// against bars: those of the "Gossip Glomers" challenges, and the tighter ones that
// this project sets itself.
package glomers
