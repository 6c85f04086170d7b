package focus

import (
	"slices"
	"strings"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const (
	sdpType = "application/sdp"
	// acceptedBodies is what the focus takes in an INVITE.
	acceptedBodies = sdpType + ", multipart/mixed"
	// maxBodyDepth bounds multipart bodies inside multipart bodies.
	maxBodyDepth = 8
)

// offerIn finds the session description in the body of an INVITE, ACK or
// re-INVITE (RFC 3261 §8.2.3, RFC 5621 §3). No body means no offer: nil. A part
// that is not understood is skipped if its sender says handling=optional, and
// refuses the request with 415 otherwise. Parts of the types known are for
// somebody else. [COM-07]
func offerIn(header *sipmsg.Header, body []byte, known ...string) ([]byte, error) {
	return offerInPart(header, body, 0, known)
}

func offerInPart(header *sipmsg.Header, body []byte, depth int, known []string) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil
	}
	mediaType, ok := header.ContentType()
	switch {
	case !ok && depth == 0:
		return nil, &sip.Error{Status: 400, Reason: "Missing Content-Type"}
	case encoded(header):
		return nil, skipOr(header, &sip.Error{
			Status: 415,
			Header: []sipmsg.Field{{Name: "Accept-Encoding", Value: "identity"}},
		})
	case mediaType.Is(sdpType):
		return body, nil
	case slices.ContainsFunc(known, mediaType.Is):
		return nil, nil
	case strings.EqualFold(mediaType.Type, "multipart"):
		return offerInMultipart(mediaType, body, depth, known)
	}
	return nil, skipOr(header, unsupportedBody())
}

func offerInMultipart(mediaType sipmsg.MediaType, body []byte, depth int, known []string) ([]byte, error) {
	if depth >= maxBodyDepth {
		return nil, &sip.Error{Status: 400, Reason: "Body Nested Too Deep"}
	}
	parts, err := sipmsg.ParseMultipart(mediaType, body, sipmsg.Limits{})
	if err != nil {
		return nil, &sip.Error{Status: 400, Reason: "Bad Multipart Body"}
	}
	var offer []byte
	for i := range parts {
		found, err := offerInPart(&parts[i].Header, parts[i].Body, depth+1, known)
		if err != nil {
			return nil, err
		}
		if offer == nil {
			offer = found
		}
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

// encoded reports whether a content coding other than identity was applied.
func encoded(header *sipmsg.Header) bool {
	coding := header.Value("Content-Encoding")
	return coding != "" && !strings.EqualFold(coding, "identity")
}

// skipOr returns nil if the part may be skipped, and refusal if not.
func skipOr(header *sipmsg.Header, refusal *sip.Error) error {
	if d, ok := header.ContentDisposition(); ok && d.Optional() {
		return nil
	}
	return refusal
}

func unsupportedBody() *sip.Error {
	return &sip.Error{
		Status: 415,
		Header: []sipmsg.Field{{Name: "Accept", Value: acceptedBodies}},
	}
}
