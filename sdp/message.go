package sdp

import (
	"math"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Unlimited is the MaxSize of a side that states none.
const Unlimited = math.MaxInt64

// Port of the m-line of an active endpoint, the discard port (RFC 4145 §5).
const discardPort = 9

// Message is an m=message line with its attributes, session-level defaults
// folded in.
type Message struct {
	Port       uint16 // 0 refuses or removes the stream
	Proto      Proto
	Connection Connection
	Setup      Setup
	CEMA       bool // a=msrp-cema (RFC 6714)

	Fingerprints       []Fingerprint
	AcceptTypes        TypeList
	AcceptWrappedTypes TypeList
	MaxSize            int64 // octets of a complete message, wrapper included; Unlimited when not stated
	Path               []msrpwire.URI
	Chatroom           Chatroom
	Direction          Direction // seen from the describing side
	Label              string    // RFC 4574
	File               *File     // the line is for one file (RFC 5547), nil for a conversation
	Preconditions      []Precondition
}

// Message reads the m-line at index as a message stream. It is an [*Error]
// when the line holds another medium or transport, or attributes that cannot be
// read. Whether the stream is usable is for [Negotiation] to say: a refused
// line, for one, needs no path.
func (s *Session) Message(index int) (Message, error) {
	media := &s.Media[index]
	if media.Type != "message" {
		return Message{}, refuse(WarnMedia, "no message stream")
	}
	proto, ok := parseProto(media.Proto)
	if !ok {
		return Message{}, refuse(WarnTransport, "transport protocol not supported")
	}
	m := Message{Port: media.Port, Proto: proto, Connection: media.Connection, MaxSize: Unlimited}
	if m.Connection.IsZero() {
		m.Connection = s.Connection
	}
	// The session level first, so that the media level overrides it. [SDP-26]
	for _, a := range s.Attributes {
		if !sessionDefault(a.Name) {
			continue
		}
		if err := m.read(a); err != nil {
			return Message{}, err
		}
	}
	if _, own := media.Attribute("fingerprint"); own {
		m.Fingerprints = nil
	}
	for _, a := range media.Attributes {
		if err := m.read(a); err != nil {
			return Message{}, err
		}
	}
	// RFC 3264 §8.4 knows it as the old way to hold; nothing flows. [SDP-19]
	if m.Connection.unspecified() {
		m.Direction = Inactive
	}
	return m, nil
}

// sessionDefault reports whether a session-level attribute holds for m-lines
// without their own. path and those after it belong to the media level and are
// seen above it in the field. [SDP-26]
func sessionDefault(name string) bool {
	switch name {
	case "setup", "fingerprint", "sendrecv", "sendonly", "recvonly", "inactive",
		"path", "accept-types", "accept-wrapped-types", "max-size", "chatroom":
		return true
	}
	return false
}

func (m *Message) read(a Attribute) error {
	if d, ok := parseDirection(a.Name); ok {
		m.Direction = d
		return nil
	}
	switch a.Name {
	case "fingerprint":
		if f, ok := parseFingerprint(a.Value); ok {
			m.Fingerprints = append(m.Fingerprints, f)
		}
	case "curr", "des", "conf":
		if p, ok := parsePrecondition(a.Name, a.Value); ok {
			m.Preconditions = append(m.Preconditions, p)
		}
	case attrFileSelector, attrFileTransferID, "file-disposition", "file-icon", "file-date", "file-range":
		return m.readFile(a)
	default:
		return m.readAttribute(a)
	}
	return nil
}

func (m *Message) readAttribute(a Attribute) error {
	switch a.Name {
	case "path":
		path, err := parsePath(a.Value)
		if err != nil {
			return err
		}
		m.Path = path
	case "accept-types":
		m.AcceptTypes = ParseTypeList(a.Value)
	case "accept-wrapped-types":
		m.AcceptWrappedTypes = ParseTypeList(a.Value)
	case "max-size":
		m.MaxSize = parseMaxSize(a.Value)
	case "setup":
		m.Setup = parseSetup(strings.ToLower(strings.TrimSpace(a.Value)))
	case "chatroom":
		m.Chatroom = parseChatroom(a.Value)
	case "msrp-cema":
		m.CEMA = true
	case "label":
		m.Label = a.Value
	}
	return nil
}

func (m *Message) readFile(a Attribute) error {
	if m.File == nil {
		m.File = &File{Size: -1}
	}
	switch a.Name {
	case attrFileSelector:
		if !m.File.parseSelector(a.Value) {
			return malformed("bad file-selector")
		}
	case attrFileTransferID:
		m.File.TransferID = a.Value
	case "file-disposition":
		m.File.Disposition = a.Value
	case "file-icon":
		m.File.Icon = a.Value
	case "file-date":
		m.File.Date = a.Value
	case "file-range":
		m.File.Range = a.Value
	}
	return nil
}

// parsePath reads one to eight URIs, as many as a header of MSRP may hold. One that
// cannot be read spoils them all, and so does one without port: there is no default.
// [SDP-03] [MSRP-URI-03] [MSRP-FRM-23]
func parsePath(value string) ([]msrpwire.URI, error) {
	words := fields(value)
	if len(words) == 0 {
		return nil, malformed("empty path")
	}
	if len(words) > maxPath {
		return nil, malformed("too many URIs in path")
	}
	path := make([]msrpwire.URI, 0, len(words))
	for _, w := range words {
		u, err := msrpwire.ParseURI(w)
		if err != nil {
			return nil, malformed("bad URI in path")
		}
		if u.Port == 0 {
			return nil, malformed("URI without port in path")
		}
		path = append(path, u)
	}
	return path, nil
}

// parseMaxSize takes a limit too large for us, and one that is no number, as
// none. [SDP-10]
func parseMaxSize(value string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil || n < 0 {
		return Unlimited
	}
	return n
}
