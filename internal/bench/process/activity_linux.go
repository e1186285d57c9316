package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// maxFamily bounds how many processes are looked at for one program. A larger family counts as busy.
const maxFamily = 200

// activity looks at a process and its descendants. It returns false if the system does not tell.
func activity(pid int, stdin *pipeInlet) (Activity, bool) {
	a := Activity{Idle: true}
	var err error
	if closed := stdin.conn.Control(func(fd uintptr) { a.Unread, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) }); closed != nil {
		a.Unread = 0
	}
	if err != nil {
		return a, false
	}
	family := []int{pid}
	for i := 0; i < len(family); i++ {
		if len(family) > maxFamily {
			a.Idle = false
			break
		}
		children, ok := a.add(family[i])
		if !ok && i == 0 {
			return a, false
		}
		family = append(family, children...)
	}
	return a, true
}

// add adds a process, and returns which processes it has started; false if it is gone, or the system does
// not tell.
func (a *Activity) add(pid int) (children []int, ok bool) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil {
		return nil, false // the pattern is a good one
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(filepath.Join(thread, "stat"))
		if err != nil {
			continue // gone
		}
		a.Idle = a.Idle && sleeps(stat)
		list, err := os.ReadFile(filepath.Join(thread, "children"))
		if err != nil {
			continue // gone, or a kernel that does not tell
		}
		ok = true
		for _, word := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(word); err == nil {
				children = append(children, child)
			}
		}
		a.Queued += queued(thread)
	}
	return children, ok
}

// sleeps tells whether a thread neither runs nor waits for a processor or a disk, by its stat. The
// state follows the name, which is in parentheses and may hold any character.
func sleeps(stat []byte) bool {
	rest := bytes.TrimSpace(stat[bytes.LastIndexByte(stat, ')')+1:])
	return len(rest) > 0 && rest[0] != 'R' && rest[0] != 'D'
}

// queued is how long a thread has waited for a processor, 0 if the system does not tell.
func queued(thread string) time.Duration {
	text, err := os.ReadFile(filepath.Join(thread, "schedstat"))
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return 0
	}
	ns, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(ns)
}
