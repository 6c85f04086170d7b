package server

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// with gives an INVITE another body.
func (g *guest) with(contentType, body string, fields ...string) *sipmsg.Request {
	req := g.invite(lobby, fields...)
	req.Header.Set("Content-Type", contentType)
	req.Body = []byte(body)
	return req
}

// without is an INVITE that lacks a field.
func (g *guest) without(name string) *sipmsg.Request {
	req := g.invite(lobby)
	req.Header.Del(name)
	return req
}

// edited is an INVITE whose offer has one text replaced.
func (g *guest) edited(from, to string) *sipmsg.Request {
	req := g.invite(lobby)
	req.Body = []byte(strings.ReplaceAll(g.sdp, from, to))
	return req
}

func (g *guest) other(method sipmsg.Method, uri string, fields ...string) *sipmsg.Request {
	return g.Dialog(g.aor(), uri).Request(method, fields...)
}

// TestRefusals sends what is not to be served, and after it something good.
func TestRefusals(t *testing.T) {
	conform.Covers(t, "FOC-DSP-02", "COM-05", "COM-06", "COM-07", "COM-08", "FOC-DSP-09",
		"FOC-JOI-05", "FOC-JOI-06", "FOC-DSP-06")
	r := serve(t, nil)
	g := r.guest("tcp", "alice")
	multipart := func(part string) string {
		return "--b\r\nContent-Type: application/sdp\r\n\r\n" + g.sdp + "\r\n--b\r\n" + part + "\r\n\r\nx\r\n--b--\r\n"
	}
	event := "Event: conference"
	tests := map[string]struct {
		req    *sipmsg.Request
		status int
		name   string // of a field that the answer has
		value  string // one of its values, or the beginning of it
	}{
		"INVITE to nowhere":        {g.invite(nowhere), 404, "", ""},
		"SUBSCRIBE to nowhere":     {g.other(sipmsg.SUBSCRIBE, nowhere, event), 404, "", ""},
		"OPTIONS to nowhere":       {g.other(sipmsg.OPTIONS, nowhere), 404, "", ""},
		"MESSAGE to nowhere":       {g.other(sipmsg.MESSAGE, nowhere), 404, "", ""},
		"another user's case":      {g.other(sipmsg.OPTIONS, "sip:Lobby@conf.localhost"), 404, "", ""},
		"another port":             {g.other(sipmsg.OPTIONS, lobby+":9"), 404, "", ""},
		"no CPIM":                  {g.edited("message/cpim", "text/plain"), 488, "Warning", "305 "},
		"audio only":               {g.edited("m=message 2855 TCP/MSRP *", "m=audio 2855 RTP/AVP 0"), 488, "Warning", "304 "},
		"no session description":   {g.with("application/sdp", "nonsense"), 488, "Warning", "399 "},
		"Require":                  {g.invite(lobby, "Require: timer, foo"), 420, "Unsupported", "foo"},
		"Accept":                   {g.invite(lobby, "Accept: text/plain"), 406, "", ""},
		"unknown body":             {g.with("application/foo", "x"), 415, "Accept", "application/sdp"},
		"encoded body":             {g.with("application/sdp", g.sdp, "Content-Encoding: gzip"), 415, "Accept-Encoding", "identity"},
		"unknown part":             {g.with("multipart/mixed;boundary=b", multipart("Content-Type: application/foo")), 415, "Accept", "multipart/mixed"},
		"malformed multipart":      {g.with("multipart/mixed;boundary=b", "--c\r\n\r\nx"), 400, "", ""},
		"multipart, no boundary":   {g.with("multipart/mixed", "--b\r\n\r\nx\r\n--b--"), 400, "", ""},
		"no Content-Type":          {g.without("Content-Type"), 400, "", ""},
		"unknown scheme":           {g.other(sipmsg.OPTIONS, "soap.beep://x"), 416, "", ""},
		"tel":                      {g.other(sipmsg.INVITE, "tel:+15551234"), 416, "", ""},
		"emergency":                {g.other(sipmsg.INVITE, "urn:service:sos"), 416, "", ""},
		"MESSAGE":                  {g.other(sipmsg.MESSAGE, lobby), 405, "Allow", "INVITE"},
		"PUBLISH to the factory":   {g.other(sipmsg.PUBLISH, factory), 405, "Allow", "INVITE"},
		"REGISTER at the domain":   {g.other(sipmsg.REGISTER, "sip:conf.localhost"), 405, "Allow", "INVITE"},
		"SUBSCRIBE a factory":      {g.other(sipmsg.SUBSCRIBE, factory, event), 405, "Allow", "INVITE"},
		"REFER to a factory":       {g.other(sipmsg.REFER, factory, "Refer-To: <sip:bob@example.test>"), 405, "Allow", "INVITE"},
		"unknown method":           {g.other("FOO", lobby), 501, "", ""},
		"OPTIONS, Accept":          {g.other(sipmsg.OPTIONS, lobby, "Accept: text/plain"), 406, "", ""},
		"OPTIONS a factory":        {g.other(sipmsg.OPTIONS, factory, "Accept: text/*"), 406, "", ""},
		"OPTIONS, Require":         {g.other(sipmsg.OPTIONS, factory, "Require: foo, timer, bar"), 420, "Unsupported", "bar"},
		"no Contact":               {g.without("Contact"), 400, "", ""},
		"two Contacts":             {g.invite(lobby, "Contact: <sip:a@127.0.0.1>, <sip:b@127.0.0.1>"), 400, "", ""},
		"star Contact":             {g.invite(lobby, "Contact: *"), 400, "", ""},
		"no Contact, factory":      {g.other(sipmsg.INVITE, factory, "Contact: *"), 400, "", ""},
		"BYE without dialog":       {g.other(sipmsg.BYE, lobby), 481, "", ""},
		"BYE with a stale tag":     {g.other(sipmsg.BYE, lobby, "To: <"+lobby+">;tag=stale"), 481, "", ""},
		"NOTIFY of nothing":        {g.other(sipmsg.NOTIFY, lobby, event, "Subscription-State: active"), 481, "", ""},
		"UPDATE without dialog":    {g.other(sipmsg.UPDATE, lobby), 481, "", ""},
		"PRACK without dialog":     {g.other(sipmsg.PRACK, lobby, "RAck: 1 1 INVITE"), 481, "", ""},
		"re-INVITE with no dialog": {g.invite(lobby, "To: <"+lobby+">;tag=stale"), 481, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g.Send(test.req)
			resp := g.Response()
			if resp.Status != test.status || resp.Header.CallID() != test.req.Header.CallID() {
				t.Fatalf("want %d, got\n%s", test.status, resp.Append(nil))
			}
			if test.req.Method == sipmsg.INVITE {
				g.Send(testnet.Refused(test.req, resp))
			}
			if test.status == 405 && test.req.URI.User == "factory" && strings.Contains(resp.Header.Value("Allow"), "SUBSCRIBE") {
				t.Errorf("a factory allows %s", resp.Header.Value("Allow"))
			}
			if test.status == 488 && !strings.Contains(string(resp.Body), "m=message 0 TCP/MSRP") {
				t.Errorf("what would be acceptable?\n%s", resp.Append(nil))
			}
			if test.name != "" {
				begins(t, resp, test.name, test.value)
			}
		})
	}
	r.vacant()
	g.join(lobby).leave()
	r.vacant()
}

