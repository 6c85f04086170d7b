package digest

import (
	"crypto/subtle"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// maxText bounds each parameter that is hashed or looked up, in octets.
const maxText = 1024

// Credentials are the parameters of an Authorization or Proxy-Authorization field
// (RFC 3261 §20.7).
type Credentials struct {
	Username, Realm string
	URI             string // as sent
	Algorithm       Algorithm

	nonce, cnonce, opaque string
	response              string
	qop                   bool   // "auth"; without it the old form of RFC 2069
	nc                    string // as sent
	count                 uint32 // nc
}

// parseCredentials reads what takes part in the calculation. It fails for schemes
// other than Digest, for what lacks a parameter, and for qop other than auth.
func parseCredentials(a sipmsg.Auth) (Credentials, bool) {
	if !strings.EqualFold(a.Scheme, "Digest") {
		return Credentials{}, false
	}
	get := func(name string) string {
		v, _ := a.Params.Lookup(name)
		return v
	}
	algorithm, given := a.Params.Lookup("algorithm")
	c := Credentials{
		Username: get("username"), Realm: get("realm"), URI: get("uri"),
		Algorithm: parseAlgorithm(algorithm, given),
		nonce:     get("nonce"), cnonce: get("cnonce"), response: get("response"), nc: get("nc"),
	}
	qop, withQop := a.Params.Lookup("qop")
	c.qop = withQop
	for _, text := range []string{c.Username, c.Realm, c.URI, c.nonce, c.cnonce, c.response} {
		if len(text) > maxText {
			return Credentials{}, false
		}
	}
	if c.Username == "" || c.Realm == "" || c.URI == "" || c.nonce == "" || !c.Algorithm.known() {
		return Credentials{}, false
	}
	if !withQop {
		return c, true
	}
	count, err := strconv.ParseUint(c.nc, 16, 32)
	c.count = uint32(count)
	return c, strings.EqualFold(qop, "auth") && err == nil && len(c.nc) == 8 && count > 0 && c.cnonce != ""
}

// Response returns the response parameter: what was claimed to prove the password.
func (c *Credentials) Response() string { return c.response }

// expected is the response that proves ha1 (RFC 7616 §3.4.1): over the URI as sent
// and the real method. [IDN-14]
func (c *Credentials) expected(ha1 string, method sipmsg.Method) string {
	ha2 := c.Algorithm.hash(string(method), c.URI)
	ha1 = strings.ToLower(ha1)
	if !c.qop {
		return c.Algorithm.hash(ha1, c.nonce, ha2)
	}
	return c.Algorithm.hash(ha1, c.nonce, c.nc, c.cnonce, "auth", ha2)
}

// proves reports whether the response is the one that ha1 leads to. Hexadecimal
// digits count in either case, and there must be as many as the hash has. [IDN-05]
func (c *Credentials) proves(ha1 string, method sipmsg.Method) bool {
	want := c.expected(ha1, method)
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(c.response))) == 1
}

// field writes the credentials.
func (c *Credentials) field() string {
	quoted := func(name, value string) sipmsg.Param {
		return sipmsg.Param{Name: name, Value: value, Quoted: true}
	}
	params := sipmsg.Params{
		quoted("username", c.Username), quoted("realm", c.Realm), quoted("nonce", c.nonce), quoted("uri", c.URI),
	}
	if c.qop {
		params = append(params,
			sipmsg.Param{Name: "qop", Value: "auth"}, sipmsg.Param{Name: "nc", Value: c.nc}, quoted("cnonce", c.cnonce))
	}
	params = append(params, sipmsg.Param{Name: "algorithm", Value: string(c.Algorithm)})
	if c.opaque != "" {
		params = append(params, quoted("opaque", c.opaque))
	}
	return sipmsg.Auth{Scheme: "Digest", Params: append(params, quoted("response", c.response))}.String()
}
