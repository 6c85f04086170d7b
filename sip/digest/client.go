package digest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// maxRealms bounds the realms that challenge one request, and maxRounds the times
// that it is repeated: a proxy, another one, and the server.
const (
	maxRealms = 8
	maxRounds = 4
)

// Client answers challenges with one user's password, in whatever realm they are
// made. It is safe for concurrent use.
type Client struct {
	// fixed after construction
	username, password string

	mu     sync.Mutex
	counts map[string]uint32 // by nonce; guarded by mu
	nonces []string          // a ring of those in counts; guarded by mu
	next   int               // guarded by mu
}

// NewClient returns a Client for a user.
func NewClient(username, password string) *Client {
	return &Client{
		username: username, password: password,
		counts: make(map[string]uint32), nonces: make([]string, 4*maxRealms),
	}
}

// count returns the next nonce count (RFC 7616 §3.4): servers give the same nonce to
// several requests.
func (c *Client) count(nonce string) uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.counts[nonce]; !known {
		delete(c.counts, c.nonces[c.next])
		nonce = strings.Clone(nonce) // not the whole message
		c.nonces[c.next] = nonce
		c.next = (c.next + 1) % len(c.nonces)
	}
	c.counts[nonce]++
	return c.counts[nonce]
}

// Exchange is one request of ours with the challenges that it meets. Its methods are
// called by one goroutine at a time.
type Exchange struct {
	client   *Client
	realms   []challenge
	answered []challenge
	rounds   int
}

// Exchange begins a request.
func (c *Client) Exchange() *Exchange { return &Exchange{client: c} }

// challenge is what a realm asks for.
type challenge struct {
	realm, nonce, opaque string
	algorithm            Algorithm
	qop, stale, proxy    bool
}

// Challenged takes a final response and tells whether the request is to be repeated
// with [Exchange.Credentials]: it is for a 401 or 407 of which each realm has at least
// one challenge that we can answer and have not yet answered in vain (RFC 3261
// §22.2, §22.3). A realm that knows our answer gets another only if it says that
// just its nonce was stale. [PAR-GEN-03]
func (x *Exchange) Challenged(resp *sipmsg.Response) bool {
	var asked []challenge
	switch resp.Status {
	case 401:
		asked = topmost(resp.Header.Challenges(), false)
	case 407:
		asked = topmost(resp.Header.ProxyChallenges(), true)
	}
	if x.rounds++; len(asked) == 0 || x.rounds > maxRounds {
		return false
	}
	for _, ch := range asked {
		if !x.take(ch) {
			return false
		}
	}
	return true
}

// take notes a challenge, unless it means that our answer was wrong.
func (x *Exchange) take(ch challenge) bool {
	again := func(o challenge) bool { return o.realm == ch.realm && o.nonce == ch.nonce && o.proxy == ch.proxy }
	if !ch.algorithm.known() || slices.ContainsFunc(x.answered, again) {
		return false
	}
	i := slices.IndexFunc(x.realms, func(o challenge) bool { return o.realm == ch.realm && o.proxy == ch.proxy })
	switch {
	case i >= 0 && !ch.stale || i < 0 && len(x.realms) == maxRealms:
		return false
	case i >= 0:
		x.realms[i] = ch
	default:
		x.realms = append(x.realms, ch)
	}
	x.answered = append(x.answered, ch)
	return true
}

// Credentials returns the fields that answer the challenges so far, for one sending of
// the request: each call counts (RFC 7616 §3.4).
func (x *Exchange) Credentials(method sipmsg.Method, uri string) []sipmsg.Field {
	fields := make([]sipmsg.Field, 0, len(x.realms))
	for i := range x.realms {
		name := "Authorization"
		if x.realms[i].proxy {
			name = "Proxy-Authorization"
		}
		fields = append(fields, sipmsg.Field{Name: name, Value: x.client.answer(&x.realms[i], method, uri)})
	}
	return fields
}

func (c *Client) answer(ch *challenge, method sipmsg.Method, uri string) string {
	a := Credentials{
		Username: c.username, Realm: ch.realm, URI: uri, Algorithm: ch.algorithm,
		nonce: ch.nonce, opaque: ch.opaque, qop: ch.qop,
	}
	if ch.qop {
		a.nc, a.cnonce = fmt.Sprintf("%08x", c.count(ch.nonce)), sipid.Token(16)
	}
	a.response = a.expected(ch.algorithm.HA1(c.username, ch.realm, c.password), method)
	return a.field()
}

// topmost picks the first challenge of each realm that can be answered (RFC 8760
// §2.4); a realm without such has one of an unknown algorithm.
func topmost(auths []sipmsg.Auth, proxy bool) []challenge {
	var asked []challenge
	for _, a := range auths {
		ch, ok := parseChallenge(a, proxy)
		if !ok {
			continue
		}
		i := slices.IndexFunc(asked, func(o challenge) bool { return o.realm == ch.realm })
		switch {
		case i < 0:
			asked = append(asked, ch)
		case !asked[i].algorithm.known():
			asked[i] = ch
		}
	}
	return asked
}

func parseChallenge(a sipmsg.Auth, proxy bool) (challenge, bool) {
	if !strings.EqualFold(a.Scheme, "Digest") {
		return challenge{}, false
	}
	get := func(name string) string {
		v, _ := a.Params.Lookup(name)
		return v
	}
	algorithm, given := a.Params.Lookup("algorithm")
	ch := challenge{
		realm: get("realm"), nonce: get("nonce"), opaque: get("opaque"), proxy: proxy,
		algorithm: parseAlgorithm(algorithm, given),
		stale:     strings.EqualFold(get("stale"), "true"),
	}
	offered := a.Params.Has("qop")
	for option := range strings.SplitSeq(get("qop"), ",") {
		ch.qop = ch.qop || strings.EqualFold(strings.TrimSpace(option), "auth")
	}
	if offered && !ch.qop || !offered && ch.algorithm != MD5 {
		ch.algorithm = "" // auth-int, or an answer that RFC 8760 §2.6 does not know
	}
	return ch, ch.realm != "" && ch.nonce != "" && len(ch.realm) <= maxText && len(ch.nonce) <= maxText &&
		!strings.ContainsAny(ch.realm+ch.nonce, "\r\n") // could not be written back
}
