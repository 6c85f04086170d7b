package participant

import (
	"encoding/xml"
	"strings"
)

const typeComposing = "application/im-iscomposing+xml" // RFC 3994

// Typing tells that somebody has begun or stopped to compose a message (RFC 3994).
type Typing struct {
	From    string
	Private bool
	Active  bool
}

func (e Typing) octets() int { return eventSize }

// typing reads an indication of composing. What is not one counts as idle.
func typing(m *Message) (Typing, bool) {
	media, _, _ := strings.Cut(m.ContentType, ";")
	if !strings.EqualFold(strings.TrimSpace(media), typeComposing) {
		return Typing{}, false
	}
	var doc struct {
		State string `xml:"state"`
	}
	err := xml.Unmarshal(m.Body, &doc)
	return Typing{From: m.From, Private: m.Private, Active: err == nil && strings.TrimSpace(doc.State) == "active"}, true
}
