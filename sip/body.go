package sip

import (
	"slices"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// maxBodyDepth bounds multipart bodies inside multipart bodies.
const maxBodyDepth = 8

// Body finds the first body of the type wanted in a message, also inside multipart bodies
// (RFC 3261 §8.2.3, RFC 5621 §3); nil if there is none, as in a message without body.
// Bodies of the types known are for somebody else. One of any other type, or in an
// encoding, is skipped if its sender says handling=optional, and else refused with 415; what
// cannot be read is answered 400. wanted is empty for who needs no body at all. [COM-07]
func Body(header *sipmsg.Header, body []byte, wanted string, known ...string) ([]byte, *Error) {
	if len(body) == 0 {
		return nil, nil
	}
	if _, ok := header.ContentType(); !ok {
		return nil, &Error{Status: 400, Reason: "Missing Content-Type"}
	}
	s := search{wanted: wanted, known: known}
	return s.in(header, body, 0)
}

// search is what Body looks for.
type search struct {
	wanted string
	known  []string
}

func (s *search) in(header *sipmsg.Header, body []byte, depth int) ([]byte, *Error) {
	mediaType, _ := header.ContentType()
	switch {
	case len(body) == 0:
		return nil, nil
	case encoded(header):
		return nil, skipOr(header, &Error{
			Status: 415,
			Header: []sipmsg.Field{{Name: "Accept-Encoding", Value: "identity"}},
		})
	case s.wanted != "" && mediaType.Is(s.wanted):
		return body, nil
	case slices.ContainsFunc(s.known, mediaType.Is):
		return nil, nil
	case strings.EqualFold(mediaType.Type, "multipart"):
		return s.inMultipart(mediaType, body, depth)
	}
	return nil, skipOr(header, s.unsupported())
}

func (s *search) inMultipart(mediaType sipmsg.MediaType, body []byte, depth int) ([]byte, *Error) {
	if depth >= maxBodyDepth {
		return nil, &Error{Status: 400, Reason: "Body Nested Too Deep"}
	}
	parts, err := sipmsg.ParseMultipart(mediaType, body, sipmsg.Limits{})
	if err != nil {
		return nil, &Error{Status: 400, Reason: "Bad Multipart Body"}
	}
	var first []byte
	for i := range parts {
		found, err := s.in(&parts[i].Header, parts[i].Body, depth+1)
		if err != nil {
			return nil, err
		}
		if first == nil {
			first = found
		}
	}
	return first, nil
}

// encoded reports whether a content coding other than identity was applied.
func encoded(header *sipmsg.Header) bool {
	coding := header.Value("Content-Encoding")
	return coding != "" && !strings.EqualFold(coding, "identity")
}

// skipOr returns nil if the part may be skipped, and refusal if not.
func skipOr(header *sipmsg.Header, refusal *Error) *Error {
	if d, ok := header.ContentDisposition(); ok && d.Optional() {
		return nil
	}
	return refusal
}

// unsupported says which types would have been taken.
func (s *search) unsupported() *Error {
	types := append([]string{s.wanted}, s.known...)
	if s.wanted == "" {
		types = types[1:]
	}
	return &Error{
		Status: 415,
		Header: []sipmsg.Field{{Name: "Accept", Value: strings.Join(append(types, "multipart/mixed"), ", ")}},
	}
}
