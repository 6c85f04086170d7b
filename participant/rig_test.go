package participant

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

const (
	lobby     = "sip:lobby@conf.example"
	contactOf = "Contact: <sip:lobby@10.0.0.2>;isfocus"
)

// stage is a UE at 10.0.0.1 that faces a focus at 10.0.0.2, which speaks SIP as the
// test writes it, and a mixer there.
type stage struct {
	t     *testing.T
	ue    *UE
	focus *testnet.Peer
	mixer *msrp.Endpoint
	conns chan net.Conn // connections that the UE has opened, the mixer's end

	invite *sipmsg.Request // of the last join
	sub    *sipmsg.Request
	leg    *leg
}

// leg is the mixer's session with the UE. It accepts every message.
type leg struct {
	session  *msrp.Session
	bound    chan struct{}
	messages chan *msrp.Incoming
	sent     chan error
	refuse   error // answer to messages, nil: accept
	mute     bool  // leave messages unanswered
}

func (l *leg) Bound() { l.bound <- struct{}{} }
func (l *leg) Message(in *msrp.Incoming) {
	switch {
	case l.mute:
	case l.refuse != nil:
		in.Refuse(l.refuse)
	default:
		in.Accept()
	}
	l.messages <- in
}
func (l *leg) Sent(_ uint64, err error) { l.sent <- err }
func (l *leg) Ended(error)              {}

// bubble runs f on a stage under the clock of synctest.
func bubble(t *testing.T, f func(x *stage)) {
	t.Helper()
	bubbleWith(t, Config{}, f)
}

// bubbleWith is bubble with a UE of other settings.
func bubbleWith(t *testing.T, cfg Config, f func(x *stage)) {
	t.Helper()
	cfg.AOR, cfg.Display, cfg.Server, cfg.Listen = "sip:alice@ims.example", "Alice", "10.0.0.2:5060", "10.0.0.1"
	cfg.Instance = "urn:uuid:00000000-0000-4000-8000-000000000001"
	synctest.Test(t, func(t *testing.T) {
		network := &transporttest.Network{}
		x := &stage{t: t, mixer: msrp.New(msrp.Config{}), conns: make(chan net.Conn, 8)}
		dial := func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			x.conns <- theirs
			return ours, x.mixer.ServeConn(theirs) //nolint:contextcheck // outlives the dialling
		}
		var err error
		x.ue, err = newUE(cfg, network.Host("10.0.0.1"), dial)
		if err != nil {
			t.Fatal(err)
		}
		// The first port that the network in memory gives away is the UE's.
		x.focus = testnet.NewPeer(t, network.Host("10.0.0.2"), netip.MustParseAddrPort("10.0.0.1:49153"))
		defer x.focus.Close()
		defer x.close()
		f(x)
	})
}

func (x *stage) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := x.ue.Close(ctx); err != nil {
		x.t.Errorf("Close: %v", err)
	}
	if err := x.mixer.Close(); err != nil {
		x.t.Errorf("mixer: %v", err)
	}
}

// outcome is what a call came to.
type outcome struct {
	conference *Conference
	err        error
}

// call starts a join and returns its INVITE.
func (x *stage) call(ctx context.Context, o Options) (*sipmsg.Request, <-chan outcome) {
	x.t.Helper()
	result := make(chan outcome, 1)
	go func() {
		c, err := x.ue.Join(ctx, lobby, o)
		result <- outcome{c, err}
	}()
	x.invite = x.focus.Request(sipmsg.INVITE)
	return x.invite, result
}

// answerTo makes a leg for an offer and the answer that names it.
func (x *stage) answerTo(offer []byte, more ...string) string {
	x.t.Helper()
	l := &leg{bound: make(chan struct{}, 1), messages: make(chan *msrp.Incoming, 64), sent: make(chan error, 64)}
	var err error
	l.session, err = x.mixer.NewSession(msrp.SessionConfig{Handler: l, Host: "10.0.0.2", Port: 2855})
	if err != nil {
		x.t.Fatal(err)
	}
	l.session.SetRemote(pathOf(x.t, offer))
	x.leg = l
	return x.description(l.session.URI(), more...)
}

// pathOf is the path of the first stream of a description.
func pathOf(t *testing.T, description []byte) []msrpwire.URI {
	t.Helper()
	parsed, err := sdp.Parse(description)
	if err != nil {
		t.Fatal(err)
	}
	media, err := parsed.Message(0)
	if err != nil {
		t.Fatal(err)
	}
	return media.Path
}

// description is the mixer's, with its further lines in place of the usual ones.
func (x *stage) description(path msrpwire.URI, more ...string) string {
	if len(more) == 0 {
		more = []string{"a=accept-wrapped-types:*"}
	}
	return strings.Join(append([]string{
		"v=0", "o=mixer 5501 1 IN IP4 10.0.0.2", "s=-", "c=IN IP4 10.0.0.2", "t=0 0", "m=message 2855 TCP/MSRP *",
		"a=accept-types:message/cpim", "a=setup:passive", "a=path:" + path.String(),
	}, more...), "\r\n") + "\r\n"
}

