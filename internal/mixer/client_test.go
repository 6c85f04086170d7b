package mixer_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// frame is what a client has received.
type frame struct {
	method   msrpwire.Method
	status   int
	id       string // Message-ID
	seq      string // Room-Seq
	history  string // Room-History
	from, to string // paths
	success  bool
	failure  msrpwire.FailureReport
	report   int // Status of a REPORT
	rng      msrpwire.Range
	body     string
	head     msrpwire.Head // what an answer needs
}

// client is one endpoint as the mixer sees it: octets on a connection. Every
// SEND that it gets is answered well, unless it is mute.
type client struct {
	house  *house
	id     conference.EndpointID
	user   string
	wishes wishes
	leg    *mixer.Leg
	lost   chan error

	path, room string // its session and the leg's
	port       int
	version    int
	sessions   int

	nc        net.Conn
	ended     chan struct{} // the connection is closed
	mute      atomic.Bool
	copies    chan frame
	responses chan frame
	reports   chan frame
	count     int
}

func newClient(h *house, id conference.EndpointID, w wishes) *client {
	c := &client{
		house: h, id: id, wishes: w, lost: make(chan error, 4), port: 2855,
		copies: make(chan frame, 1<<14), responses: make(chan frame, 1<<10), reports: make(chan frame, 1<<10),
	}
	c.move()
	return c
}

// move gives the client another session URI.
func (c *client) move() {
	c.sessions++
	c.path = fmt.Sprintf("msrp://127.0.0.1:2855/%s-%d;tcp", c.id, c.sessions)
}

// use reads from a connection until it ends.
func (c *client) use(nc net.Conn) {
	c.nc, c.ended = nc, make(chan struct{})
	ended := c.ended
	go func() {
		defer close(ended)
		c.read(nc)
	}()
	c.house.t.Cleanup(func() {
		_ = nc.Close()
		<-ended
	})
}

func (c *client) read(nc net.Conn) {
	dec := msrpwire.NewDecoder(msrpwire.Limits{})
	buf, held := make([]byte, 64<<10), 0
	var body []byte
	for {
		n, end := nc.Read(buf[held:])
		held += n
		used := 0
		for {
			ev, n, err := dec.Next(buf[used:held])
			if err != nil {
				c.house.t.Errorf("%s reads: %v", c.id, err)
				return
			}
			if ev == msrpwire.GotBody {
				body = append(body, buf[used:used+n]...)
			}
			used += n
			if ev == msrpwire.NeedMore {
				break
			}
			if ev == msrpwire.GotEnd {
				if !c.took(nc, dec.Head(), string(body)) {
					return
				}
				body = body[:0]
			}
		}
		held = copy(buf, buf[used:held])
		if end != nil {
			return
		}
	}
}

func (c *client) took(nc net.Conn, h *msrpwire.Head, body string) bool {
	f := frame{
		method: h.Method, status: h.Status, id: string(h.MessageID), seq: string(h.Field("Room-Seq")), history: string(h.Field("Room-History")),
		from: string(h.FromPath), to: string(h.ToPath), success: h.SuccessReport, failure: h.FailureReport,
		report: h.ReportStatus.Code, rng: h.ByteRange, body: body,
		head: msrpwire.Head{
			Method: h.Method, TID: slices.Clone(h.TID), ToPath: slices.Clone(h.ToPath), FromPath: slices.Clone(h.FromPath),
		},
	}
	switch {
	case !h.IsRequest():
		c.responses <- f
	case h.Method == msrpwire.REPORT:
		c.reports <- f
	default:
		var err error
		if !c.mute.Load() && h.WantsResponse(200) {
			_, err = nc.Write(msrpwire.AppendResponse(nil, h, 200, ""))
		}
		if h.HasBody { // else it only keeps the connection alive
			c.copies <- f // answered: what is written from now on comes behind
		}
		return err == nil
	}
	return true
}

func (c *client) write(s string) {
	c.house.t.Helper()
	if _, err := c.nc.Write([]byte(s)); err != nil {
		c.house.t.Fatal(err)
	}
}

