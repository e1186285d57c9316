package loop

// What one connection may do in a turn.
const (
	TurnCommands = turnCommands
	TurnCalls    = turnCalls
	TurnOutput   = turnOutput
)

// Portable has a loop serve its connections by goroutines, as on systems without epoll.
func Portable(c Config) Config {
	c.portable = true
	return c
}
