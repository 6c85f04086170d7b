package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// soakLine is a SIP connection that the users of a conference share, as if it
// were that of their proxy.
type soakLine struct {
	*testnet.SIPPeer

	mu    sync.Mutex
	calls map[string]*soakCall // by Call-ID
}

// soakCall is a dialog of a user's.
type soakCall struct {
	*testnet.Dialog
	line      *soakLine
	responses chan *sipmsg.Response
}

func newSoakLine(r *rig) *soakLine {
	l := &soakLine{SIPPeer: r.dial("tcp"), calls: make(map[string]*soakCall)}
	return l
}

// read serves the connection until it is closed.
func (l *soakLine) read() {
	for {
		m, err := l.Poll(time.Hour)
		if err != nil {
			return
		}
		switch m := m.(type) {
		case *sipmsg.Request:
			if m.Method != sipmsg.ACK {
				l.Send(sipmsg.NewResponse(m, 200, ""))
			}
		case *sipmsg.Response:
			l.mu.Lock()
			c := l.calls[m.Header.CallID()]
			l.mu.Unlock()
			if c == nil || m.Status < 200 {
				continue
			}
			select {
			case c.responses <- m:
			default: // repeated too often
			}
		}
	}
}

func (l *soakLine) call(from, to string) *soakCall {
	c := &soakCall{Dialog: l.Dialog(from, to), line: l, responses: make(chan *sipmsg.Response, 16)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[c.CallID] = c
	return c
}

// done forgets a call.
func (c *soakCall) done() {
	c.line.mu.Lock()
	defer c.line.mu.Unlock()
	delete(c.line.calls, c.CallID)
}

// ask sends a request and waits for its 200. Those of earlier ones may be there
// again.
func (c *soakCall) ask(req *sipmsg.Request) (*sipmsg.Response, error) {
	c.line.Send(req)
	patience := time.NewTimer(testnet.Patience)
	defer patience.Stop()
	for {
		select {
		case resp := <-c.responses:
			if resp.Header.Value("CSeq") != req.Header.Value("CSeq") {
				continue
			}
			if resp.Status != 200 {
				return nil, fmt.Errorf("%s: %d %s", req.Method, resp.Status, resp.Reason)
			}
			return resp, nil
		case <-patience.C:
			return nil, fmt.Errorf("%s: no answer", req.Method)
		}
	}
}

// soakDial connects a media session with buffers of a size.
func soakDial(ctx context.Context, address string, buffer int) (*net.TCPConn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil, errors.New("no TCP connection")
	}
	return tcp, tcp.SetReadBuffer(buffer)
}
