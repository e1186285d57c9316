package history

import "gset/internal/bench/edn"

// ID is the value of a completed generate: an id, as JSON in canonical form.
type ID string

// AppendEDN writes the id.
func (id ID) AppendEDN(dst []byte) []byte { return edn.AppendJSON(dst, []byte(id), false) }
