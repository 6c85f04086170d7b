package server

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// entries is a list of recipients: each is a URI and the attributes of its entry.
func entries(lines ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list>` + "\n")
	for _, line := range lines {
		uri, attributes, _ := strings.Cut(line, " ")
		fmt.Fprintf(&b, "<entry uri=%q %s/>\n", uri, attributes)
	}
	b.WriteString("</list></resource-lists>\n")
	return b.String()
}

// withList writes an INVITE with an offer and a list; an empty disposition leaves
// the field out.
func (g *guest) withList(uri, list, disposition string, fields ...string) *sipmsg.Request {
	req := g.invite(uri, fields...)
	part := []string{"--b7", "Content-Type: application/resource-lists+xml"}
	if disposition != "" {
		part = append(part, "Content-Disposition: "+disposition)
	}
	req.Header.Set("Content-Type", "multipart/mixed;boundary=b7")
	req.Body = []byte("--b7\r\nContent-Type: application/sdp\r\n\r\n" + g.sdp + "\r\n" +
		testnet.Lines(append(part, "", list, "--b7--")...))
	return req
}

// create sends an INVITE that makes a conference, and the ACK.
func (g *guest) create(req *sipmsg.Request) {
	g.rig.t.Helper()
	g.Send(req)
	g.ok = g.Expect(200, sipmsg.INVITE)
	g.call.Learn(g.ok)
	g.Send(g.call.Ack())
}

// entry is the line of a list that names the guest.
func (g *guest) entry(attributes string) string {
	return "sip:" + g.name + "@" + g.Addr() + ";transport=" + g.Network() + " " + attributes
}

// part returns the part of a multipart body of a type, nil if there is none.
func part(t *testing.T, m sipmsg.Message, mediaType string) *sipmsg.Part {
	t.Helper()
	parts, err := sipmsg.Bodies(m, sipmsg.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range parts {
		if got, _ := parts[i].Header.ContentType(); got.Is(mediaType) {
			return &parts[i]
		}
	}
	return nil
}

// TestCreationWithList has in its list what needs no call, besides the flow of F-D.txt.
func TestCreationWithList(t *testing.T) {
	conform.Covers(t, "FOC-LST-01", "FOC-LST-06", "FOC-LST-08", "FOC-LST-11", "FOC-LST-13", "FOC-LST-14",
		"FOC-LST-15", "FOC-LST-17", "FOC-OUT-06")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	bob, carol, dave, erin := r.callee("tcp", "bob"), r.callee("udp", "carol"), r.callee("tcp", "dave"), r.callee("udp", "erin")
	list := entries(
		bob.entry(`cp:copyControl="to"`), carol.entry(`cp:copyControl="to" cp:anonymize="true"`),
		dave.entry(`cp:copyControl="cc"`), erin.entry(""), erin.entry(""),
		alice.aor(), factory, lobby, "sip:frank@127.0.0.1:9;method=BYE",
	)
	alice.Send(alice.withList(factory, list, "recipient-list", "Require: recipient-list-invite"))
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	alice.call.Learn(alice.ok)
	bob.Silence(50 * time.Millisecond) // nothing leaves before the ACK
	alice.Send(alice.call.Ack())
	uri := alice.conferenceURI()
	paths := make(map[string]bool)
	for _, g := range []*guest{bob, carol, dave, erin} {
		invite := g.called()
		field(t, invite, "P-Asserted-Identity", "<"+uri+">")
		field(t, invite, "Referred-By", "<"+alice.aor()+">")
		description := part(t, invite, "application/sdp")
		if description == nil {
			t.Fatalf("no offer in\n%s", invite.Append(nil))
		}
		paths[attribute(t, description.Body, "path")] = true
		history := part(t, invite, "application/resource-lists+xml")
		if history == nil || history.Header.Value("Content-Disposition") != "recipient-list-history; handling=optional" {
			t.Fatalf("no history in\n%s", invite.Append(nil))
		}
		text := string(history.Body)
		for _, want := range []string{"sip:bob@", "sip:anonymous@anonymous.invalid", `count="1"`, "sip:dave@"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in\n%s", want, text)
			}
		}
		if strings.Contains(text, "carol") || strings.Contains(text, "erin") {
			t.Errorf("too much in\n%s", text)
		}
		switch g {
		case bob:
			g.Send(g.call.Accept(invite, g.sdp))
			g.Request() // ACK
		default:
			refusal := g.call.Respond(invite, 486)
			g.Send(refusal)
			g.Request()
		}
	}
	if len(paths) != 4 {
		t.Errorf("paths %v", paths)
	}
	erin.Silence(50 * time.Millisecond)
	alice.connect()
	bob.leave()
	alice.leave()
	r.vacant()
}

// TestListSpellings takes a list however it is announced, and only where it may
// come.
func TestListSpellings(t *testing.T) {
	conform.Covers(t, "FOC-LST-02", "FOC-LST-03", "FOC-LST-05")
	r := serve(t, nil)
	for _, target := range []string{factory, lobby} {
		for _, tag := range []bool{true, false} {
			for _, disposition := range []string{"recipient-list", "uri-list", ""} {
				bob := r.callee("tcp", "bob")
				alice := r.guest("tcp", "alice")
				req := alice.withList(target, entries(bob.entry("")), disposition)
				if tag {
					req.Header.Set("Require", "recipient-list-invite")
				}
				alice.create(req)
				invite := bob.called()
				if part(t, invite, "application/resource-lists+xml") != nil {
					t.Errorf("history of blind copies in\n%s", invite.Append(nil))
				}
				bob.Send(bob.call.Respond(invite, 603))
				bob.Request()
				alice.leave()
				r.vacant()
			}
		}
	}
	bob := r.callee("tcp", "bob")
	carol := r.guest("tcp", "carol").join(lobby)
	reinvite := carol.call.Offer(sipmsg.INVITE, carol.sdp, "Require: recipient-list-invite")
	carol.Send(reinvite)
	refused := carol.Expect(420, sipmsg.INVITE)
	field(t, refused, "Unsupported", "recipient-list-invite")
	carol.Send(testnet.Refused(reinvite, refused))
	for status, req := range map[int]*sipmsg.Request{
		420: r.guest("tcp", "dave").withList(lobby, entries(bob.entry("")), "recipient-list", "Require: recipient-list-invite"),
		415: r.guest("tcp", "dave").withList(lobby, entries(bob.entry("")), "recipient-list"),
	} {
		dave := r.guest("tcp", "dave")
		dave.Send(req)
		dave.Send(testnet.Refused(req, dave.Expect(status, sipmsg.INVITE)))
	}
	bob.Silence(50 * time.Millisecond)
	carol.leave()
	r.vacant()
}

// TestListRefused leaves nothing behind and calls nobody.
func TestListRefused(t *testing.T) {
	conform.Covers(t, "FOC-LST-02", "FOC-LST-05", "FOC-LST-09", "FOC-LST-10")
	r := serve(t, func(c *config.Config) {
		c.Limits.URIList = 3
		c.Defaults.MaxUsers = 3
		c.Auth.Local = false
		c.SIP.Trust = nil
		c.Auth.Users = []config.User{{AOR: "sip:alice@example.test", Password: "secret"}}
	})
	bob := r.callee("tcp", "bob")
	for name, test := range map[string]struct {
		list   string
		status int
	}{
		"no list":           {"", 400},
		"not XML":           {"<resource-lists", 400},
		"document type":     {`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + entries("sip:bob@example.test"), 400},
		"no URI":            {`<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list><entry/></list></resource-lists>`, 400},
		"too long":          {entries("sip:a@example.test", "sip:b@example.test", "sip:c@example.test", "sip:d@example.test"), 403},
		"more than places":  {entries("sip:a@example.test", "sip:b@example.test", "sip:c@example.test"), 403},
		"foreign domain":    {entries("sip:a@example.test", "sip:b@foreign.test"), 403},
		"no consent":        {entries("sip:bob@" + bob.Addr()), 403},
		"too big":           {entries("sip:bob@example.test;x=" + strings.Repeat("x", 70000)), 413},
		"our own listener":  {entries("sip:bob@" + r.address("sip", "tcp")), 403},
		"multicast address": {entries("sip:bob@224.0.1.75"), 403},
	} {
		t.Run(name, func(t *testing.T) {
			alice := r.guest("tcp", "alice")
			req := alice.withList(factory, test.list, "recipient-list", "Require: recipient-list-invite")
			if test.list == "" {
				req.Header.Set("Content-Type", "application/sdp")
				req.Body = []byte(alice.sdp)
			}
			resp := alice.login(req, "alice", "secret")
			if resp.Status != test.status {
				t.Errorf("%s", resp.Append(nil))
			}
			limited(t, name, resp)
		})
	}
	bob.Silence(50 * time.Millisecond)
	r.vacant()
}

