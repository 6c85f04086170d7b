package msrp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// frame is a message as a peer sees it.
type frame struct {
	msrpwire.Head
	body []byte
	flag msrpwire.Flag
	end  error // the connection ended instead
}

// rawPeer speaks to an endpoint octet by octet and keeps what comes back.
type rawPeer struct {
	t      *testing.T
	nc     net.Conn
	frames chan frame
	count  int
}

// newPeer connects to ep, by a pipe if network is "pipe".
func newPeer(t *testing.T, ep *Endpoint, network string) *rawPeer {
	t.Helper()
	var near net.Conn
	if network == "pipe" {
		var far net.Conn
		near, far = net.Pipe()
		if err := ep.ServeConn(far); err != nil {
			t.Fatal(err)
		}
	} else {
		near = dial(t, ep.address(false).String())
	}
	return peerOn(t, near)
}

func peerOn(t *testing.T, nc net.Conn) *rawPeer {
	t.Helper()
	p := &rawPeer{t: t, nc: nc, frames: make(chan frame, 4096)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.read()
	}()
	t.Cleanup(func() {
		_ = nc.Close()
		<-done
	})
	return p
}

func (p *rawPeer) read() {
	dec := msrpwire.NewDecoder(msrpwire.Limits{})
	buf, held := make([]byte, 64<<10), 0
	var body []byte
	for {
		n, err := p.nc.Read(buf[held:])
		held += n
		used := 0
		for more := held > 0; more; {
			ev, n, wrong := dec.Next(buf[used:held])
			switch {
			case wrong != nil:
				p.frames <- frame{end: wrong}
				return
			case ev == msrpwire.GotBody:
				body = append(body, buf[used:used+n]...)
			case ev == msrpwire.GotEnd:
				p.took(dec, body)
				body = nil
			}
			used += n
			more = ev != msrpwire.NeedMore
		}
		held = copy(buf, buf[used:held])
		if err != nil {
			p.frames <- frame{end: err}
			return
		}
	}
}

// closeWrite ends the peer's direction of a TCP connection.
func (p *rawPeer) closeWrite() {
	p.t.Helper()
	nc, ok := p.nc.(*net.TCPConn)
	if !ok || nc.CloseWrite() != nil {
		p.t.Fatal("cannot end this direction")
	}
}

// reset breaks a TCP connection without an orderly end.
func (p *rawPeer) reset() {
	p.t.Helper()
	nc, ok := p.nc.(*net.TCPConn)
	if !ok || nc.SetLinger(0) != nil || nc.Close() != nil {
		p.t.Fatal("cannot reset")
	}
}

func (p *rawPeer) took(dec *msrpwire.Decoder, body []byte) {
	h := *dec.Head()
	asked := keep(&h)
	kept := asked.head()
	kept.Status, kept.Comment = h.Status, []byte(string(h.Comment))
	kept.ByteRange, kept.HasBody, kept.ReportStatus = h.ByteRange, h.HasBody, h.ReportStatus
	kept.ContentType = []byte(string(h.ContentType))
	for _, f := range h.Fields {
		kept.Fields = append(kept.Fields, msrpwire.Field{Name: []byte(string(f.Name)), Value: []byte(string(f.Value))})
	}
	p.frames <- frame{Head: kept, body: body, flag: dec.Flag()}
}

func (p *rawPeer) write(s string) {
	p.t.Helper()
	if _, err := io.WriteString(p.nc, s); err != nil {
		p.t.Fatalf("write: %v", err)
	}
}

// next is the next frame; it fails the test if the connection ends.
func (p *rawPeer) next() frame {
	p.t.Helper()
	f := wait(p.t, p.frames, "frame")
	if f.end != nil {
		p.t.Fatalf("connection ended: %v", f.end)
	}
	return f
}

// status expects a response with that status, and says which.
func (p *rawPeer) status(want int) {
	p.t.Helper()
	if f := p.next(); f.Status != want {
		p.t.Fatalf("got %s %d %s, want response %d", f.Method, f.Status, f.Comment, want)
	}
}

// ended expects the connection to end.
func (p *rawPeer) ended() {
	p.t.Helper()
	p.over(wait(p.t, p.frames, "end of connection"))
}

// over expects f to be the end of the connection.
func (p *rawPeer) over(f frame) {
	p.t.Helper()
	if f.end == nil {
		p.t.Fatalf("got %s %d %s, want the end of the connection", f.Method, f.Status, f.Comment)
	} else if !errors.Is(f.end, io.EOF) && !errors.Is(f.end, net.ErrClosed) && !errors.Is(f.end, io.ErrClosedPipe) {
		p.t.Fatalf("ended with %v", f.end)
	}
}

// silent expects that nothing has come.
func (p *rawPeer) silent() {
	p.t.Helper()
	select {
	case f := <-p.frames:
		p.t.Fatalf("got %s %d %s %v, want nothing", f.Method, f.Status, f.Comment, f.end)
	default:
	}
}

// answer responds to a request.
func (p *rawPeer) answer(f frame, status int) {
	p.t.Helper()
	p.write(string(msrpwire.AppendResponse(nil, &f.Head, status, "")))
}

// request renders a request to alice's session: fields are further header
// lines, body is left out if it is nil.
func (p *rawPeer) request(method, fields string, body []byte, flag string) string {
	return p.requestTo(roomURI, aliceURI, method, fields, body, flag)
}

func (p *rawPeer) requestTo(to, from, method, fields string, body []byte, flag string) string {
	p.count++
	tid := fmt.Sprintf("peer%04d", p.count)
	var b strings.Builder
	fmt.Fprintf(&b, "MSRP %s %s\r\nTo-Path: %s\r\nFrom-Path: %s\r\n", tid, method, to, from)
	for line := range strings.SplitSeq(fields, "\n") {
		if line != "" {
			b.WriteString(line + "\r\n")
		}
	}
	if body != nil {
		fmt.Fprintf(&b, "Content-Type: message/cpim\r\n\r\n%s\r\n", body)
	}
	fmt.Fprintf(&b, "-------%s%s\r\n", tid, flag)
	return b.String()
}

// send writes a SEND with content.
func (p *rawPeer) send(fields, body, flag string) {
	p.t.Helper()
	p.write(p.request("SEND", fields, []byte(body), flag))
}

// bind writes a bodiless SEND and expects its 200.
func (p *rawPeer) bind() {
	p.t.Helper()
	p.write(p.request("SEND", "Message-ID: bind\nByte-Range: 1-0/0", nil, "$"))
	p.status(200)
}

// probe expects that nothing comes before the answer to another SEND.
func (p *rawPeer) probe() {
	p.t.Helper()
	p.bind()
}

// example is an endpoint with alice's session and a peer that is bound to it.
func example(t *testing.T, cfg SessionConfig) (*Endpoint, *Session, *recorder, *rawPeer) {
	t.Helper()
	ep := newEndpoint(t, Config{KeepAlive: -1})
	s, h := exampleSession(t, ep, cfg)
	p := newPeer(t, ep, "pipe")
	p.bind()
	wait(t, h.bound, "bind")
	return ep, s, h, p
}

func exampleSession(t *testing.T, ep *Endpoint, cfg SessionConfig) (*Session, *recorder) {
	t.Helper()
	h, _ := cfg.Handler.(*recorder)
	if h == nil {
		h = exampleHandler()
		cfg.Handler = h
	}
	return fixedSession(t, ep, cfg, roomURI, aliceURI), h
}

// pause lets timers of a synctest bubble run for d.
func pause(d time.Duration) { <-time.After(d) }
