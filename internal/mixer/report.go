package mixer

import "github.com/confab-chat/confab/msrp/msrpwire"

// Report says what the receivers of copies answer. [SW-RPT-03]
type Report uint8

// The report models.
const (
	// Full has every copy answered, so that the mixer knows exactly what has
	// arrived.
	Full Report = iota
	// Partial has only failures answered, at about half the cost. What was handed to
	// the system, less what its socket still holds, counts as arrived: what the peer's
	// system had taken and he never read is lost, that is the price. On systems other
	// than Linux sockets are not asked, and all that was handed over counts. [SW-RPT-06]
	Partial
)

// failureReport is the Failure-Report of copies; nothing is written for yes.
func (m *Mixer) failureReport() msrpwire.FailureReport {
	if m.cfg.Report == Partial {
		return msrpwire.FailurePartial
	}
	return msrpwire.FailureYes
}
