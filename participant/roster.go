package participant

import (
	"errors"

	"github.com/confab-chat/confab/confinfo"
)

var errGone = errors.New("participant: the conference is gone")

// apply merges a document into the roster (RFC 4575 §4.6). [PAR-SUB-06]
func (c *Conference) apply(w *watcher, doc *confinfo.Document) confinfo.Outcome {
	c.mu.Lock()
	if c.watcher != w {
		c.mu.Unlock()
		return confinfo.Ignored
	}
	merged, outcome := confinfo.Apply(c.roster, doc)
	if outcome != confinfo.Applied {
		c.mu.Unlock()
		return outcome
	}
	c.roster = merged
	if merged.Entity != "" {
		c.canonical = merged.Entity
	}
	c.users = usersOf(merged)
	users := c.users
	c.unmask()
	c.mu.Unlock()
	c.events.put(Roster{Users: users})
	return outcome
}

func usersOf(doc *confinfo.Document) []User {
	if doc.Users == nil {
		return nil
	}
	users := make([]User, 0, len(doc.Users.List))
	for i := range doc.Users.List {
		u := &doc.Users.List[i]
		users = append(users, User{
			URI: u.Entity, Display: u.DisplayText, Nickname: u.Nickname, Roles: u.Roles, Status: string(statusOf(u)),
		})
	}
	return users
}

// statusOf is the status of the user's endpoint that is most present.
func statusOf(u *confinfo.User) confinfo.Status {
	best := confinfo.Status("")
	for i := range u.Endpoints {
		if s := u.Endpoints[i].Status; best == "" || presence(s) > presence(best) {
			best = s
		}
	}
	return best
}

// presence orders the states of an endpoint.
func presence(s confinfo.Status) int {
	switch s {
	case confinfo.StatusConnected:
		return 9
	case confinfo.StatusMutedViaFocus:
		return 8
	case confinfo.StatusOnHold:
		return 7
	case confinfo.StatusAlerting:
		return 6
	case confinfo.StatusDialingIn, confinfo.StatusDialingOut:
		return 5
	case confinfo.StatusPending:
		return 4
	case confinfo.StatusDisconnecting:
		return 3
	case confinfo.StatusDisconnected:
		return 2
	}
	return 1
}
