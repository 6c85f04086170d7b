package server

import (
	"net/netip"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// caller sends requests with everything wrong that is still to be mended.
type caller struct {
	*guest
	trusted bool // behind a trusted peer, which says who he is, or with a password

	method sipmsg.Method
	uri    string
	fields map[string]string // empty: left out
	body   string
	proves bool // he shows who he is
}

// outcome is the status that the request ends with, challenges answered if he can.
func (c *caller) outcome() int {
	c.rig.t.Helper()
	c.call = c.Dialog(c.aor(), c.uri)
	req := c.call.Offer(c.method, c.body)
	for name, value := range c.fields {
		req.Header.Del(name)
		if value != "" {
			req.Header.Add(name, value)
		}
	}
	if c.proves && c.trusted {
		req.Header.Add("P-Asserted-Identity", "<"+c.aor()+">")
	}
	resp := c.exchange(req)
	if resp.Status == 401 && c.proves {
		resp = c.exchange(c.repeat(req, c.answer(resp, c.name, "secret", req)...))
	}
	return resp.Status
}

func (c *caller) exchange(req *sipmsg.Request) *sipmsg.Response {
	c.rig.t.Helper()
	c.Send(req)
	for {
		resp := c.Response()
		if resp.Status < 200 {
			continue
		}
		if req.Method == sipmsg.INVITE && resp.Status >= 300 {
			c.Send(testnet.Refused(req, resp))
		}
		return resp
	}
}

// TestOrderOfChecks sends requests with everything wrong, and mends one thing after
// the other: each answer is about the first that is left. [IDN-09]
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	for name, trusted := range map[string]bool{"trusted": true, "untrusted": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conform.Covers(t, "IDN-09")
			r := members(t, func(c *config.Config) {
				c.Conferences[0].Policy.MaxUsers = 1
				if trusted {
					c.SIP.Trust = []config.Peer{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}
				}
			})
			bob := r.guest("tcp", "bob")
			resp := bob.login(bob.invite(lobby), "bob", "hidden")
			if resp.Status != 200 {
				t.Fatalf("bob: %d", resp.Status)
			}
			bob.call.Learn(resp)
			bob.Send(bob.call.Ack())
			for _, method := range []sipmsg.Method{sipmsg.SUBSCRIBE, sipmsg.REFER, sipmsg.OPTIONS, sipmsg.MESSAGE, "DANCE", sipmsg.INVITE} {
				t.Run(string(method), func(t *testing.T) {
					r.do(conference.Bar{At: time.Now(), Identity: "sip:alice@example.test"})
					c := &caller{guest: r.guest("tcp", "alice"), trusted: trusted, method: method}
					for _, s := range steps(c, bob) {
						if s.mend != nil {
							s.mend()
						}
						if got := c.outcome(); got != s.want {
							t.Errorf("%s: %d, want %d", s.left, got, s.want)
						}
					}
				})
			}
		})
	}
}

// step mends one fault; want is the answer to the next.
type step struct {
	left string
	mend func()
	want int
}

// steps are those of an initial request, in the order of IDN-09.
func steps(c *caller, bob *guest) []step {
	first := []step{
		{"syntax", func() {
			c.uri, c.body = "tel:+15551234", "--c\r\n\r\nx"
			c.fields = map[string]string{
				"Contact": "*", "Require": "teleportation", "Event": "presence", "Content-Type": "application/foo",
				"Refer-To": "<sip:dave@example.test>",
			}
		}, 400},
		{"scheme", func() { delete(c.fields, "Contact") }, 416},
		{"no such URI", func() { c.uri = nowhere }, map[bool]int{true: 404, false: 401}[c.trusted]},
		{"no such URI, known caller", func() { c.proves = true }, 404},
		{"identity", func() { c.uri, c.proves = lobby, false }, 401},
	}
	unbar := func() { c.rig.unbar("sip:alice@example.test") }
	require := func() { c.fields["Require"] = "" }
	switch c.method {
	case sipmsg.INVITE:
		return append(first,
			step{"authorisation", func() { c.proves = true }, 403},
			step{"Require", unbar, 420},
			step{"type of body", require, 415},
			step{"syntax of body", func() { c.fields["Content-Type"] = "multipart/mixed;boundary=b" }, 400},
			step{"offer", func() { c.fields["Content-Type"], c.body = "application/sdp", "nonsense" }, 488},
			step{"resources", func() { c.body = c.sdp }, 486},
			step{"nothing", bob.leave, 200},
		)
	case sipmsg.SUBSCRIBE:
		return append(first,
			step{"event package", func() { c.proves = true }, 489},
			step{"authorisation", func() { c.fields["Event"] = "conference" }, 403},
		)
	case sipmsg.REFER:
		return append(first, step{"authorisation", func() { c.proves = true }, 403})
	case sipmsg.OPTIONS:
		return append(first,
			step{"authorisation", func() { c.proves = true }, 403},
			step{"Require", unbar, 420},
			step{"resources", require, 486},
		)
	case sipmsg.MESSAGE:
		return append(first, step{"method", func() { c.proves = true }, 405})
	default:
		return append(first, step{"method", func() { c.proves = true }, 501})
	}
}
