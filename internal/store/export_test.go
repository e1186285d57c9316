package store

// End returns where the last log's commits end.
func End(s *Store) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.end
}