// TestUnusableContact: a request that no dialog can be made of changes nothing, not even for
// a moment. [COM-01]
func TestUnusableContact(t *testing.T) {
	conform.Covers(t, "COM-01", "FOC-FAC-02")
	r := serve(t, func(c *config.Config) { c.Limits.SubscriptionsPerUser = 1 })
	alice := r.guest("tcp", "alice").join(lobby)
	w := r.watch("tcp", "alice")
	w.full()
	position := func() conference.Position {
		at := make(chan conference.Position, 1)
		if err := r.entry().Instance.Look(func(s *conference.State) { at <- s.Position() }); err != nil {
			t.Fatal(err)
		}
		return <-at
	}
	before := position()
	for _, contact := range []string{"Contact: <tel:+15551234>", "Contact: <mailto:alice@example.test>"} {
		for _, uri := range []string{lobby, factory} {
			bob := r.guest("tcp", "bob")
			inv := bob.invite(uri, contact)
			bob.Send(inv)
			bob.Send(testnet.Refused(inv, bob.Expect(400, sipmsg.INVITE)))
		}
		again := r.guest("tcp", "alice")
		again.Send(again.other(sipmsg.SUBSCRIBE, lobby, "Event: conference", contact))
		again.Expect(400, sipmsg.SUBSCRIBE)
		again.Send(again.other(sipmsg.REFER, lobby, "Refer-To: <sip:zoe@127.0.0.1:9>", contact))
		again.Expect(400, sipmsg.REFER)
	}
	if got := position(); got != before || len(r.directory.All()) != 1 || r.notifier.Displaced() != 0 {
		t.Errorf("position %d after %d, %d conferences, %d subscriptions displaced", got, before, len(r.directory.All()), r.notifier.Displaced())
	}
	alice.leave()
	w.terminated("rejected", without)
	r.vacant()
}

