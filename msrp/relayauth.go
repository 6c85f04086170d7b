package msrp

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// login is what is known of a relay's challenges.
type login struct {
	credentials msrpwire.Credentials
	challenged  bool
}

// authenticate asks each relay, through those before it, to serve the session,
// and arranges for the next time. RFC 4976 §5.1.
func (s *Session) authenticate(ctx context.Context) (changed bool, err error) {
	var use []msrpwire.URI
	expires := time.Duration(0)
	for i := range s.relay.relays {
		got, e := s.authAt(ctx, i, use)
		if e != nil {
			return false, e
		}
		use = got.use
		if expires == 0 || got.expires < expires {
			expires = got.expires
		}
	}
	changed = s.routes(use)
	s.refreshIn(expires)
	return changed, nil
}

// authReply is what counts in the answer to an AUTH.
type authReply struct {
	status    int
	challenge []byte
	info      []byte
	use       []msrpwire.URI
	expires   time.Duration
	shortest  []byte // Min-Expires
	longest   []byte // Max-Expires
	err       error  // there was no answer, or it was not 200
}

// authAt authenticates at the relay with index i, which is reached through use.
func (s *Session) authAt(ctx context.Context, i int, use []msrpwire.URI) (authReply, error) {
	relay, l := &s.relay.relays[i], &s.relay.logins[i]
	expires, bounded := relay.Expires, false
	for tries := 0; ; tries++ {
		r, err := s.auth(ctx, append(slices.Clone(use), relay.URI), l.header(expires))
		if err != nil {
			return r, err
		}
		switch {
		case r.status == msrpwire.StatusOK:
			return r, l.confirm(&r)
		case r.status == msrpwire.StatusUnauthorized && tries < 2:
			challenge, e := msrpwire.ParseChallenge(r.challenge)
			if e != nil || l.challenged && tries > 0 && !challenge.Stale {
				return r, r.err // the password is wrong: no use in trying again
			}
			l.take(relay, challenge, s.ep.cnonce())
		case r.status == msrpwire.StatusIntervalOutOfBounds && !bounded:
			if expires = r.bound(expires); expires == 0 {
				return r, r.err
			}
			bounded = true
		default:
			return r, r.err
		}
	}
}

// bound is the time to ask for after a 423, 0 if the relay does not say.
func (r *authReply) bound(asked time.Duration) time.Duration {
	shortest, longest := seconds(r.shortest), seconds(r.longest)
	switch {
	case shortest > asked:
		return shortest
	case longest > 0:
		return longest
	}
	return 0
}

// take prepares the answer to a challenge.
func (l *login) take(relay *Relay, c msrpwire.Challenge, cnonce string) {
	l.challenged = true
	l.credentials = msrpwire.Credentials{
		Username: relay.Username, Password: relay.Password, Challenge: c,
		URI: relay.URI.String(), CNonce: cnonce,
	}
}

// header gives the fields of an AUTH.
func (l *login) header(expires time.Duration) msrpwire.Head {
	h := msrpwire.Head{Method: msrpwire.AUTH}
	if expires > 0 {
		h.Fields = append(h.Fields, msrpwire.Field{Name: []byte("Expires"), Value: strconv.AppendInt(nil, int64(expires/time.Second), 10)})
	}
	if l.challenged {
		l.credentials.Count++
		h.Fields = append(h.Fields, msrpwire.Field{Name: []byte("Authorization"), Value: l.credentials.Append(nil)})
	}
	return h
}

// confirm checks who has answered, and notes the next nonce.
func (l *login) confirm(r *authReply) error {
	if r.info != nil && l.challenged {
		next, ok := l.credentials.Confirmed(r.info)
		if !ok {
			return errRelayProof
		}
		if next != "" {
			l.credentials.Challenge.Nonce, l.credentials.Count = next, 0
		}
	}
	if len(r.use) == 0 || r.expires <= 0 {
		return errRelayAnswer
	}
	return nil
}

// auth sends an AUTH and waits for its answer. RFC 4976 §5.1.
func (s *Session) auth(ctx context.Context, to []msrpwire.URI, h msrpwire.Head) (authReply, error) {
	fields, err := h.AppendFields(nil)
	if err != nil {
		return authReply{}, err
	}
	var r authReply
	answered := make(chan error, 1)
	m := &outgoing{
		method: msrpwire.AUTH, request: fields,
		paths: msrpwire.AppendPaths(nil, msrpwire.MakePath(to...), msrpwire.MakePath(s.uri)),
		reply: r.read, done: func(err error) { answered <- err },
	}
	c := s.conn.Load()
	c.mu.Lock()
	if s.over || c.closed {
		c.mu.Unlock()
		return r, ErrClosed
	}
	c.renderRequest(s, m)
	s.frames++
	c.wake()
	c.mu.Unlock()
	select {
	case err = <-answered:
	case <-s.relay.gone:
		return authReply{}, s.relay.why
	case <-ctx.Done():
		return authReply{}, ctx.Err()
	}
	if r.err = err; r.status == 0 {
		return r, err // 408: no answer at all
	}
	return r, nil
}

// read takes over what a response says. It is called by the reader of the
// connection, before the outcome is told.
func (r *authReply) read(h *msrpwire.Head) {
	clone := func(name string) []byte { return slices.Clone(h.Field(name)) }
	r.status = h.Status
	r.challenge, r.info = clone("WWW-Authenticate"), clone("Authentication-Info")
	r.shortest, r.longest = clone("Min-Expires"), clone("Max-Expires")
	r.expires = seconds(h.Field("Expires"))
	if use, err := msrpwire.Path(clone("Use-Path")).URIs(); err == nil {
		r.use = use
	}
}

// seconds reads a number of seconds, 0 if it is none.
func seconds(b []byte) time.Duration {
	const most = 10 * 365 * 24 * 3600
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(min(n, most)) * time.Second
}