// join joins without a roster.
func (x *stage) join() *Conference {
	x.t.Helper()
	return x.joined(Options{NoSubscribe: true}, "")
}

// watch joins and answers the subscription.
func (x *stage) watch() *Conference {
	x.t.Helper()
	c := x.joined(Options{}, "")
	x.subscribed()
	return c
}

// subscribed takes a SUBSCRIBE and answers it.
func (x *stage) subscribed() {
	x.t.Helper()
	x.sub = x.focus.Request(sipmsg.SUBSCRIBE)
	x.focus.Answer(x.sub, 200, "n", "Expires: 3600\n"+contactOf, "")
}

func (x *stage) joined(o Options, fields string, sdpLines ...string) *Conference {
	x.t.Helper()
	invite, result := x.call(x.t.Context(), o)
	answer := x.answerTo(invite.Body, sdpLines...)
	x.focus.Answer(invite, 200, "f", contactOf+"\nContent-Type: application/sdp\n"+fields, answer)
	x.focus.Request(sipmsg.ACK)
	out := <-result
	if out.err != nil {
		x.t.Fatal(out.err)
	}
	<-x.leg.bound
	return out.conference
}

// request sends a request of the focus in the dialog of an INVITE or SUBSCRIBE.
func (x *stage) request(of *sipmsg.Request, tag, method string, cseq int, fields ...string) {
	x.t.Helper()
	contacts, err := of.Header.Contacts()
	if err != nil {
		x.t.Fatal(err)
	}
	x.focus.Send(strings.ReplaceAll(strings.Join(append([]string{
		method + " " + contacts[0].URI.String() + " SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%s%d", tag, cseq),
		"Max-Forwards: 70",
		"From: <" + lobby + ">;tag=" + tag,
		"To: " + of.Header.Value("From"),
		"Call-ID: " + of.Header.CallID(),
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		contactOf,
	}, fields...), "\n"), "\r\n", "\n"))
}

// notify sends a NOTIFY and takes its answer.
func (x *stage) notify(cseq, status int, state, document string) {
	x.t.Helper()
	fields := []string{"Event: conference", "Subscription-State: " + state}
	if document != "" {
		fields = append(fields, "Content-Type: application/conference-info+xml\n\n"+document)
	}
	x.request(x.sub, "n", "NOTIFY", cseq, fields...)
	x.focus.Response(status)
}

// document is a conference document with users, each "name" or "name=status".
func document(state string, version int, users ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="%s" state="%s" version="%d">`,
		lobby, state, version)
	fmt.Fprintf(&b, `<users state="%s">`, state)
	for _, u := range users {
		name, status, _ := strings.Cut(u, "=")
		if status == "" {
			status = "connected"
		}
		fmt.Fprintf(&b, `<user entity="sip:%s@ims.example" state="full"><display-text>%s</display-text>`+
			`<endpoint entity="sip:%s@10.0.0.9" state="full"><status>%s</status></endpoint></user>`, name, name, name, status)
	}
	return b.String() + "</users></conference-info>"
}

// next returns the next event, which must be an E.
func next[E Event](t *testing.T, c *Conference) E {
	t.Helper()
	select {
	case e, ok := <-c.Events():
		if want, is := e.(E); is {
			return want
		}
		t.Fatalf("event %T %+v (%v), want %T", e, e, ok, *new(E))
	case <-time.After(2 * time.Second):
		t.Fatalf("no %T", *new(E))
	}
	panic("unreachable")
}

// none fails the test if there is an event.
func none(t *testing.T, c *Conference) {
	t.Helper()
	synctest.Wait()
	select {
	case e := <-c.Events():
		t.Fatalf("event %T %+v", e, e)
	default:
	}
}

// names are the users of a roster, with their status unless that is connected.
func names(users []User) string {
	var all []string
	for _, u := range users {
		if u.Status != "connected" {
			u.Display += "=" + u.Status
		}
		all = append(all, u.Display)
	}
	return strings.Join(all, " ")
}

// wrapped is a message/cpim object from bob.
func wrapped(t *testing.T, to, text string, more ...cpim.Pair) []byte {
	t.Helper()
	d := cpim.Draft{
		From: cpim.Party{Name: "Bob", URI: "sip:bob@ims.example"}, To: []cpim.Party{{URI: to}},
		DateTime: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC), Headers: more,
		ContentType: "text/plain", Content: []byte(text),
	}
	b, err := d.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// deliver sends a message of the mixer to the UE and returns its outcome.
func (x *stage) deliver(m msrp.Message) error {
	x.t.Helper()
	m.ContentType = sdp.TypeCPIM
	if err := x.leg.session.Send(m, 1); err != nil {
		x.t.Fatal(err)
	}
	return <-x.leg.sent
}
