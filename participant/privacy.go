package participant

import (
	"strings"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// anonymousHost is that of URIs which name nobody (RFC 3323 §4.1.1.3).
const anonymousHost = "anonymous.invalid"

func anonymous() sipmsg.Address {
	return sipmsg.Address{Display: "Anonymous", URI: sipmsg.URI{Scheme: "sip", User: "anonymous", Host: anonymousHost}}
}

// hide takes out of a request what tells others who the user is, and tells it a hop
// that is trusted. [PAR-GEN-04]
func (u *UE) hide(out *dialog.Outgoing) {
	if u.cfg.Trusted {
		out.Fields = append(out.Fields, sipmsg.Field{
			Name: "P-Preferred-Identity", Value: sipmsg.Address{URI: u.identity.URI}.String(),
		})
	}
	if u.cfg.Anonymous {
		out.From = anonymous()
		out.Fields = append(out.Fields, sipmsg.Field{Name: "Privacy", Value: "id"})
	}
}

// unmask finds out under which URI the others see an anonymous user: that of the entry
// with his nickname, or of the only anonymous one. Called with mu held.
func (c *Conference) unmask() {
	if !c.ue.cfg.Anonymous {
		return
	}
	var only string
	n := 0
	for i := range c.users {
		u := &c.users[i]
		switch {
		case !strings.HasSuffix(u.URI, "@"+anonymousHost) || u.Status != "connected":
		case c.nickname != "" && u.Nickname == c.nickname:
			c.mask = u.URI
			return
		default:
			only = u.URI
			n++
		}
	}
	if n == 1 && c.mask == "" {
		c.mask = only
	}
}

// sender is who a message of ours comes from.
func (c *Conference) sender() cpim.Party {
	if !c.ue.cfg.Anonymous {
		return cpim.Party{Name: c.ue.cfg.Display, URI: c.self.URI.String()}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mask == "" {
		return cpim.Party{URI: anonymous().URI.String()} // refused: we do not know better
	}
	return cpim.Party{URI: c.mask}
}
