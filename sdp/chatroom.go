package sdp

import (
	"slices"
	"strings"
)

// Chatroom is a=chatroom (RFC 7701 §8): what of the chat-room extensions a side
// declares. It is a declaration, not negotiated; the latest one counts. [SDP-09]
type Chatroom struct {
	Declared        bool // the attribute is there
	Nickname        bool
	PrivateMessages bool
	Other           []string // further tokens; our own are reversed DNS names
}

// The registered tokens.
const (
	tokenNickname        = "nickname"
	tokenPrivateMessages = "private-messages"
)

func parseChatroom(value string) Chatroom {
	c := Chatroom{Declared: true}
	for _, token := range fields(value) {
		switch {
		// RFC 7701 §8: ABNF literals compare without regard to case; the prose
		// of the RFC writes "nicknames". [SDP-08]
		case strings.EqualFold(token, tokenNickname), strings.EqualFold(token, "nicknames"):
			c.Nickname = true
		case strings.EqualFold(token, tokenPrivateMessages):
			c.PrivateMessages = true
		case !slices.ContainsFunc(c.Other, func(t string) bool { return strings.EqualFold(t, token) }):
			c.Other = append(c.Other, token)
		}
	}
	return c
}

func (c Chatroom) value() string {
	tokens := make([]string, 0, 2+len(c.Other))
	if c.Nickname {
		tokens = append(tokens, tokenNickname)
	}
	if c.PrivateMessages {
		tokens = append(tokens, tokenPrivateMessages)
	}
	return strings.Join(append(tokens, c.Other...), " ")
}
