package relay

import (
	"context"
	"crypto/md5" //nolint:gosec // RFC 4976 §9.1
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Relay is a running relay. Fields may be set before its first client.
type Relay struct {
	URI      msrpwire.URI // without session-id
	Password string       // of everybody
	Expires  int          // of what is handed out, in seconds
	Refusals []string     // status lines with fields behind, each the answer to one AUTH before others

	tb    testing.TB
	group sync.WaitGroup

	mu     sync.Mutex
	conns  map[string]*conn // by what leads to them: a URI handed out, or that of another endpoint
	all    []*conn
	log    []string
	nonces int
	closed bool
}

// Start runs a relay on the loopback, under host in its URIs, until the test ends.
func Start(tb testing.TB, host string, cfg *tls.Config) *Relay {
	tb.Helper()
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	a, ok := ln.Addr().(*net.TCPAddr)
	if !ok {
		tb.Fatal("no TCP address")
	}
	r := &Relay{
		URI: msrpwire.URI{Secure: true, Host: host, Port: a.AddrPort().Port(), Transport: "tcp"}, Password: "secret",
		Expires: 600, tb: tb, conns: make(map[string]*conn),
	}
	r.group.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			r.serve(tls.Server(nc, cfg))
		}
	})
	tb.Cleanup(func() {
		_ = ln.Close()
		r.mu.Lock()
		r.closed = true
		for _, c := range r.all {
			_ = c.nc.Close()
		}
		r.mu.Unlock()
		r.group.Wait()
	})
	return r
}

// Log returns the start lines of what clients have sent, without identifiers.
func (r *Relay) Log() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log)
}

// Cut closes all connections.
func (r *Relay) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.all {
		_ = c.nc.Close()
	}
}

// conn is a connection of the relay.
type conn struct {
	r  *Relay
	nc net.Conn
	mu sync.Mutex
}

func (r *Relay) serve(nc net.Conn) *conn {
	c := &conn{r: r, nc: nc}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		_ = nc.Close()
		return c
	}
	r.all = append(r.all, c)
	r.group.Go(c.read)
	return c
}

func (c *conn) read() {
	dec := msrpwire.NewDecoder(msrpwire.Limits{})
	var held, body []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := c.nc.Read(buf)
		held = append(held, buf[:n]...)
		for {
			ev, n, wrong := dec.Next(held)
			if wrong != nil {
				_ = c.nc.Close()
				return
			}
			if ev == msrpwire.GotBody {
				body = append(body, held[:n]...)
			}
			if ev == msrpwire.GotEnd {
				c.handle(dec.Head(), body, dec.Flag())
				body = nil
			}
			held = held[n:]
			if ev == msrpwire.NeedMore {
				break
			}
		}
		held = slices.Clone(held)
		if err != nil {
			return
		}
	}
}

func (c *conn) write(h *msrpwire.Head, body []byte, flag msrpwire.Flag) {
	b, err := h.Append(nil)
	if err != nil {
		c.r.tb.Errorf("relay: %v", err)
		return
	}
	b = msrpwire.AppendEnd(append(b, body...), h.TID, flag, h.HasBody)
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.nc.Write(b)
}

// handle serves a message.
func (c *conn) handle(h *msrpwire.Head, body []byte, flag msrpwire.Flag) {
	to := strings.Fields(string(h.ToPath))
	if h.IsRequest() {
		c.r.mu.Lock()
		c.r.log = append(c.r.log, string(h.Method)+" "+string(h.ToPath))
		c.r.mu.Unlock()
	}
	if h.Method == msrpwire.AUTH && len(to) == 1 {
		c.auth(h)
		return
	}
	if len(to) < 2 {
		return // a response to what the relay has forwarded
	}
	if h.Method == msrpwire.SEND {
		c.mu.Lock()
		_, _ = c.nc.Write(msrpwire.AppendResponse(nil, h, msrpwire.StatusOK, ""))
		c.mu.Unlock()
	}
	next := c.r.hop(to[1])
	if next == nil {
		return
	}
	c.r.mu.Lock()
	if from := string(h.FromPath.First()); c.r.conns[from] == nil {
		c.r.conns[from] = c // responses and later requests go back on it
	}
	c.r.mu.Unlock()
	out := *h
	out.ToPath = msrpwire.Path(strings.Join(to[1:], " "))
	out.FromPath = msrpwire.Path(to[0] + " " + string(h.FromPath))
	next.write(&out, body, flag)
}

// hop finds or opens the connection that leads to a URI.
func (r *Relay) hop(uri string) *conn {
	r.mu.Lock()
	c := r.conns[uri]
	r.mu.Unlock()
	if c != nil {
		return c
	}
	u, err := msrpwire.ParseURI(uri)
	if err != nil {
		return nil
	}
	nc, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", net.JoinHostPort(u.Host, fmt.Sprint(u.Port)))
	if err != nil {
		return nil
	}
	if u.Secure {
		nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a test's
	}
	c = r.serve(nc)
	r.mu.Lock()
	r.conns[uri] = c
	r.mu.Unlock()
	return c
}

// auth answers an AUTH.
func (c *conn) auth(h *msrpwire.Head) {
	out := msrpwire.Head{TID: h.TID, Status: 200, Comment: []byte("OK"), ToPath: h.FromPath, FromPath: h.ToPath}
	field := func(name, value string) {
		out.Fields = append(out.Fields, msrpwire.Field{Name: []byte(name), Value: []byte(value)})
	}
	r := c.r
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case len(r.Refusals) > 0:
		line, rest, _ := strings.Cut(r.Refusals[0], "\n")
		r.Refusals = r.Refusals[1:]
		_, _ = fmt.Sscanf(line, "%d", &out.Status)
		out.Comment = nil
		if name, value, ok := strings.Cut(rest, ": "); ok {
			field(name, value)
		}
	case !r.proves(h):
		r.nonces++
		out.Status, out.Comment = 401, []byte("Unauthorized")
		field("WWW-Authenticate", fmt.Sprintf(`Digest realm="relay", nonce="n%d", qop="auth"`, r.nonces))
	default:
		mine := r.URI
		mine.SessionID = msrpwire.NewSessionID()
		own := strings.Fields(string(h.FromPath)) // of the client, in front of it relays that it came through
		use := mine.String()
		for _, u := range own[:len(own)-1] {
			use = u + " " + use
		}
		field("Use-Path", use)
		field("Expires", fmt.Sprint(r.Expires))
		r.conns[mine.String()], r.conns[own[0]] = c, c
	}
	c.write(&out, nil, msrpwire.Last)
}

// proves reports whether the request has the right digest. Called with mu held.
func (r *Relay) proves(h *msrpwire.Head) bool {
	p := map[string]string{}
	_, params, _ := strings.Cut(string(h.Field("Authorization")), " ")
	for part := range strings.SplitSeq(params, ", ") {
		name, value, _ := strings.Cut(part, "=")
		p[name] = strings.Trim(value, `"`)
	}
	hash := func(s string) string {
		sum := md5.Sum([]byte(s)) //nolint:gosec // see the import
		return hex.EncodeToString(sum[:])
	}
	a1, a2 := hash(p["username"]+":relay:"+r.Password), hash("AUTH:"+string(h.ToPath.Last()))
	return p["response"] == hash(a1+":"+p["nonce"]+":"+p["nc"]+":"+p["cnonce"]+":auth:"+a2)
}
