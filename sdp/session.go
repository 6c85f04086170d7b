package sdp

// Session is a session description. Lines that carry nothing for messaging
// (i=, u=, e=, p=, b=, r=, z=, k= and the times of t=) are dropped when read,
// and "t=0 0" is written.
type Session struct {
	Origin     Origin
	Name       string     // s=; empty is written as "-"
	Connection Connection // session-level c=; the zero value when there is none
	Attributes []Attribute
	Media      []Media // in the order of the m-lines
}

// Origin is the o= line. Its version tells whether a later description of the
// same session differs (RFC 3264 §8).
type Origin struct {
	Username    string // empty is written as "-"
	SessionID   uint64
	Version     uint64
	NetType     string // empty is written as "IN"
	AddressType string // "IP4", "IP6"; empty is derived from Address
	Address     string
}

// Connection is a c= line.
type Connection struct {
	NetType     string // empty is written as "IN"
	AddressType string // "IP4", "IP6"; empty is derived from Address
	Address     string // literal without brackets, or host name
}

// Attribute is one a= line. A property attribute has no value.
type Attribute struct{ Name, Value string }

// Media is an m-line with the lines below it, of any media type.
type Media struct {
	Type       string // "message", "audio", …
	Port       uint16 // 0 refuses or removes the stream
	Proto      string // as written
	Formats    []string
	Connection Connection // media-level c=; the zero value when there is none
	Attributes []Attribute
}

// SameVersion reports whether both lines stand above the same description. The
// address plays no role: boxes on the way rewrite it.
func (o Origin) SameVersion(p Origin) bool {
	return o.Username == p.Username && o.SessionID == p.SessionID && o.Version == p.Version
}

// IsZero reports whether there is no c= line.
func (c Connection) IsZero() bool { return c == Connection{} }

// unspecified reports whether the line holds 0.0.0.0 or its IPv6 counterpart,
// the way of RFC 2543 to put a stream on hold (RFC 3264 §8.4).
func (c Connection) unspecified() bool {
	return c.Address == "0.0.0.0" || c.Address == "::"
}

// ConnectionOf makes the c= line of a host, which may be a name, an IPv4
// literal or an IPv6 literal with or without brackets.
func ConnectionOf(host string) Connection {
	// RFC 4975 §6.1: brackets belong to URIs, c= carries the bare literal. [MSRP-URI-06]
	if n := len(host); n > 2 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	return Connection{NetType: "IN", AddressType: addressType(host), Address: host}
}

// Attribute returns the value of the first session-level attribute called name.
func (s *Session) Attribute(name string) (string, bool) { return lookup(s.Attributes, name) }

// Attribute returns the value of the first media-level attribute called name.
func (m *Media) Attribute(name string) (string, bool) { return lookup(m.Attributes, name) }

func lookup(list []Attribute, name string) (string, bool) {
	for _, a := range list {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}
