package flow

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// actor is one of those whom the player plays.
type actor struct {
	tb       testing.TB
	name     string
	peer     *testnet.SIPPeer
	web      net.Conn // what its WebSocket goes over
	leg      *testnet.MSRPPeer
	calls    map[string]*call
	current  string            // Call-ID of the last message, either way
	asked    []*sipmsg.Request // what came, in order
	rejected *sipmsg.Response  // the last challenge
}

// call is what an actor knows of the dialog of one Call-ID.
type call struct {
	own, theirs string // From and To, as the actor writes them
	cseq        int
	sent        map[sipmsg.Method]*sipmsg.Request // the last one of each
	status      int                               // of the last response to INVITE
}

func (a *actor) call(id string) *call {
	if a.calls[id] == nil {
		a.calls[id] = &call{sent: make(map[sipmsg.Method]*sipmsg.Request)}
	}
	return a.calls[id]
}

// send sends the message of a step.
func (a *actor) send(s *step, w words) error {
	start := w.expand(s.what)
	if strings.HasSuffix(start, " HTTP/1.1") {
		return a.knock(s, w)
	}
	h := &sipmsg.Header{}
	for _, line := range s.lines {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return fmt.Errorf("no header line: %q", line)
		}
		if strings.HasPrefix(value, "{credentials ") {
			method, rest, _ := strings.Cut(start, " ")
			h.Fields = append(h.Fields, a.credentials(value, sipmsg.Method(method), strings.TrimSuffix(rest, " SIP/2.0"))...)
			continue
		}
		h.Add(name, w.expand(value))
	}
	if strings.HasPrefix(start, "SIP/2.0 ") {
		if err := a.answering(&start, h); err != nil {
			return err
		}
	} else {
		a.asking(sipmsg.Method(start[:strings.Index(start, " ")]), h)
	}
	var text strings.Builder
	text.WriteString(start + "\r\n")
	for _, f := range h.Fields {
		text.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	text.WriteString("\r\n")
	for _, line := range s.body {
		text.WriteString(w.expand(line) + "\r\n")
	}
	m, err := sipmsg.ParseDatagram([]byte(text.String()), sipmsg.Limits{})
	if err != nil {
		return fmt.Errorf("what is sent: %w\n%s", err, text.String())
	}
	a.remember(m, true)
	a.peer.Send(m)
	return nil
}

// credentials answers the last challenge.
func (a *actor) credentials(word string, method sipmsg.Method, uri string) []sipmsg.Field {
	parts := strings.Fields(strings.Trim(word, "{}"))
	x := digest.NewClient(parts[1], parts[2]).Exchange()
	if a.rejected == nil || !x.Challenged(a.rejected) {
		a.tb.Fatalf("%s has no challenge to answer", a.name)
	}
	return x.Credentials(method, uri)
}

// asking fills in what a request needs.
func (a *actor) asking(method sipmsg.Method, h *sipmsg.Header) {
	id := h.CallID()
	if id == "" {
		id = a.current
		h.Add("Call-ID", id)
	}
	c := a.call(id)
	via, cseq := a.peer.Via(), c.cseq+1
	if invite := c.sent[sipmsg.INVITE]; invite != nil && (method == sipmsg.ACK || method == sipmsg.CANCEL) {
		was, _ := invite.Header.CSeq()
		cseq = int(was.Seq)
		if method == sipmsg.CANCEL || c.status >= 300 {
			via = invite.Header.Value("Via")
		}
	}
	missing(h, "Via", via)
	missing(h, "Max-Forwards", "70")
	missing(h, "From", c.own)
	missing(h, "To", c.theirs)
	missing(h, "CSeq", strconv.Itoa(cseq)+" "+string(method))
}

// answering fills in what a response needs, and takes the method out of its start line.
func (a *actor) answering(start *string, h *sipmsg.Header) error {
	var method string
	*start, method = bracket(*start)
	for i := len(a.asked) - 1; i >= 0; i-- {
		req := a.asked[i]
		if method != "" && string(req.Method) != method {
			continue
		}
		to := req.Header.Value("To")
		if !strings.Contains(to, ";tag=") {
			to += ";tag=" + tag(a.call(req.Header.CallID()).own, sipid.NewTag())
		}
		for _, via := range req.Header.Fields {
			if via.Name == "Via" {
				h.Add(via.Name, via.Value)
			}
		}
		missing(h, "From", req.Header.Value("From"))
		missing(h, "To", to)
		missing(h, "Call-ID", req.Header.CallID())
		missing(h, "CSeq", req.Header.Value("CSeq"))
		return nil
	}
	return fmt.Errorf("no %s to be answered", method)
}

// bracket splits "SIP/2.0 200 OK (INVITE)".
func bracket(start string) (line, method string) {
	line, method, _ = strings.Cut(start, " (")
	return line, strings.TrimSuffix(method, ")")
}

// tag returns the tag of an address, or another one.
func tag(address, other string) string {
	if _, t, ok := strings.Cut(address, ";tag="); ok {
		return t
	}
	return other
}

func missing(h *sipmsg.Header, name, value string) {
	if !h.Has(name) {
		h.Add(name, value)
	}
}

// remember keeps of a message what later ones follow from.
func (a *actor) remember(m sipmsg.Message, ours bool) {
	h := m.Head()
	a.current = h.CallID()
	c := a.call(a.current)
	from, to := h.Value("From"), h.Value("To")
	switch m := m.(type) {
	case *sipmsg.Request:
		if !ours {
			a.asked = append(a.asked, m)
			if c.theirs = from; m.Method != sipmsg.CANCEL {
				c.own = to
			}
			return
		}
		c.own, c.theirs = from, to
		c.sent[m.Method] = m
		if number, _ := h.CSeq(); number.Method != sipmsg.ACK && number.Method != sipmsg.CANCEL {
			c.cseq = int(number.Seq)
		}
		if m.Method == sipmsg.INVITE {
			c.status = 0
		}
	case *sipmsg.Response:
		if ours {
			c.own = to
			return
		}
		number, _ := h.CSeq()
		if number.Method == sipmsg.INVITE {
			c.status = m.Status
		}
		if m.Status < 300 || number.Method == sipmsg.INVITE { // whose ACK says so
			c.theirs = to
		}
		if m.Status == 401 || m.Status == 407 {
			a.rejected = m
		}
	}
}

// next returns the next message but 100.
func (a *actor) next() (sipmsg.Message, error) {
	for {
		m, err := a.peer.Await()
		if resp, ok := m.(*sipmsg.Response); !ok || resp.Status != 100 {
			return m, err
		}
	}
}
