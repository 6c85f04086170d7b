package focus

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const sdpType = "application/sdp"

// offerIn finds the session description in the body of an INVITE, ACK or re-INVITE. No
// body means no offer: nil. Parts of the types known are for somebody else; see
// [sip.Body]. [COM-07]
func offerIn(header *sipmsg.Header, body []byte, known ...string) ([]byte, error) {
	offer, refused := sip.Body(header, body, sdpType, known...)
	if refused != nil {
		return nil, refused
	}
	return offer, nil
}

// takeAnswer has the leg take the answer to its offer that a message brings.
func takeAnswer(leg Leg, header *sipmsg.Header, body []byte) (*sdp.Session, conference.Direction, error) {
	body, err := offerIn(header, body)
	if err != nil {
		return nil, conference.NoStream, err
	}
	answer, err := sdp.Parse(body)
	if err != nil {
		return nil, conference.NoStream, err
	}
	direction, err := leg.Accept(answer)
	return answer, direction, err
}