// TestRefusalsOfParticipant sends, as one who is in the conference, what is not served.
func TestRefusalsOfParticipant(t *testing.T) {
	conform.Covers(t, "COM-06", "COM-07", "NOT-SUB-02", "NOT-SUB-10", "NOT-SUB-11", "FOC-REF-13")
	r := serve(t, nil)
	g := r.guest("tcp", "alice").join(lobby)
	foreign := func(req *sipmsg.Request, contentType string) *sipmsg.Request {
		req.Header.Set("Content-Type", contentType)
		req.Body = []byte("x")
		return req
	}
	subscribe := func(uri string, fields ...string) *sipmsg.Request {
		return g.other(sipmsg.SUBSCRIBE, uri, append(fields, "Expires: 0", "Event: conference")...)
	}
	refer := func(fields ...string) *sipmsg.Request {
		return g.other(sipmsg.REFER, lobby, append(fields, "Refer-To: <"+g.aor()+">", "Refer-Sub: false")...)
	}
	inside := func(method sipmsg.Method, fields ...string) *sipmsg.Request { return g.call.Request(method, fields...) }
	tests := []struct {
		req         *sipmsg.Request
		status      int
		name, value string // of a field that the answer has
	}{
		{subscribe(lobby, "Require: timer, foo, bar"), 420, "Unsupported", "foo"},
		{subscribe(lobby, "Require: foo", "Accept: text/plain"), 420, "Unsupported", "foo"},
		{foreign(subscribe(lobby), "application/foo"), 415, "Accept", "application/simple-filter+xml"},
		{foreign(subscribe(lobby), "multipart/mixed"), 400, "", ""},
		{refer("Require: foo, norefersub"), 420, "Unsupported", "foo"},
		{foreign(refer(), "application/foo"), 415, "Accept", "application/resource-lists+xml"},
		{foreign(refer("Content-Encoding: gzip"), "message/sipfrag"), 415, "Accept-Encoding", "identity"},
		{foreign(refer("Content-Disposition: icon;handling=optional"), "application/foo"), 200, "Refer-Sub", "false"},
		{inside(sipmsg.SUBSCRIBE, "Event: presence"), 489, "Allow-Events", "conference"},
		{inside(sipmsg.SUBSCRIBE), 489, "Allow-Events", "refer"},
		{inside(sipmsg.SUBSCRIBE, "Event: conference"), 403, "", ""},
		{inside(sipmsg.SUBSCRIBE, "Event: refer;id=7"), 403, "", ""},
		{inside(sipmsg.OPTIONS, "Accept: text/plain"), 200, "Allow", "REFER"},
		{inside(sipmsg.OPTIONS, "Require: foo"), 420, "Unsupported", "foo"},
		{foreign(inside(sipmsg.REFER, "Refer-To: <sip:bob@127.0.0.1:9>"), "application/foo"), 415, "Accept", "message/sipfrag"},
	}
	for _, test := range tests {
		g.Send(test.req)
		resp := g.Expect(test.status, test.req.Method)
		if test.name != "" {
			begins(t, resp, test.name, test.value)
		}
	}
	g.Send(foreign(subscribe(lobby), "application/simple-filter+xml"))
	g.Expect(200, sipmsg.SUBSCRIBE)
	g.Answer(g.Request(), 200) // what it filters is told all the same
	if n := r.alive().Phase(); n != conference.PhaseActive {
		t.Errorf("%v", n)
	}
	g.leave()
	r.vacant()
}

// begins fails the test unless one of the values of a field begins so.
func begins(tb testing.TB, m sipmsg.Message, name, value string) {
	tb.Helper()
	for _, v := range m.Head().Values(name) {
		if strings.HasPrefix(v, value) {
			return
		}
	}
	tb.Errorf("no %s: %s in\n%s", name, value, m.Append(nil))
}

