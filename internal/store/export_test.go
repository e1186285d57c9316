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

// End returns where the last log's commits end.
func End(s *Store) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.end
}
