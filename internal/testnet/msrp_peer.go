package testnet

import (
	"bytes"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// MSRPPeer is one MSRP connection that writes what it is told. It is for one
// goroutine.
type MSRPPeer struct {
	tb     testing.TB
	conn   net.Conn
	Own    string // path of this side
	Remote string // path of the other side

	decoder *msrpwire.Decoder
	unread  []byte
	early   []MSRPMessage // read and not handed out
	tid     int
}

// MSRPMessage is a message, or a chunk of one, as it came in.
type MSRPMessage struct {
	TID, Method string
	Status      int
	To, From    string
	MessageID   string
	ContentType string
	Fields      map[string]string
	Range       msrpwire.Range
	Report      int // status in a REPORT
	Body        []byte
	Flag        msrpwire.Flag
}

// DialMSRP connects to where remote, an MSRP URI, leads. Own is the URI of this
// side. The connection is closed when the test ends.
func DialMSRP(tb testing.TB, own, remote string) *MSRPPeer {
	tb.Helper()
	uri, err := msrpwire.ParseURI(remote)
	if err != nil {
		tb.Fatal(err)
	}
	address := net.JoinHostPort(uri.Host, strconv.Itoa(int(uri.Port)))
	conn, err := (&net.Dialer{}).DialContext(tb.Context(), "tcp", address)
	if err != nil {
		tb.Fatal(err)
	}
	return MSRPOn(tb, conn, own, remote)
}

// MSRPOn speaks MSRP on a connection, which is closed when the test ends. Every
// message is one Write.
func MSRPOn(tb testing.TB, conn net.Conn, own, remote string) *MSRPPeer {
	tb.Helper()
	tb.Cleanup(func() { _ = conn.Close() })
	return &MSRPPeer{tb: tb, conn: conn, Own: own, Remote: remote, decoder: msrpwire.NewDecoder(msrpwire.Limits{})}
}

// Close closes the connection.
func (p *MSRPPeer) Close() { _ = p.conn.Close() }

// Write sends octets as they are.
func (p *MSRPPeer) Write(octets string) {
	p.tb.Helper()
	if _, err := p.conn.Write([]byte(octets)); err != nil {
		p.tb.Fatal(err)
	}
}

// Chunk writes a request, with a Content-Type if there is a body to it, and
// returns its transaction identifier. Fields are "Name: value" and stand between
// the paths and the Content-Type.
func (p *MSRPPeer) Chunk(method, contentType, body string, flag msrpwire.Flag, fields ...string) string {
	p.tb.Helper()
	p.tid++
	tid := "tid" + strconv.Itoa(p.tid) + "x"
	var b strings.Builder
	b.WriteString("MSRP " + tid + " " + method + "\r\nTo-Path: " + p.Remote + "\r\nFrom-Path: " + p.Own + "\r\n")
	for _, f := range fields {
		b.WriteString(f + "\r\n")
	}
	if contentType != "" {
		b.WriteString("Content-Type: " + contentType + "\r\n\r\n" + body + "\r\n")
	}
	b.WriteString("-------" + tid + string(flag) + "\r\n")
	p.Write(b.String())
	return tid
}

// Send writes a whole message in one SEND, and returns its transaction
// identifier.
func (p *MSRPPeer) Send(id, contentType, body string, fields ...string) string {
	p.tb.Helper()
	n := strconv.Itoa(len(body))
	fields = append([]string{"Message-ID: " + id, "Byte-Range: 1-" + n + "/" + n}, fields...)
	return p.Chunk("SEND", contentType, body, msrpwire.Last, fields...)
}

// Bind sends a SEND without body, which ties the connection to the session, and
// waits for the answer. What comes before that is for Next.
func (p *MSRPPeer) Bind() {
	p.tb.Helper()
	tid := p.Chunk("SEND", "", "", msrpwire.Last, "Message-ID: bind1", "Byte-Range: 1-0/0")
	var early []MSRPMessage
	for m := p.Next(); ; m = p.Next() {
		if m.TID == tid && m.Status == 200 {
			break
		}
		if m.Method != "SEND" {
			p.tb.Fatalf("want 200 to the first SEND, got %d to %s", m.Status, m.TID)
		}
		early = append(early, m)
	}
	p.early = early
}

// Next returns the next message, and fails the test if none comes.
func (p *MSRPPeer) Next() MSRPMessage {
	p.tb.Helper()
	if len(p.early) > 0 {
		m := p.early[0]
		p.early = p.early[1:]
		return m
	}
	m, err := p.next()
	if err != nil {
		p.tb.Fatalf("reading an MSRP message: %v", err)
	}
	return m
}

// Expect returns the next message, which must be a response to tid with status.
func (p *MSRPPeer) Expect(tid string, status int) MSRPMessage {
	p.tb.Helper()
	m := p.Next()
	if m.TID != tid || m.Status != status {
		p.tb.Fatalf("want %d to %s, got %d to %s (%s %s)", status, tid, m.Status, m.TID, m.Method, m.Body)
	}
	return m
}

// Receive returns the next message, which must be a SEND, and answers it.
func (p *MSRPPeer) Receive() MSRPMessage {
	p.tb.Helper()
	m := p.Next()
	if m.Method != "SEND" {
		p.tb.Fatalf("want a SEND, got %s %d %s", m.Method, m.Status, m.TID)
	}
	p.Answer(m, 200)
	return m
}

// Answer answers a SEND.
func (p *MSRPPeer) Answer(m MSRPMessage, status int) {
	p.tb.Helper()
	p.Write("MSRP " + m.TID + " " + strconv.Itoa(status) + " .\r\nTo-Path: " + m.From + "\r\nFrom-Path: " + m.To +
		"\r\n-------" + m.TID + "$\r\n")
}

// Closed fails the test unless the other side closes the connection; what comes
// before is dropped.
func (p *MSRPPeer) Closed() {
	p.tb.Helper()
	p.Rest()
}

// Rest returns what comes until the other side closes the connection, which it must.
func (p *MSRPPeer) Rest() []MSRPMessage {
	p.tb.Helper()
	var rest []MSRPMessage
	for {
		m, err := p.next()
		if err == nil {
			rest = append(rest, m)
			continue
		}
		if bad, ok := err.(net.Error); ok && bad.Timeout() { //nolint:errorlint // as the connection returns it
			p.tb.Fatal("the connection stays open")
		}
		return rest
	}
}

func (p *MSRPPeer) next() (MSRPMessage, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(Patience)); err != nil {
		return MSRPMessage{}, err
	}
	var m MSRPMessage
	buf := make([]byte, 16384)
	for {
		ev, n, err := p.decoder.Next(p.unread)
		if err != nil {
			return m, err
		}
		switch ev {
		case msrpwire.GotHead:
			m = describe(p.decoder.Head())
		case msrpwire.GotBody:
			m.Body = append(m.Body, p.unread[:n]...)
		case msrpwire.GotEnd:
			m.Flag = p.decoder.Flag()
			p.unread = p.unread[n:]
			return m, nil
		case msrpwire.NeedMore:
			p.unread = bytes.Clone(p.unread[n:])
			got, err := p.conn.Read(buf)
			p.unread = append(p.unread, buf[:got]...)
			if err != nil && got == 0 {
				return m, err
			}
			continue
		}
		p.unread = p.unread[n:]
	}
}

func describe(h *msrpwire.Head) MSRPMessage {
	m := MSRPMessage{
		TID: string(h.TID), Method: string(h.Method), Status: h.Status,
		To: string(h.ToPath), From: string(h.FromPath), MessageID: string(h.MessageID),
		ContentType: string(h.ContentType), Range: h.ByteRange, Report: h.ReportStatus.Code,
		Fields: make(map[string]string),
	}
	for _, f := range h.Fields {
		m.Fields[string(f.Name)] = string(f.Value)
	}
	return m
}

// Share makes another session on the same connection. Writing goes either way;
// only p reads.
func (p *MSRPPeer) Share(own, remote string) *MSRPPeer {
	q := *p
	q.Own, q.Remote = own, remote
	q.tid += 1000
	return &q
}