// part is a SEND or a part of one.
type part struct {
	to, path string // default: the room, and the client's
	fields   string // further header lines
	id       string // Message-ID; default: a fresh one
	rng      string // Byte-Range; default: none
	kind     string // Content-Type; default: message/cpim
	body     string
	empty    bool // no body
	flag     string
}

// put writes a SEND.
func (c *client) put(p part) {
	c.house.t.Helper()
	c.count++
	tid := fmt.Sprintf("%s.%d", c.id, c.count)
	if p.id == "" {
		p.id = "m" + tid
	}
	var b strings.Builder
	fmt.Fprintf(&b, "MSRP %s SEND\r\nTo-Path: %s\r\nFrom-Path: %s\r\nMessage-ID: %s\r\n", tid,
		or(p.to, c.room), or(p.path, c.way()), p.id)
	if p.rng != "" {
		fmt.Fprintf(&b, "Byte-Range: %s\r\n", p.rng)
	}
	if p.fields != "" {
		b.WriteString(p.fields + "\r\n")
	}
	if !p.empty {
		fmt.Fprintf(&b, "Content-Type: %s\r\n\r\n%s\r\n", or(p.kind, "message/cpim"), p.body)
	}
	fmt.Fprintf(&b, "-------%s%s\r\n", tid, or(p.flag, "$"))
	c.write(b.String())
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

// status expects the next response.
func (c *client) status(want int) {
	c.house.t.Helper()
	if f := wait(c.house.t, c.responses, "response"); f.status != want {
		c.house.t.Errorf("%s: status %d, want %d", c.id, f.status, want)
	}
}

// try writes a SEND and expects its answer.
func (c *client) try(p part, want int) {
	c.house.t.Helper()
	c.put(p)
	c.status(want)
}

// probe writes a bodiless SEND: nothing else was answered before it.
func (c *client) probe() {
	c.house.t.Helper()
	c.try(part{empty: true}, 200)
}

func (c *client) bind() { c.house.t.Helper(); c.probe() }

// say sends text to everybody.
func (c *client) say(text string) {
	c.house.t.Helper()
	c.try(part{body: c.text(lobby, text)}, 200)
}

// text is a message of the client.
func (c *client) text(to, text string) string { return wrap(c.user, to, "text/plain", text) }

func wrap(from, to, kind, text string) string {
	return "From: <" + from + ">\r\nTo: <" + to + ">\r\nDateTime: 2026-11-01T12:00:00Z\r\n\r\nContent-Type: " + kind + "\r\n\r\n" + text
}

// hears expects the next copy.
func (c *client) hears(body string) frame {
	c.house.t.Helper()
	f := wait(c.house.t, c.copies, "copy")
	if f.body != body {
		c.house.t.Errorf("%s heard %.600q, want %.600q", c.id, f.body, body)
	}
	return f
}

// notice expects a text of the mixer.
func (c *client) notice(text string) {
	c.house.t.Helper()
	f := wait(c.house.t, c.copies, "notice")
	if !strings.HasPrefix(f.body, "From: <"+lobby+">\r\nTo: <"+lobby+">\r\nDateTime: ") ||
		!strings.HasSuffix(f.body, "\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+text) || f.failure != msrpwire.FailureNo || f.seq != "" {
		c.house.t.Errorf("%s heard %+v, want the notice %q", c.id, f, text)
	}
}

// quiet checks that nothing has come to the clients but what they have heard:
// the speaker says something, and that is the next they hear.
func quiet(t *testing.T, speaker *client, listeners ...*client) {
	t.Helper()
	speaker.say("the end")
	for _, l := range listeners {
		l.hears(speaker.text(lobby, "the end"))
	}
}

func rangeOf(start, end, total int) string { return fmt.Sprintf("%d-%d/%d", start, end, total) }

// answer answers a copy that came to a mute client.
func (c *client) answer(f frame, status int) {
	c.house.t.Helper()
	c.write(string(msrpwire.AppendResponse(nil, &f.head, status, "")))
}

// pause lets the time of a synctest bubble pass.
func pause(d time.Duration) { <-time.After(d) }