// limited fails the test unless the refusal of a list beyond a limit names that.
func limited(t *testing.T, name string, resp *sipmsg.Response) {
	t.Helper()
	limit, ok := map[string]string{"too long": " 3 ", "more than places": ": 2"}[name]
	if w := resp.Header.Value("Warning"); ok && (!strings.HasPrefix(w, "399 conf.localhost ") || !strings.Contains(w, limit)) {
		t.Errorf("Warning %q", w)
	}
}

// TestManyRefused: the rules for lists hold for those of REFERs, too.
func TestManyRefused(t *testing.T) {
	conform.Covers(t, "FOC-MRF-03", "FOC-LST-05", "FOC-LST-06", "FOC-LST-08", "FOC-LST-09", "FOC-LST-10")
	r := members(t, func(c *config.Config) {
		c.Limits.URIList = 3
		c.Conferences[0].Policy.MaxUsers = 3
		c.DialOut.Domains = []string{"127.0.0.1"}
	})
	alice := r.guest("tcp", "alice")
	alice.ok = alice.login(alice.invite(lobby), "alice", "secret")
	alice.call.Learn(alice.ok)
	alice.Send(alice.call.Ack())
	bob := r.callee("tcp", "bob")
	refer := func(list string) *sipmsg.Response {
		req := alice.call.Request(sipmsg.REFER, "Refer-To: <cid:l@x>", "Require: multiple-refer, norefersub", "Refer-Sub: false",
			"Content-Type: application/resource-lists+xml", "Content-Disposition: recipient-list", "Content-ID: <l@x>")
		req.Body = []byte(list)
		alice.Send(req)
		return alice.Response()
	}
	for name, test := range map[string]struct {
		list   string
		status int
	}{
		"not XML":          {"<resource-lists", 400},
		"document type":    {`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + entries(bob.entry("")), 400},
		"too long":         {entries("sip:a@example.test", "sip:b@example.test", "sip:c@example.test", "sip:d@example.test"), 403},
		"more than places": {entries(bob.entry(""), "sip:b@example.test", "sip:c@example.test"), 403},
		"foreign domain":   {entries(bob.entry(""), "sip:b@foreign.test"), 403},
		"too big":          {entries(bob.entry(""), "sip:bob@example.test;x="+strings.Repeat("x", 70000)), 413},
		"our own listener": {entries(bob.entry(""), "sip:bob@"+r.address("msrp", "tcp")), 403},
	} {
		t.Run(name, func(t *testing.T) {
			resp := refer(test.list)
			if resp.Status != test.status {
				t.Errorf("%s", resp.Append(nil))
			}
			limited(t, name, resp)
		})
	}
	// Bob is named twice, and alice and the conference need no call.
	if resp := refer(entries(bob.entry(""), strings.Replace(bob.entry(""), "transport=tcp", "transport=TCP;x=1", 1), alice.aor())); resp.Status != 200 {
		t.Fatalf("%s", resp.Append(nil))
	}
	bob.Send(bob.call.Respond(bob.called(), 486))
	bob.Request()
	bob.Silence(50 * time.Millisecond)
	alice.leave()
	r.vacant()
}

// TestListOfNobody: who does not say who he is invites nobody.
func TestListOfNobody(t *testing.T) {
	conform.Covers(t, "FOC-LST-04", "SEC-01")
	r := serve(t, func(c *config.Config) {
		c.Auth.Local, c.Auth.AllowAnonymous = false, true
	})
	bob := r.callee("tcp", "bob")
	anonymous := r.guest("tcp", "anonymous")
	for _, target := range []string{factory, lobby} {
		req := anonymous.withList(target, entries(bob.entry("")), "recipient-list")
		req.Header.Set("From", "<sip:anonymous@anonymous.invalid>;tag=1")
		anonymous.denied(403, req)
	}
	bob.Silence(50 * time.Millisecond)
	r.vacant()
}

// TestListOfWhoLogsIn: an address that is trusted to assert identities does not answer for
// callers there who had to prove theirs; the operator answers for those it asserts, D-07.
func TestListOfWhoLogsIn(t *testing.T) {
	conform.Covers(t, "FOC-LST-10")
	r := serve(t, func(c *config.Config) {
		c.Auth.Local = false
		c.Auth.Users = []config.User{{AOR: "sip:alice@example.test", Password: "secret"}}
	})
	bob := r.callee("tcp", "bob")
	stranger := "sip:bob@" + bob.Addr()
	for _, list := range []string{entries(stranger), entries("sip:a@example.test", "sip:b@conf.localhost", stranger)} {
		alice := r.guest("tcp", "alice")
		req := alice.withList(factory, list, "recipient-list", "Require: recipient-list-invite")
		if resp := alice.login(req, "alice", "secret"); resp.Status != 403 {
			t.Errorf("%s", resp.Append(nil))
		}
	}
	bob.Silence(50 * time.Millisecond)
	r.vacant()
}
