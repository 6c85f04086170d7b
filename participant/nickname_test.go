package participant

import (
	"errors"
	"testing"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Nickname makes the leg a mixer that has given one name away.
func (l *leg) Nickname(r *msrp.NicknameRequest) {
	switch name, err := msrpwire.ParseNickname(r.Value, true); {
	case err != nil || name == "Owl":
		r.Respond(&msrp.Error{Status: 425, Comment: "in use"})
	default:
		r.Respond(nil)
	}
}

func TestSetNickname(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		c := x.joined(Options{NoSubscribe: true}, "", "a=accept-wrapped-types:*", "a=chatroom:nickname private-messages")
		for name, status := range map[string]int{"Dopey": 0, "Owl": 425, "": 0} {
			err := c.SetNickname(x.t.Context(), name)
			if bad := (*msrp.Error)(nil); status == 0 && err != nil || status != 0 && (!errors.As(err, &bad) || bad.Status != status) {
				x.t.Errorf("%q: %v, want %d", name, err, status)
			}
		}
		if err := c.SetNickname(x.t.Context(), "a\nb"); err == nil {
			x.t.Error("line end taken")
		}
	})
	bubble(t, func(x *stage) {
		if err := x.join().SetNickname(x.t.Context(), "Dopey"); !errors.Is(err, ErrNoNicknames) {
			x.t.Errorf("none: %v", err)
		}
	})
}
