package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

const offer = "v=0\r\no=foreign 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
	"m=message 9 TCP/MSRP *\r\na=setup:active\r\na=accept-types:message/cpim\r\na=accept-wrapped-types:text/plain\r\n" +
	"a=path:msrp://127.0.0.1:9/foreign;tcp\r\n"

// agent is a user agent of the library.
type agent struct {
	network string
	to      string
	client  *sipgo.Client
	contact sip.ContactHeader
	notices chan *sip.Request
}

// call enters a conference, follows its roster and leaves it. Each step that
// went well is a line on the standard output.
func call(ctx context.Context, network, uri, to string) error {
	var target sip.Uri
	if err := sip.ParseUri(uri, &target); err != nil {
		return err
	}
	target.UriParams.Add("transport", network)
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("foreign"), sipgo.WithUserAgentHostname("example.test"),
		sipgo.WithUserAgenTLSConfig(&tls.Config{InsecureSkipVerify: true})) //nolint:gosec // the tests' own server
	if err != nil {
		return err
	}
	defer func() { _ = ua.Close() }()
	a := &agent{network: network, to: to, notices: make(chan *sip.Request, 16)}
	if err := a.start(ctx, ua); err != nil {
		return err
	}
	if err := a.options(ctx, target); err != nil {
		return fmt.Errorf("OPTIONS: %w", err)
	}
	return a.attend(ctx, target)
}

// start listens where others can connect to the agent.
func (a *agent) start(ctx context.Context, ua *sipgo.UserAgent) error {
	a.contact = sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "foreign", Host: "foreign.invalid"}}
	a.contact.Address.UriParams.Add("transport", a.network)
	server, err := sipgo.NewServer(ua)
	if err != nil {
		return err
	}
	server.OnNotify(func(req *sip.Request, tx sip.ServerTransaction) {
		if tx.Respond(sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)) == nil {
			a.notices <- req
		}
	})
	options := []sipgo.ClientOption{sipgo.WithClientHostname("foreign.invalid"), sipgo.WithClientNAT()}
	if a.network == "udp" || a.network == "tcp" {
		at, serve, e := open(ctx, a.network, tls.Certificate{})
		if e != nil {
			return e
		}
		go serve(server)
		a.contact.Address.Host, a.contact.Address.Port = "127.0.0.1", portOf(at)
		options = []sipgo.ClientOption{sipgo.WithClientHostname("127.0.0.1"), sipgo.WithClientPort(portOf(at))}
	}
	a.client, err = sipgo.NewClient(ua, options...)
	return err
}

func portOf(a net.Addr) int {
	_, text, _ := net.SplitHostPort(a.String())
	port, _ := strconv.Atoi(text)
	return port
}

// request makes a request outside dialogs, on its way.
func (a *agent) request(method sip.RequestMethod, target sip.Uri, fields ...sip.Header) *sip.Request {
	req := sip.NewRequest(method, target)
	req.SetTransport(strings.ToUpper(a.network))
	req.SetDestination(a.to)
	for _, f := range fields {
		req.AppendHeader(f)
	}
	return req
}

func (a *agent) options(ctx context.Context, target sip.Uri) error {
	resp, err := a.client.Do(ctx, a.request(sip.OPTIONS, target))
	if err != nil {
		return err
	}
	if allow := resp.GetHeader("Allow"); resp.StatusCode != sip.StatusOK || allow == nil ||
		!strings.Contains(allow.Value(), "SUBSCRIBE") {
		return fmt.Errorf("answered\n%s", resp)
	}
	step("OPTIONS")
	return nil
}

// attend is a whole visit of a conference.
func (a *agent) attend(ctx context.Context, target sip.Uri) error {
	dialogs := sipgo.DialogUA{Client: a.client, ContactHDR: a.contact}
	invite := a.request(sip.INVITE, target, sip.NewHeader("Content-Type", "application/sdp"))
	invite.SetBody([]byte(offer))
	session, err := dialogs.WriteInvite(ctx, invite)
	if err != nil {
		return fmt.Errorf("INVITE: %w", err)
	}
	defer func() { _ = session.Close() }()
	if err = session.WaitAnswer(ctx, sipgo.AnswerOptions{}); err != nil {
		return fmt.Errorf("INVITE: %w", err)
	}
	focus := session.InviteResponse.Contact()
	if focus == nil || !strings.Contains(focus.Value(), "isfocus") {
		return fmt.Errorf("INVITE: answered by no focus\n%s", session.InviteResponse)
	}
	step("INVITE")
	if err = session.Ack(ctx); err != nil {
		return fmt.Errorf("ACK: %w", err)
	}
	step("ACK")
	if err = a.subscribe(ctx, focus.Address); err != nil {
		return fmt.Errorf("SUBSCRIBE: %w", err)
	}
	if err = session.Bye(ctx); err != nil {
		return fmt.Errorf("BYE: %w", err)
	}
	step("BYE")
	return a.noticed(ctx, "terminated", "")
}

func (a *agent) subscribe(ctx context.Context, focus sip.Uri) error {
	resp, err := a.client.Do(ctx, a.request(sip.SUBSCRIBE, focus, sip.NewHeader("Event", "conference"),
		sip.NewHeader("Accept", "application/conference-info+xml"), sip.NewHeader("Expires", "600"), &a.contact))
	if err != nil {
		return err
	}
	if resp.StatusCode != sip.StatusOK {
		return fmt.Errorf("answered\n%s", resp)
	}
	step("SUBSCRIBE")
	return a.noticed(ctx, "active", "foreign@example.test")
}

// noticed waits for a NOTIFY of a state whose document has a text.
func (a *agent) noticed(ctx context.Context, state, text string) error {
	for {
		select {
		case req := <-a.notices:
			h := req.GetHeader("Subscription-State")
			if h != nil && strings.HasPrefix(h.Value(), state) && strings.Contains(string(req.Body()), text) {
				step("NOTIFY " + state)
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("NOTIFY %s: %w", state, ctx.Err())
		}
	}
}

func step(what string) { _, _ = fmt.Fprintln(os.Stdout, what) }
