package instance

import (
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// Permits reports whether a user would be let in who had the reserved conference
// started now, as the error that he would get, or nil. Nothing is started. [OPT-01]
func (d Definition) Permits(id conference.Identity, now time.Time) error {
	if now.Before(d.StartAt) {
		return ErrNotYet
	}
	create := d.template()
	create.At, create.First = now, conference.Admit{At: now, Identity: id, Endpoint: "probe"}
	_, err := conference.Decide(new(conference.State), create)
	return err
}
