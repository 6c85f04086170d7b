package sdp

import (
	"strconv"
	"strings"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Media writes the stream as an m-line with its attributes.
func (m *Message) Media() Media {
	out := Media{
		Type: "message", Port: m.Port, Proto: string(m.Proto), Formats: []string{"*"},
		Connection: m.Connection,
	}
	add := func(name, value string) {
		out.Attributes = append(out.Attributes, Attribute{Name: name, Value: value})
	}
	addIf := func(name, value string) {
		if value != "" {
			add(name, value)
		}
	}
	addIf("setup", m.Setup.String())
	if m.CEMA {
		add("msrp-cema", "")
	}
	for _, f := range m.Fingerprints {
		add("fingerprint", f.String())
	}
	addIf("accept-types", m.AcceptTypes.String())
	addIf("accept-wrapped-types", m.AcceptWrappedTypes.String())
	if m.MaxSize != Unlimited {
		add("max-size", strconv.FormatInt(m.MaxSize, 10))
	}
	addIf("path", pathValue(m.Path))
	if m.Chatroom.Declared {
		add("chatroom", m.Chatroom.value())
	}
	if m.Direction != SendRecv {
		add(m.Direction.String(), "")
	}
	addIf("label", m.Label)
	if m.File != nil {
		out.Attributes = m.File.appendAttributes(out.Attributes)
	}
	for _, p := range m.Preconditions {
		add(p.Kind, p.value())
	}
	return out
}

func pathValue(path []msrpwire.URI) string {
	words := make([]string, len(path))
	for i, u := range path {
		words[i] = u.String()
	}
	return strings.Join(words, " ")
}
