package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a number of bytes, such as 64MB, or what the machine suggests.
type byteSize struct {
	bytes int64
	auto  bool
}

// units are powers of 1,024, as in Redis' configuration.
var units = []struct {
	suffix string
	bytes  int64
}{{"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}, {"TB", 1 << 40}, {"B", 1}, {"", 1}}

// UnmarshalText reads a size from the command line.
func (s *byteSize) UnmarshalText(text []byte) error {
	if string(text) == "auto" {
		*s = byteSize{auto: true}
		return nil
	}
	upper := strings.ToUpper(string(text))
	for _, unit := range units {
		digits, found := strings.CutSuffix(upper, unit.suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/unit.bytes {
			break
		}
		*s = byteSize{bytes: n * unit.bytes}
		return nil
	}
	return fmt.Errorf("%q is not a size such as 512MB or 4GB", text)
}

// String returns the size as a configuration file has it.
func (s byteSize) String() string {
	if s.auto {
		return "auto"
	}
	for _, unit := range units {
		if unit.bytes > 1 && s.bytes > 0 && s.bytes%unit.bytes == 0 && s.bytes/unit.bytes < 1024 {
			return strconv.FormatInt(s.bytes/unit.bytes, 10) + unit.suffix
		}
	}
	return strconv.FormatInt(s.bytes, 10)
}
