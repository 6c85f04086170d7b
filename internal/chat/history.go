package chat

import (
	"context"
	"strconv"

	"github.com/confab-chat/confab/participant"
)

// What is remembered for /history at most.
const (
	historyMessages = 200
	historyOctets   = 1 << 20
)

// history is the last messages, those that the conference replayed included.
type history struct {
	messages []participant.Message
	octets   int
}

func (h *history) add(m participant.Message) {
	h.messages = append(h.messages, m)
	h.octets += len(m.Body)
	for len(h.messages) > historyMessages || h.octets > historyOctets {
		h.octets -= len(h.messages[0].Body)
		h.messages = h.messages[1:]
	}
}

// last returns the last n messages.
func (h *history) last(n int) []participant.Message {
	return h.messages[max(0, len(h.messages)-n):]
}

// again is a message that is shown once more.
type again participant.Message

// history shows messages again.
func (s *session) history(_ context.Context, rest string) {
	n := 20
	if rest != "" {
		var err error
		if n, err = strconv.Atoi(rest); err != nil || n < 1 {
			s.problem(badCommand, "usage: /history [N]")
			return
		}
	}
	for _, m := range s.past.last(n) {
		s.out.show(again(m))
	}
}
