package conference

import "time"

// Permits reports whether one more endpoint of id would be admitted now, as the
// refusal that Admit would get, or nil. Nothing is reserved. [OPT-01]
func (s *State) Permits(id Identity, now time.Time) error {
	_, err := Admit{At: now, Identity: id, Endpoint: "probe"}.decide(s, nil)
	return err
}
