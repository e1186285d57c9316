package process

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// adopted are the processes that the bench adopts. A node may start a daemon: a process that
// has left the node's group and session, and may have cleared its environment. While there are
// spawners, the bench is a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER): an orphan among the
// descendants of nodes becomes its child, whatever the orphan has done. Nothing tells which
// spawner's node an orphan descends from, so the last spawner ends them all.
//
// Children that the rest of the program has started are told from orphans by their group,
// which is the program's own.
var adopted adoption

type adoption struct {
	mu       sync.Mutex
	spawners int
	leaders  map[int]bool // processes started by spawners and not reaped yet
	others   map[int]bool // children from before there was a spawner
	stop     chan struct{}
}

// begin notes a spawner. The first makes the bench adopt orphans.
func (a *adoption) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.spawners++; a.spawners > 1 {
		return
	}
	a.leaders, a.others = make(map[int]bool), make(map[int]bool)
	for _, pid := range children() {
		a.others[pid] = true
	}
	if unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != nil {
		return // a kernel before 3.4: then orphans are init's
	}
	a.stop = make(chan struct{})
	go a.reap(a.stop)
}

// start starts a node's process. Nobody takes it for an orphan until reaped is called.
func (a *adoption) start(cmd *exec.Cmd) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err
	}
	a.leaders[cmd.Process.Pid] = true
	return nil
}

// reaped notes that a node's process is no more.
func (a *adoption) reaped(pid int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.leaders, pid)
}

// end notes that a spawner is closed. The last one ends the orphans.
func (a *adoption) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.spawners--; a.spawners > 0 || a.stop == nil {
		return
	}
	for range maxSweeps { // who dies may leave orphans too
		orphans := a.orphans()
		for _, pid := range orphans {
			kill(pid)
		}
		if len(orphans) == 0 {
			break
		}
	}
	close(a.stop)
	a.stop = nil
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) // it could be set, and so unset
}

// reap reaps orphans that end by themselves, as init would, until stop is closed.
func (a *adoption) reap(stop chan struct{}) {
	exits := make(chan os.Signal, 1)
	signal.Notify(exits, unix.SIGCHLD)
	defer signal.Stop(exits)
	for {
		select {
		case <-stop:
			return
		case <-exits:
		}
		a.mu.Lock()
		for _, pid := range a.orphans() {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil) // most live on
		}
		a.mu.Unlock()
	}
}

// orphans lists the bench's children that are orphans. Callers hold the lock.
func (a *adoption) orphans() []int {
	var list []int
	own := unix.Getpgrp()
	for _, pid := range children() {
		if a.leaders[pid] || a.others[pid] {
			continue
		}
		if group, err := unix.Getpgid(pid); err == nil && group != own {
			list = append(list, pid)
		}
	}
	return list
}

// children lists the children of all threads of the bench; none on a kernel that does not tell
// (CONFIG_PROC_CHILDREN).
func children() []int {
	names, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		return nil // the pattern is a good one
	}
	var list []int
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		for word := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(word); err == nil {
				list = append(list, pid)
			}
		}
	}
	return list
}

// maxDying is how long a killed process may take to be gone, in milliseconds: one that waits
// for a disk that does not answer would hold up the bench for ever.
const maxDying = 2000

// kill kills a child and reaps it. Until it is reaped its number stands for no other process.
func kill(pid int) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == nil {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) // an error means that it is gone
		for {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, maxDying)
			if err != unix.EINTR {
				break
			}
		}
		_ = unix.Close(fd)
	} else {
		_ = unix.Kill(pid, unix.SIGKILL) // a kernel before 5.3
	}
	_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
}
