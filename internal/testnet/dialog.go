package testnet

import (
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Dialog writes the requests of one dialog of a SIPPeer, which it never reads
// from. Requests that come out of it may be changed before they are sent.
type Dialog struct {
	Peer   *SIPPeer
	CallID string
	URI    string // Request-URI: what was dialled, later the remote target
	From   string // with tag
	To     string // with tag once Learn has seen one
	CSeq   int
}

// Dialog begins a dialog from one address to another, "sip:alice@example.test".
func (p *SIPPeer) Dialog(from, to string) *Dialog {
	return &Dialog{
		Peer: p, CallID: sipid.NewCallID(), URI: to,
		From: "<" + from + ">;tag=" + sipid.NewTag(), To: "<" + to + ">",
	}
}

// Contact returns the Contact of the peer, by which it is reached.
func (p *SIPPeer) Contact() string {
	return "<sip:" + p.Addr() + ";transport=" + p.network + ">"
}

// Via returns a Via value with a new branch.
func (p *SIPPeer) Via() string {
	return "SIP/2.0/" + strings.ToUpper(p.network) + " " + p.Addr() + ";rport;branch=" + sipid.NewBranch()
}

// Request writes a request with the next CSeq and a Contact. Fields are
// "Name: value".
func (d *Dialog) Request(method sipmsg.Method, fields ...string) *sipmsg.Request {
	d.CSeq++
	req := d.bare(method, d.CSeq)
	req.Header.Add("Contact", d.Peer.Contact())
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		req.Header.Set(name, strings.TrimSpace(value))
	}
	return req
}

// Offer writes a request with a session description.
func (d *Dialog) Offer(method sipmsg.Method, description string, fields ...string) *sipmsg.Request {
	req := d.Request(method, fields...)
	if description != "" {
		req.Header.Set("Content-Type", "application/sdp")
		req.Body = []byte(description)
	}
	return req
}

// Ack writes the ACK to a 2xx of the INVITE that was written last.
func (d *Dialog) Ack() *sipmsg.Request { return d.bare(sipmsg.ACK, d.CSeq) }

func (d *Dialog) bare(method sipmsg.Method, cseq int) *sipmsg.Request {
	uri, err := sipmsg.ParseURI(d.URI)
	if err != nil {
		d.Peer.tb.Fatalf("%s: %v", d.URI, err)
	}
	req := &sipmsg.Request{Method: method, URI: uri}
	req.Header.Fields = []sipmsg.Field{
		{Name: "Via", Value: d.Peer.Via()},
		{Name: "Max-Forwards", Value: "70"},
		{Name: "From", Value: d.From},
		{Name: "To", Value: d.To},
		{Name: "Call-ID", Value: d.CallID},
		{Name: "CSeq", Value: strconv.Itoa(cseq) + " " + string(method)},
	}
	return req
}

// Cancel writes the CANCEL of a request (RFC 3261 §9.1).
func Cancel(req *sipmsg.Request) *sipmsg.Request { return sibling(req, sipmsg.CANCEL, "") }

// Refused writes the ACK to a response of 300 and above (RFC 3261 §17.1.1.3).
func Refused(invite *sipmsg.Request, resp *sipmsg.Response) *sipmsg.Request {
	return sibling(invite, sipmsg.ACK, resp.Header.Value("To"))
}

// sibling writes a request of the same transaction.
func sibling(req *sipmsg.Request, method sipmsg.Method, to string) *sipmsg.Request {
	out := &sipmsg.Request{Method: method, URI: req.URI}
	for _, name := range []string{"Via", "Max-Forwards", "From", "To", "Call-ID"} {
		out.Header.Add(name, req.Header.Value(name))
	}
	if to != "" {
		out.Header.Set("To", to)
	}
	number, _, _ := strings.Cut(req.Header.Value("CSeq"), " ")
	out.Header.Add("CSeq", number+" "+string(method))
	return out
}

// Learn takes the remote tag and target out of a response that makes the dialog.
func (d *Dialog) Learn(resp *sipmsg.Response) {
	d.Peer.tb.Helper()
	d.To = resp.Header.Value("To")
	contacts, err := resp.Header.Contacts()
	if err != nil || len(contacts) != 1 {
		d.Peer.tb.Fatalf("Contact of the response: %v\n%s", err, resp.Append(nil))
	}
	d.URI = contacts[0].URI.String()
}

// Answer answers a request of the other side.
func (p *SIPPeer) Answer(req *sipmsg.Request, status int) {
	p.tb.Helper()
	p.Send(sipmsg.NewResponse(req, status, ""))
}

// Answering begins the dialog that an INVITE of the other side asks for.
func (p *SIPPeer) Answering(invite *sipmsg.Request) *Dialog {
	p.tb.Helper()
	contacts, err := invite.Header.Contacts()
	if err != nil || len(contacts) != 1 {
		p.tb.Fatalf("Contact of the INVITE: %v\n%s", err, invite.Append(nil))
	}
	return &Dialog{
		Peer: p, CallID: invite.Header.CallID(), URI: contacts[0].URI.String(),
		From: invite.Header.Value("To") + ";tag=" + sipid.NewTag(), To: invite.Header.Value("From"),
	}
}

// Respond writes a response to the INVITE that the dialog answers, with tag and
// Contact. Fields are "Name: value".
func (d *Dialog) Respond(invite *sipmsg.Request, status int, fields ...string) *sipmsg.Response {
	resp := sipmsg.NewResponse(invite, status, "")
	resp.Header.Set("To", d.From)
	resp.Header.Add("Contact", d.Peer.Contact())
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		resp.Header.Set(name, strings.TrimSpace(value))
	}
	return resp
}

// Accept writes the 200 to the INVITE that the dialog answers, with a session
// description.
func (d *Dialog) Accept(invite *sipmsg.Request, description string, fields ...string) *sipmsg.Response {
	resp := d.Respond(invite, 200, fields...)
	resp.Header.Set("Content-Type", "application/sdp")
	resp.Body = []byte(description)
	return resp
}
