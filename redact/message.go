package redact

import (
	"bytes"
	"strings"
)

// mask stands in place of a secret.
const mask = "***"

// Message appends a message to dst, without the secrets of its header: the answers and
// nonces of digest authentication and whatever else proves an identity (RFC 3261 §22,
// RFC 7616, RFC 4976 §4.1, RFC 8898), and the passwords of URIs (RFC 3261 §19.1.1). The
// message may be incomplete or malformed; nothing of it is checked.
func Message(dst, message []byte) []byte {
	head, body := message, []byte(nil)
	if end := bytes.Index(message, []byte("\r\n\r\n")); end >= 0 {
		head, body = message[:end+2], message[end+2:]
	}
	secret := false
	for len(head) > 0 {
		line := head
		if end := bytes.IndexByte(head, '\n'); end >= 0 {
			line = head[:end+1]
		}
		head = head[len(line):]
		switch folded := line[0] == ' ' || line[0] == '\t'; {
		case folded && secret:
			continue // more of a value that is gone
		case folded:
			dst = appendURIs(dst, line)
		default:
			dst, secret = appendLine(dst, line)
		}
	}
	return append(dst, body...)
}

// appendLine appends a line that is not a continuation. secret says that continuations
// of it are to be left out.
func appendLine(dst, line []byte) (_ []byte, secret bool) {
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found || !proves(string(bytes.TrimSpace(name))) {
		return appendURIs(dst, line), false
	}
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	dst = append(dst, credentials(strings.TrimSpace(string(value)))...)
	return append(dst, "\r\n"...), true
}

// proves tells whether a header field carries proofs of identity, or what they are
// made of.
func proves(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate",
		"authentication-info", "proxy-authentication-info", "identity", "cookie", "set-cookie":
		return true
	}
	return false
}

// credentials is the value of such a field with the secrets masked: of parameters
// those that tell who, where and how stay.
func credentials(value string) string {
	scheme, rest, found := strings.Cut(value, " ")
	if strings.Contains(scheme, "=") { // no scheme: Authentication-Info
		scheme, rest = "", value
	} else if !found || !strings.EqualFold(scheme, "Digest") {
		return scheme + " " + mask
	}
	var b strings.Builder
	if scheme != "" {
		b.WriteString(scheme + " ")
	}
	for i, param := range split(rest) {
		if strings.TrimSpace(param) == "" {
			continue // the value goes on in the next line
		}
		if i > 0 {
			b.WriteString(", ")
		}
		name, val, _ := strings.Cut(param, "=")
		if name = strings.TrimSpace(name); !telling(name) {
			val = `"` + mask + `"`
		}
		b.WriteString(name + "=" + string(appendURIs(nil, []byte(val))))
	}
	return b.String()
}

// telling lists the parameters that prove nothing.
func telling(name string) bool {
	switch strings.ToLower(name) {
	case "username", "realm", "uri", "algorithm", "qop", "nc", "stale", "domain", "userhash", "scope", "authz_server":
		return true
	}
	return false
}

// split cuts a list at commas outside quoted strings.
func split(s string) []string {
	var parts []string
	quoted, from := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			parts = append(parts, s[from:i])
			from = i + 1
		}
	}
	return append(parts, s[from:])
}

// appendURIs appends text with the passwords of the SIP URIs in it masked, and header
// parts of URIs that hold credentials.
func appendURIs(dst, text []byte) []byte {
	for {
		at := scheme(text)
		if at < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:at]...)
		text = text[at:]
		end := bytes.IndexAny(text, " \t\r\n<>\"")
		if end < 0 {
			end = len(text)
		}
		dst = appendURI(dst, text[:end])
		text = text[end:]
	}
}

// scheme returns where the text behind the next "sip:" or "sips:" begins, -1 if there
// is none.
func scheme(text []byte) int {
	for i := range text {
		if text[i] != ':' || i < 3 {
			continue
		}
		before := strings.ToLower(string(text[max(0, i-4):i]))
		if strings.HasSuffix(before, "sip") || before == "sips" {
			return i + 1
		}
	}
	return -1
}

// appendURI appends what follows the scheme of a URI.
func appendURI(dst, uri []byte) []byte {
	if at := bytes.IndexByte(uri, '@'); at >= 0 {
		user, password, has := bytes.Cut(uri[:at], []byte(":"))
		dst = append(dst, user...)
		if has && len(password) > 0 {
			dst = append(dst, ":"+mask...)
		} else if has {
			dst = append(dst, ':')
		}
		uri = uri[at:]
	}
	question := bytes.IndexByte(uri, '?')
	if question < 0 {
		return append(dst, uri...)
	}
	dst = append(dst, uri[:question+1]...)
	for i, header := range bytes.Split(uri[question+1:], []byte("&")) {
		if i > 0 {
			dst = append(dst, '&')
		}
		name, _, found := bytes.Cut(header, []byte("="))
		if found && proves(string(name)) {
			header = append(bytes.Clone(name), "="+mask...)
		}
		dst = append(dst, header...)
	}
	return dst
}
