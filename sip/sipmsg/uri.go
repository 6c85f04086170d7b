package sipmsg

import (
	"strconv"
	"strings"
)

// URI is a SIP, SIPS or tel URI taken apart, or any other absolute URI kept
// opaque (RFC 3261 §19.1, RFC 3966 §3).
type URI struct {
	// Scheme in lower case. Empty only in the zero URI and in the Contact "*".
	Scheme string
	// User and Password as on the wire, percent escapes included.
	User, Password string
	// Host name or address; an IPv6 address without its brackets.
	Host string
	// Port is 0 if the URI names none.
	Port uint16
	// Params are the uri-parameters, or the parameters of a tel URI.
	Params Params
	// Headers are what follows "?" in a SIP URI, escapes included.
	Headers Params
	// Opaque is the number of a tel URI without its parameters, and everything
	// behind the colon for other schemes than sip, sips and tel.
	Opaque string
}

// IsSIP reports whether the scheme is sip or sips.
func (u URI) IsSIP() bool { return u.Scheme == "sip" || u.Scheme == "sips" }

// IsZero reports whether u is no URI at all.
func (u URI) IsZero() bool { return u.Scheme == "" && u.Host == "" && u.Opaque == "" }

// Address returns the URI reduced to scheme, user, host and port: the form of an
// address of record. Host and scheme are in lower case. Other URIs than SIP ones
// lose only their parameters.
func (u URI) Address() URI {
	return URI{Scheme: u.Scheme, User: normalise(u.User), Host: strings.ToLower(u.Host), Port: u.Port, Opaque: u.Opaque}
}

// UserDecoded returns the user part with its percent escapes resolved. It may
// hold any octet, NUL included.
func (u URI) UserDecoded() string { return unescape(u.User) }

// String returns the URI as it is written, without angle brackets.
func (u URI) String() string {
	var buf [128]byte
	return string(u.AppendTo(buf[:0]))
}

// AppendTo appends the URI as it is written. Octets that a part cannot hold are
// percent-escaped, so the result never contains a space, bracket or line end.
func (u URI) AppendTo(dst []byte) []byte {
	if u.Scheme == "" {
		return appendOpaque(dst, u.Opaque)
	}
	dst = append(appendOpaque(dst, u.Scheme), ':')
	if !u.IsSIP() {
		return u.Params.appendURI(appendOpaque(dst, u.Opaque), ';', ';', classParam)
	}
	if u.User != "" {
		dst = classUser.appendEscaped(dst, u.User)
		if u.Password != "" {
			dst = classPassword.appendEscaped(append(dst, ':'), u.Password)
		}
		dst = append(dst, '@')
	}
	dst = appendHostPort(dst, u.Host, u.Port)
	dst = u.Params.appendURI(dst, ';', ';', classParam)
	return u.Headers.appendURI(dst, '?', '&', classURIHead)
}

// appendURI writes p with the escaping rules of a URI.
func (p Params) appendURI(dst []byte, first, next byte, c class) []byte {
	for i := range p {
		if i == 0 {
			dst = append(dst, first)
		} else {
			dst = append(dst, next)
		}
		dst = c.appendEscaped(dst, p[i].Name)
		if !p[i].Flag {
			dst = c.appendEscaped(append(dst, '='), p[i].Value)
		}
	}
	return dst
}

func appendHostPort(dst []byte, host string, port uint16) []byte {
	if strings.IndexByte(host, ':') >= 0 {
		dst = append(dst, '[')
		dst = append(appendOpaque(dst, host), ']')
	} else {
		dst = appendOpaque(dst, host)
	}
	if port != 0 {
		dst = strconv.AppendUint(append(dst, ':'), uint64(port), 10)
	}
	return dst
}

// appendOpaque writes s, escaping only what no URI may contain (RFC 3986 §2).
func appendOpaque(dst []byte, s string) []byte {
	if !opaqueUnsafe(s) {
		return append(dst, s...)
	}
	const hexdig = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; unsafeInURI(c) {
			dst = append(dst, '%', hexdig[c>>4], hexdig[c&15])
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

func unsafeInURI(c byte) bool {
	return c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == '"'
}

func opaqueUnsafe(s string) bool {
	for i := range len(s) {
		if unsafeInURI(s[i]) {
			return true
		}
	}
	return false
}
