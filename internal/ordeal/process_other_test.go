//go:build !linux

package ordeal

import (
	"syscall"
	"time"
)

// ended does nothing here: a member outlives a test's process that dies.
func ended() *syscall.SysProcAttr { return nil }

// processorTime is not known here.
func processorTime() time.Duration { return 0 }

// pause and resume do nothing here.
func (m *member) pause() error  { return nil }
func (m *member) resume() error { return nil }
