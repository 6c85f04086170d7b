package transport

import (
	"bytes"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/websocket/wsframe"
)

// partial is a WebSocket message whose last frame is still to come.
type partial struct {
	open    bool
	text    bool
	payload []byte
}

// closedError says that the peer has sent a Close frame with a code.
type closedError struct{ code uint16 }

func (*closedError) Error() string { return errPeerClosed.Error() }

// consumeFrames handles, in order, the frames that are complete in the buffer.
func (in *inbox) consumeFrames() error {
	limit := in.s.layer.cfg.Limits.Message()
	for in.start < in.end {
		rest := in.buf[in.start:in.end]
		h, n, err := in.s.role().Parse(rest, limit)
		if errors.Is(err, wsframe.ErrIncomplete) || err == nil && len(rest) < n+h.Length {
			return nil
		}
		if err != nil {
			return err
		}
		payload := rest[n : n+h.Length]
		in.start += n + h.Length
		if h.Masked {
			wsframe.XOR(payload, h.Mask)
		}
		if err := in.frame(h, payload, limit); err != nil {
			return err
		}
		if !in.partial.open {
			in.began = time.Time{}
		}
	}
	return nil
}

// frame acts on one frame; an error ends the connection.
func (in *inbox) frame(h wsframe.Header, payload []byte, limit int) error {
	p := &in.partial
	switch h.Opcode {
	case wsframe.Ping:
		// RFC 6455 §5.5.2, RFC 7118 §6: answered at once, with the same octets. [COM-17]
		in.s.put(wsframe.Pong, rendered{head: payload}, nil)
		return nil
	case wsframe.Pong:
		in.keepAlive.pinged = time.Time{}
		return nil
	case wsframe.Close:
		code, _, err := wsframe.ParseClose(payload)
		if err != nil {
			return err
		}
		return &closedError{code}
	case wsframe.Continuation:
		if !p.open {
			return &wsframe.Error{Code: wsframe.ProtocolError, Problem: "continuation of nothing"}
		}
		if len(p.payload)+len(payload) > limit {
			return &wsframe.Error{Code: wsframe.TooBig, Problem: "message too large"}
		}
		if err := in.hold(payload); err != nil || !h.Final {
			return err
		}
		payload, h.Opcode = p.payload, wsframe.Binary
		if p.text {
			h.Opcode = wsframe.Text
		}
		in.release()
	default:
		if p.open {
			return &wsframe.Error{Code: wsframe.ProtocolError, Problem: "message within another"}
		}
		if !h.Final {
			p.open, p.text = true, h.Opcode == wsframe.Text
			return in.hold(payload)
		}
	}
	return in.message(payload, h.Opcode == wsframe.Text)
}

// hold keeps a fragment, on the account of all connections. [SEC-02]
func (in *inbox) hold(payload []byte) error {
	l := in.s.layer
	if l.partial.Add(int64(len(payload))) > int64(l.cfg.Partial) {
		l.partial.Add(-int64(len(payload)))
		l.count.partialRefused.Add(1)
		return errHalfMessages
	}
	in.partial.payload = append(in.partial.payload, payload...)
	return nil
}

// release gives up the fragments held.
func (in *inbox) release() {
	in.s.layer.partial.Add(-int64(len(in.partial.payload)))
	in.partial = partial{}
}

// message acts on a whole WebSocket message, text or binary, which is one SIP
// message or a keep-alive (RFC 7118 §5). [COM-03] [COM-15]
func (in *inbox) message(octets []byte, text bool) error {
	if text && !utf8.Valid(octets) {
		return &wsframe.Error{Code: wsframe.InvalidData, Problem: "text that is no UTF-8"}
	}
	if len(bytes.Trim(octets, "\r\n")) == 0 {
		in.lineEnds(octets)
		return nil
	}
	in.keepAlive.crlfs = 0
	l, src := in.s.layer, in.s.source()
	l.tap(in.s.flow, false, in.s.flow.remote, octets)
	m, err := sipmsg.ParseDatagram(octets, l.cfg.Limits)
	if err != nil {
		l.malformed(m, err, src) // the next frame is sound, whatever this one was
		return nil
	}
	l.deliver(m, src)
	return nil
}

// enqueue puts a message into the queue as it goes over the connection: a WebSocket
// peer gets each in a frame of its own, as text where it is that. The caller holds s.mu.
func (s *stream) enqueue(op wsframe.Opcode, m rendered) {
	if s.out.flat == nil {
		s.out.flat = s.layer.buffers.take()
	}
	if s.frames {
		s.out.flat = s.role().Append(s.out.flat, op, m.head)
		return
	}
	s.out.append(m.head)
	s.out.append(m.body)
}

// role is which side of a WebSocket this one is.
func (s *stream) role() wsframe.Role { return wsframe.Role(s.flow.dialed) }

// closing notes the code of the Close frame that ends the connection.
func (s *stream) closing(code uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.goodbye = code
}

// appendClose queues the Close frame. The caller holds s.mu.
func (s *stream) appendClose() {
	code := s.goodbye
	if code == 0 {
		code = wsframe.GoingAway
	}
	s.enqueue(wsframe.Close, rendered{head: wsframe.ClosePayload(code)})
}

// ping sends a keep-alive.
func (s *stream) ping() {
	if s.frames {
		s.put(wsframe.Ping, rendered{}, nil)
		return
	}
	s.put(wsframe.Text, rendered{head: []byte("\r\n\r\n")}, nil)
}
