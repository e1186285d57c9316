//go:build !linux

package ordeal

import (
	"errors"
	"io"
	"time"
)

func carry(time.Duration, io.Reader, io.Writer) error { return errors.ErrUnsupported }
