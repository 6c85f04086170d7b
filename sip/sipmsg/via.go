package sipmsg

import (
	"strings"
)

// Via is one hop of the path of a request (RFC 3261 §20.42).
type Via struct {
	// Transport as on the wire, known ones in upper case: UDP, TCP, TLS, WS, WSS.
	Transport string
	// Host of the sent-by; an IPv6 address without its brackets.
	Host string
	// Port of the sent-by, 0 if none is named.
	Port   uint16
	Params Params
}

// Branch returns the branch parameter, "" if there is none.
func (v Via) Branch() string {
	b, _ := v.Params.Lookup("branch")
	return b
}

// SentBy returns host and port as written.
func (v Via) SentBy() string { return string(appendHostPort(nil, v.Host, v.Port)) }

// String returns the value of the header field.
func (v Via) String() string {
	var buf [128]byte
	return string(v.AppendTo(buf[:0]))
}

// AppendTo appends what String returns.
func (v Via) AppendTo(dst []byte) []byte {
	dst = append(dst, "SIP/2.0/"...)
	dst = appendOpaque(dst, v.Transport)
	dst = appendHostPort(append(dst, ' '), v.Host, v.Port)
	return v.Params.appendTo(dst)
}

// ParseVia reads one element of a Via header field.
func ParseVia(s string) (Via, error) { return parseVia(s, nil) }

func parseVia(s string, buf Params) (Via, error) {
	const field = "Via"
	name, s, ok1 := cut(s, '/')
	version, s, ok2 := cut(s, '/')
	if !ok1 || !ok2 || !equalFold(name, "SIP") || version != "2.0" {
		return Via{}, malformed(field, "protocol is not SIP/2.0")
	}
	i := strings.IndexAny(s, " \t")
	if i <= 0 || !classToken.all(s[:i]) {
		return Via{}, malformed(field, "malformed transport")
	}
	v := Via{Transport: upperTransport(s[:i])}
	s = trimLeft(s[i:])
	sentBy, params := s, ""
	if i = strings.IndexByte(s, ';'); i >= 0 {
		sentBy, params = s[:i], s[i:]
	}
	var ok bool
	if v.Host, v.Port, ok = parseHostPort(squeezeSentBy(trim(sentBy))); !ok {
		return Via{}, malformed(field, "malformed sent-by")
	}
	if params == "" {
		return v, nil
	}
	var err error
	v.Params, err = parseParams(buf, params, field)
	return v, err
}

// squeezeSentBy removes the white space that COLON allows before and after ":".
func squeezeSentBy(s string) string {
	if strings.IndexAny(s, " \t") < 0 {
		return s
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return s
	}
	return trim(s[:i]) + ":" + trim(s[i+1:])
}

func upperTransport(s string) string {
	switch s {
	case "UDP", "TCP", "TLS", "WS", "WSS":
		return s
	}
	for _, known := range [...]string{"UDP", "TCP", "TLS", "WS", "WSS"} {
		if equalFold(s, known) {
			return known
		}
	}
	return s
}
