package fanout

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// Crowd is users of a conference server, behind one SIP connection as if it were
// their proxy's. Each joins, binds an MSRP connection of his own and subscribes.
type Crowd struct {
	b    *testing.B
	conn net.Conn
	uri  string // of the conference
	flow *flow

	// Where media is not over TCP: the server, and its listener if paths do not
	// tell.
	server   *Server
	listener string

	gone chan struct{} // closed when the server has closed the connection

	mu    sync.Mutex
	calls map[string]*party // by Call-ID
	out   []byte
}

var errGone = errors.New("the server has closed the SIP connection")

// Member is a user who has joined.
type Member struct {
	crowd    *Crowd
	name     string
	call     *party // INVITE dialog
	watching *party // SUBSCRIBE dialog, nil if there is none
	media    *member
}

// party is one dialog of a member's.
type party struct {
	id, remote, target string
	cseq               int
	answers            chan *sipmsg.Response
	notified           chan int // octets of documents
}

// NewCrowd connects to a server. Media goes round by flow; receivers is how many
// a message is for.
func NewCrowd(b *testing.B, address, uri string, receivers int) *Crowd {
	b.Helper()
	var d net.Dialer
	conn, err := d.DialContext(b.Context(), "tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	c := &Crowd{b: b, conn: conn, uri: uri, flow: newFlow(receivers), gone: make(chan struct{}), calls: make(map[string]*party)}
	go c.read()
	return c
}

// Join has a user join, bind and, if watch says so, subscribe and get the first
// document.
func (c *Crowd) Join(name string, watch bool) (*Member, error) {
	m := &Member{crowd: c, name: name, call: c.party("call-" + name)}
	proto, from := c.media(name)
	offer := "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 " + proto + " *\r\n" +
		"a=accept-types:message/cpim\r\na=accept-wrapped-types:*\r\na=setup:active\r\na=path:" + from + "\r\n"
	answer, err := m.ask(m.call, "INVITE", c.uri, "Content-Type: application/sdp\r\n", offer)
	if err != nil {
		return nil, err
	}
	c.write(m.request(m.call, "ACK", m.call.target, "", ""))
	path, ok := line(string(answer.Body), "a=path:")
	if !ok {
		return nil, fmt.Errorf("no path in\n%s", answer.Body)
	}
	if m.media, err = c.bind(path, from); err != nil {
		return nil, err
	}
	if !watch {
		return m, nil
	}
	m.watching = c.party("watch-" + name)
	if _, err = m.ask(m.watching, "SUBSCRIBE", c.uri, "Event: conference\r\n", ""); err != nil {
		return nil, err
	}
	select {
	case <-m.watching.notified:
		return m, nil
	case <-c.gone:
		return nil, errGone
	}
}

// Leave hangs up and closes the media connection.
func (m *Member) Leave() error {
	m.call.cseq++
	_, err := m.ask(m.call, "BYE", m.call.target, "", "")
	_ = m.media.nc.Close()
	return err
}

// Say sends a message to everybody.
func (m *Member) Say(body []byte) error { return m.media.send(body) }

// bind connects a member's media.
func (c *Crowd) bind(path, from string) (*member, error) {
	nc, err := c.dial(path)
	if err != nil {
		return nil, err
	}
	media := &member{nc: nc, to: path, from: from, flow: c.flow, bound: make(chan struct{}), numbered: true, framed: strings.HasSuffix(path, ";ws")}
	bound := media.bound
	if err := media.send(nil); err != nil {
		return nil, err
	}
	go media.read()
	<-bound
	return media, nil
}

// media is what carries a member's media, and his path.
func (c *Crowd) media(name string) (proto, path string) {
	over := TCP
	if c.server != nil {
		over = c.server.over
	}
	switch over {
	case TLS:
		return "TCP/TLS/MSRP", "msrps://127.0.0.1:9/" + name + ";tcp"
	case WebSocket:
		return "TCP/WS/MSRP", "msrp://127.0.0.1:9/" + name + ";ws"
	}
	return "TCP/MSRP", "msrp://127.0.0.1:9/" + name + ";tcp"
}

func (c *Crowd) dial(path string) (net.Conn, error) {
	_, address, _ := strings.Cut(path, "://")
	address, _, _ = strings.Cut(address, "/")
	if c.server != nil {
		return c.server.dialTo(cmp.Or(c.listener, address)), nil
	}
	var d net.Dialer
	nc, err := d.DialContext(c.b.Context(), "tcp", address)
	if err == nil {
		c.b.Cleanup(func() { _ = nc.Close() })
	}
	return nc, err
}

func (c *Crowd) party(id string) *party {
	p := &party{id: id, cseq: 1, answers: make(chan *sipmsg.Response, 4), notified: make(chan int, 4096)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[id] = p
	return p
}

// ask sends a request and waits for its 200.
func (m *Member) ask(p *party, method, uri, fields, body string) (*sipmsg.Response, error) {
	m.crowd.write(m.request(p, method, uri, fields, body))
	var resp *sipmsg.Response
	select {
	case resp = <-p.answers:
	case <-m.crowd.gone:
		return nil, errGone
	}
	if resp.Status != 200 {
		return nil, fmt.Errorf("%s of %s: %d %s", method, m.name, resp.Status, resp.Reason)
	}
	to, err := resp.Header.To()
	if err != nil {
		return nil, err
	}
	p.remote = to.Tag()
	if contacts, err := resp.Header.Contacts(); err == nil && len(contacts) > 0 {
		p.target = contacts[0].URI.String()
	}
	return resp, nil
}

func (m *Member) request(p *party, method, uri, fields, body string) string {
	to := "<" + m.crowd.uri + ">"
	if p.remote != "" {
		to += ";tag=" + p.remote
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/TCP %s;branch=z9hG4bK%s%s%d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:%s@example.test>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:%s@%s;transport=tcp>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, uri, m.crowd.conn.LocalAddr(), p.id, method, p.cseq, m.name, p.id, to, p.id, p.cseq, method,
		m.name, m.crowd.conn.LocalAddr(), fields, len(body), body)
}

func (c *Crowd) write(message string) {
	if _, err := c.conn.Write([]byte(message)); err != nil && !errors.Is(err, net.ErrClosed) {
		c.b.Error(err)
	}
}

// read hands responses to those who wait for them, and answers requests.
func (c *Crowd) read() {
	defer close(c.gone)
	var stream sipmsg.Stream
	buf, held := make([]byte, 1<<20), 0
	for {
		n, err := c.conn.Read(buf[held:])
		if err != nil {
			return
		}
		held += n
		used := 0
		for {
			m, n, err := stream.Next(buf[used:held])
			used += n
			if m == nil {
				if err != nil || n == 0 {
					break
				}
				continue
			}
			c.take(m)
		}
		held = copy(buf, buf[used:held])
		if len(c.out) > 0 {
			c.write(string(c.out))
			c.out = c.out[:0]
		}
	}
}

func (c *Crowd) take(m sipmsg.Message) {
	c.mu.Lock()
	p := c.calls[m.Head().CallID()]
	c.mu.Unlock()
	switch m := m.(type) {
	case *sipmsg.Response:
		if m.Status >= 200 && p != nil {
			p.answers <- m
		}
	case *sipmsg.Request:
		if m.Method == sipmsg.ACK {
			return
		}
		c.out = sipmsg.NewResponse(m, 200, "").Append(c.out)
		if p != nil && len(m.Body) > 0 {
			select {
			case p.notified <- len(m.Body):
			default: // nobody counts them
			}
		}
	}
}

// line returns what stands in the line that begins with prefix.
func line(text, prefix string) (string, bool) {
	for l := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(l, prefix); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}
