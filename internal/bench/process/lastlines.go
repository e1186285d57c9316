package process

import (
	"fmt"
	"strings"
)

// debugLines is how many of a node's last lines are shown when it has failed.
const debugLines = 32

// debugBytes bounds what is kept of each of them. More would be copied of every line, and read by
// nobody.
const debugBytes = 4 << 10

// lastLines keeps the last lines a node has printed, in memory that is used
// again. It is not safe for concurrent use.
type lastLines struct {
	lines [debugLines][]byte
	count int
}

func (l *lastLines) add(line []byte) {
	slot := &l.lines[l.count%debugLines]
	if len(line) > debugBytes {
		*slot = fmt.Appendf((*slot)[:0], "%s... (%d bytes in all)", line[:debugBytes], len(line))
	} else {
		*slot = append((*slot)[:0], line...)
	}
	l.count++
}

// text returns the lines, oldest first.
func (l *lastLines) text() string {
	var b strings.Builder
	for i := max(0, l.count-debugLines); i < l.count; i++ {
		b.Write(l.lines[i%debugLines])
		b.WriteByte('\n')
	}
	return b.String()
}
