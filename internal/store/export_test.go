package store

// Settle waits until the goroutine that makes the next log file has ended, so that a test's draws
// come in one order.
func (s *Store) Settle() {
	s.take()
	defer s.give()
	if s.log.spare != nil {
		<-s.log.spare.done
	}
}
