package focus

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// offerAgain makes another offer in the dialog, because the answer to the one
// before cannot be used: media is anchored by one who does not say so. RFC 6714
// §4.2. [CEMA-04]
func (c *call) offerAgain() {
	c.mu.Lock()
	s, leg := c.session, c.leg
	c.again = s == nil && !c.over // the ACK is here before Accept has returned
	c.mu.Unlock()
	if s == nil || leg == nil {
		return
	}
	s.Do(func() {
		offer, err := leg.Offer()
		if err != nil {
			c.leave(conference.CauseFailed, noAnswer(err))
			return
		}
		s.Reinvite(invite.Answer{Body: offer.Append(nil)}, func(resp *sipmsg.Response, err error) {
			if err == nil {
				err = c.acceptAgain(leg, resp)
			}
			switch status := sip.AsError(err).Status; {
			case err == nil, status == 408, status == 481: // then the dialog is over, and says so itself
			default:
				c.leave(conference.CauseFailed, noAnswer(err))
			}
		})
	})
}

func (c *call) acceptAgain(leg Leg, resp *sipmsg.Response) error {
	_, direction, err := takeAnswer(leg, &resp.Header, resp.Body)
	if err == nil {
		c.setMedia(direction)
	}
	return err
}
