package msrpwire

import (
	"crypto/md5" //nolint:gosec // RFC 4976 §9.1 knows nothing else
	"encoding/hex"
	"fmt"
	"strings"
)

// Challenge is the value of a WWW-Authenticate field (RFC 4976 §9.1): digest
// with MD5 and qop "auth", there is nothing else.
type Challenge struct {
	Realm, Nonce, Opaque string
	Stale                bool
}

// ParseChallenge reads a WWW-Authenticate value. The error is an *Error.
func ParseChallenge(value []byte) (Challenge, error) {
	rest, ok := cutFold(string(value), "Digest ")
	if !ok {
		return Challenge{}, badRequest("Challenge is no digest")
	}
	p := parseParams(rest)
	c := Challenge{Realm: p["realm"], Nonce: p["nonce"], Opaque: p["opaque"], Stale: strings.EqualFold(p["stale"], "true")}
	switch algorithm, qop := p["algorithm"], p["qop"]; {
	case c.Nonce == "":
		return Challenge{}, badRequest("Challenge without nonce")
	case algorithm != "" && !strings.EqualFold(algorithm, "MD5"):
		return Challenge{}, badRequest("Unknown digest algorithm")
	case qop != "" && !hasToken(qop, "auth"):
		return Challenge{}, badRequest("Unknown qop")
	}
	return c, nil
}

// Credentials answer a challenge. URI is the rightmost one of the To-Path of the
// AUTH request, as it stands there. [REL-02]
type Credentials struct {
	Username, Password string
	Challenge          Challenge
	URI                string
	CNonce             string
	Count              uint32 // how often the nonce has been used, this time included
}

// Append appends the value of an Authorization field.
func (c *Credentials) Append(dst []byte) []byte {
	dst = fmt.Appendf(dst, "Digest username=%s, realm=%s, nonce=%s, uri=%s, response=%q",
		quoted(c.Username), quoted(c.Challenge.Realm), quoted(c.Challenge.Nonce), quoted(c.URI), c.response("AUTH"))
	if c.Challenge.Opaque != "" {
		dst = fmt.Appendf(dst, ", opaque=%s", quoted(c.Challenge.Opaque))
	}
	return fmt.Appendf(dst, ", qop=auth, cnonce=%s, nc=%08x", quoted(c.CNonce), c.Count)
}

// response is the digest for a method, "" for that of the server's answer.
func (c *Credentials) response(method string) string {
	a1 := md5Hex(c.Username + ":" + c.Challenge.Realm + ":" + c.Password)
	a2 := md5Hex(method + ":" + c.URI)
	return md5Hex(fmt.Sprintf("%s:%s:%08x:%s:auth:%s", a1, c.Challenge.Nonce, c.Count, c.CNonce, a2))
}

// Confirmed reads an Authentication-Info value: whether it comes from one who
// knows the password too, and the nonce to be used next, "" for the same one. A
// value without rspauth proves nothing, but does no harm.
func (c *Credentials) Confirmed(value []byte) (next string, ok bool) {
	p := parseParams(string(value))
	rspauth, has := p["rspauth"]
	return p["nextnonce"], !has || rspauth == c.response("")
}

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

func hasToken(list, token string) bool {
	for word := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(strings.TrimSpace(word), token) {
			return true
		}
	}
	return false
}

// parseParams reads name=value pairs between commas, with or without quotes;
// of a name that stands twice the first counts. Names come in lower case.
func parseParams(s string) map[string]string {
	out := make(map[string]string)
	for s != "" {
		var name, value string
		name, s, _ = strings.Cut(strings.TrimLeft(s, ", \t"), "=")
		value, s = parseParam(strings.TrimLeft(s, " \t"))
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := out[name]; !twice && name != "" {
			out[name] = value
		}
	}
	return out
}

func parseParam(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
