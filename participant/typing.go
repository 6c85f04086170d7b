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
	return Typing{From: m.From, Private: m.Private, Active: composes(m.Body)}, true
}

// maxComposing is the largest composing indication that is looked into.
const maxComposing = 8 << 10

// composes reports whether a composing indication says that its sender writes.
// What cannot be read, and states that we do not know, are idle; elements that we
// do not know, or of other namespaces, are passed over. RFC 3994 §3.5 and §6.
// [COMP-01]
func composes(body []byte) bool {
	if len(body) > maxComposing {
		return false
	}
	var doc struct {
		XMLName xml.Name `xml:"isComposing"`
		States  []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:"state"`
	}
	if xml.Unmarshal(body, &doc) != nil {
		return false
	}
	for _, s := range doc.States {
		if s.XMLName.Space == doc.XMLName.Space {
			return strings.TrimSpace(s.Text) == "active"
		}
	}
	return false
}
