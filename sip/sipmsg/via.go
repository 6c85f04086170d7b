package sipmsg

import "strings"

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
	s, ok := cutProtocol(s)
	if !ok {
		return Via{}, malformed(field, "protocol is not SIP/2.0")
	}
	i := classToken.span(s)
	if i == 0 || i == len(s) || !isSpace(s[i]) {
		return Via{}, malformed(field, "malformed transport")
	}
	v := Via{Transport: upperTransport(s[:i])}
	sentBy, params := cutParams(s[i:])
	var rest string
	if v.Host, v.Port, rest, ok = parseHostPort(sentBy); !ok || rest != "" {
		// COLON allows white space around itself.
		if v.Host, v.Port, rest, ok = parseHostPort(squeezeSentBy(sentBy)); !ok || rest != "" {
			return Via{}, malformed(field, "malformed sent-by")
		}
	}
	if params == "" {
		return v, nil
	}
	var err error
	v.Params, err = parseParams(buf, params, field)
	return v, err
}

// cutProtocol takes "SIP" SLASH "2.0" SLASH off s.
func cutProtocol(s string) (string, bool) {
	const usual = "SIP/2.0/"
	if len(s) > len(usual) && s[:len(usual)] == usual {
		return trimLeft(s[len(usual):]), true
	}
	name, s, ok1 := cut(s, '/')
	version, s, ok2 := cut(s, '/')
	return s, ok1 && ok2 && equalFold(name, "SIP") && version == "2.0"
}

// squeezeSentBy removes white space before and after the last colon.
func squeezeSentBy(s string) string {
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