// TestOptionalPartIsSkipped has a body that may be skipped beside the offer.
func TestOptionalPartIsSkipped(t *testing.T) {
	conform.Covers(t, "COM-07")
	r := serve(t, nil)
	g := r.guest("tcp", "alice")
	g.Send(g.with("multipart/mixed;boundary=b", "--b\r\nContent-Type: application/foo\r\n"+
		"Content-Disposition: icon;handling=optional\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\n"+g.sdp+"\r\n--b--\r\n"))
	g.call.Learn(g.Expect(200, sipmsg.INVITE))
	g.Send(g.call.Ack())
	g.leave()
	r.vacant()
}

// TestUntrustedPeer has nobody to vouch for the caller: his own word counts for
// nothing, whatever it is.
func TestUntrustedPeer(t *testing.T) {
	conform.Covers(t, "IDN-01")
	asserted := "P-Asserted-Identity: <sip:bob@example.test>"
	r := serve(t, func(c *config.Config) { c.Auth.Local, c.SIP.Trust = false, nil })
	g := r.guest("tcp", "alice")
	for _, uri := range []string{lobby, factory, nowhere} {
		req := g.invite(uri, asserted)
		g.Send(req)
		resp := g.Expect(403, sipmsg.INVITE)
		g.Send(testnet.Refused(req, resp), g.other(sipmsg.OPTIONS, uri, asserted))
		g.Expect(403, sipmsg.OPTIONS)
	}
	r.vacant()
}

// TestTrustedPeer has a proxy of our domain say who the caller is.
func TestTrustedPeer(t *testing.T) {
	conform.Covers(t, "IDN-01", "IDN-02", "IDN-10", "FOC-FAC-13")
	r := serve(t, func(c *config.Config) {
		c.Auth.Local = false
		c.SIP.Trust = []config.Peer{{Prefix: netip.MustParsePrefix("127.0.0.1/32")}}
	})
	g := r.guest("tcp", "alice")
	g.join(lobby, "P-Asserted-Identity: <sip:bob@example.test>, <tel:+15551234>").connect()
	field(t, g.ok, "P-Asserted-Identity", "<"+lobby+">")
	for from, want := range map[string]int{
		"sip:bob@example.test": 200, "tel:+15551234": 200, "sip:alice@example.test": 403,
	} {
		tid := g.msrp.Send("from"+strconv.Itoa(len(from)), "message/cpim", cpim(from, lobby, "x"))
		g.msrp.Expect(tid, want)
	}
	g.leave()

	req := g.invite(lobby)
	g.Send(req)
	g.Send(testnet.Refused(req, g.Expect(403, sipmsg.INVITE))) // nobody vouches for him
	r.vacant()
}

// TestAnonymousCaller lets in who proves nothing only where that is wanted.
func TestAnonymousCaller(t *testing.T) {
	conform.Covers(t, "IDN-04")
	for _, allowed := range []bool{false, true} {
		r := serve(t, func(c *config.Config) { c.Auth.AllowAnonymous = allowed })
		bob := r.guest("tcp", "bob").join(lobby).connect()
		nobody := r.guest("tcp", "nobody")
		hidden := `From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=x`
		nobody.refused(factory, 403, hidden)
		if !allowed {
			nobody.refused(lobby, 403, hidden)
			continue
		}
		w := r.watch("tcp", "bob")
		w.full()
		req := nobody.invite(lobby, hidden)
		nobody.call.From = req.Header.Value("From")
		nobody.Send(req)
		nobody.ok = nobody.Expect(200, sipmsg.INVITE)
		nobody.call.Learn(nobody.ok)
		nobody.Send(nobody.call.Ack())
		nobody.connect()
		for len(w.roster.Users.List) < 2 {
			w.notified()
		}
		shown := w.roster.Users.List[1].Entity
		nobody.msrp.Expect(nobody.msrp.Send("hidden", "message/cpim", cpim(shown, lobby, "boo")), 200)
		bob.hear("boo")
		nobody.leave()
	}
}

// TestUntrustedLocalPeer is served in the local profile, and told nothing that
// is for trusted peers.
func TestUntrustedLocalPeer(t *testing.T) {
	conform.Covers(t, "FOC-FAC-13")
	r := serve(t, func(c *config.Config) { c.SIP.Trust = nil })
	g := r.guest("tcp", "alice").join(lobby)
	if g.ok.Header.Has("P-Asserted-Identity") {
		t.Errorf("%s", g.ok.Append(nil))
	}
	g.leave()
}
