package conference

import "time"

// Message is a regular message: one for everybody in the conference. Nobody
// changes a message, or the octets of its body, after it was posted.
type Message struct {
	At time.Time

	// ID is the Message-ID of every copy, in each repetition and replay. It
	// was drawn at random by the mixer. [SW-PUB-07]
	ID string

	User     User       // the sender; empty: the conference itself
	Endpoint EndpointID // the endpoint that sent it

	// Nickname is the one that the sender had at the place of the message; empty: none.
	// [Posted] has it, whatever [Post] says.
	Nickname string `json:",omitempty"`

	// SenderID is the sender's own Message-ID, by which a repetition is known;
	// empty: none.
	SenderID string

	ContentType string // of the content wrapped in CPIM, parameters included
	Body        []byte // the whole message/cpim object as it was received
}

// Post puts a message into the order of the conference. Its place is the
// [Position] of the event. A message that the same user posted a moment ago,
// going by SenderID, yields no event: it was distributed already. [SW-PUB-13]
//
// Refusals: CodeNotAlive, CodeNoSuchEndpoint, CodeNotConnected, CodeNotAllowed (the endpoint is
// another user's).
type Post struct {
	Message *Message
}

// Posted says that a message has its place. Those who are in the conference at
// this place get it. [SW-GEN-10] [SW-PUB-12]
type Posted struct {
	Message *Message
}

// Kind implements Event.
func (Posted) Kind() Kind { return KindPosted }

func (c Post) decide(s *State, out []Event) ([]Event, error) {
	m := c.Message
	if !s.alive {
		return nil, refuse(CodeNotAlive)
	}
	nickname := ""
	if m.User != "" {
		ep := s.Endpoint(m.Endpoint)
		switch {
		case ep == nil:
			return nil, refuse(CodeNoSuchEndpoint)
		case ep.Participant.User != m.User:
			return nil, refuse(CodeNotAllowed)
		case !ep.Connected() || !ep.Media.Sends():
			return nil, refuse(CodeNotConnected)
		}
		nickname = ep.Participant.Nickname
	}
	if s.recent.has(m.User, m.SenderID, m.At) {
		return out, nil
	}
	if m.Nickname != nickname {
		named := *m
		named.Nickname, m = nickname, &named
	}
	return append(out, Posted{Message: m}), nil
}

func (e Posted) apply(s *State) {
	if s.alive {
		s.recent.add(e.Message.User, e.Message.SenderID, e.Message.At)
	}
}
