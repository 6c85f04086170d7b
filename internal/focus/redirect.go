package focus

import (
	"log/slog"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// redirect leads the caller of a factory to the URI of a conference that he makes by
// calling that (RFC 4579 §5.4): no place and no leg is taken for him before. There is no
// Expires, so the Contact is good for this one recursion (RFC 3261 §21.3.3). What his
// INVITE carries comes again with the next. D-44 [FOC-FAC-11]
func (c *call) redirect() {
	id, err := c.focus.cfg.Directory.Promise(c.caller.User)
	if err != nil {
		c.refuse(c.refusal(err))
		return
	}
	c.focus.log(slog.LevelInfo, "INVITE redirected", c.in.Request(),
		slog.String("user", string(c.caller.User)), slog.String("conference", string(id)))
	contact := sipmsg.Field{Name: "Contact", Value: c.focus.cfg.Gate.Contact(id, c.in.Source())}
	c.in.Reject(&sip.Error{Status: 302, Header: []sipmsg.Field{contact}})
}
