package resp

import "math"

// Limits bound one command of a client that has authenticated. Before that, the limits of Redis
// hold: 10 arguments and 16 KiB a bulk. An inline command is at most 64 KiB for everyone.
type Limits struct {
	Args    int // arguments of a command; default 524,288, half of what Redis' manual allows
	Bulk    int // bytes of an argument; default 1 MiB, Redis 512 MiB
	Command int // bytes of a command with its headers; default 64 MiB, at most 1 GiB
}

const (
	defaultArgs    = 1 << 19
	defaultBulk    = 1 << 20
	defaultCommand = 64 << 20
	maxCommand     = 1 << 30 // offsets into a command have 32 bits

	unauthenticatedArgs = 10
	unauthenticatedBulk = 16 << 10

	// Redis' own limits, beyond which it calls a number invalid whoever sends it.
	redisArgs = math.MaxInt32
	redisBulk = 512 << 20

	// maxLine is how many bytes of a line may arrive without its end: an inline command,
	// a count, or a length.
	maxLine = 64 << 10
)

// WithDefaults returns the limits with a default in place of what is zero or negative, and
// Command no larger than 1 GiB.
func (l Limits) WithDefaults() Limits {
	if l.Args <= 0 {
		l.Args = defaultArgs
	}
	if l.Bulk <= 0 {
		l.Bulk = defaultBulk
	}
	if l.Command <= 0 {
		l.Command = defaultCommand
	}
	l.Command = min(l.Command, maxCommand)
	return l
}
