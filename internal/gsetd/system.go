package gsetd

import (
	"bytes"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
)

// residentBytes returns how much memory the process has in the machine: from the system on Linux,
// and elsewhere what Go's runtime has taken.
func residentBytes() int64 {
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(text); len(fields) > 1 {
			pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
			return pages * int64(os.Getpagesize())
		}
	}
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// SystemMemory returns how much memory the process may have: that of the machine or, if it is less,
// of its control group. It is zero where that is not known, which is anywhere but on Linux.
func SystemMemory() int64 {
	if runtime.GOOS != "linux" {
		return 0
	}
	n := physicalMemory()
	for _, name := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if limit, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil && (n == 0 || limit < n) {
			n = limit
		}
	}
	return n
}

func physicalMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(text, []byte("MemTotal:"))
	fields := bytes.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(string(fields[0]), 10, 64)
	return kib << 10
}
