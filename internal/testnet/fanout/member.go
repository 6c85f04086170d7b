package fanout

import (
	"net"
	"strconv"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Peer returns the session URI of the i-th member.
func Peer(i int) string { return "msrp://127.0.0.1:9/member" + strconv.Itoa(i) + ";tcp" }

// member is an MSRP client that answers every SEND and counts it.
type member struct {
	nc       net.Conn
	to, from string
	sent     int
	flow     *flow
	bound    chan struct{}
	framed   bool // each message is a Write of its own
	numbered bool // what has no place in the conference, as a greeting, is not counted
}

// startMSRP connects the members of an MSRP server, which has written a line
// with its session URI for each. The first one sends body.
func startMSRP(s *Server, n int, body []byte) *side {
	room := newFlow(n - 1)
	var sender *member
	for i := range n {
		m := &member{nc: s.dial(), to: s.Line(), from: Peer(i), flow: room, bound: make(chan struct{}), framed: s.over == WebSocket}
		if i == 0 {
			sender = m
		}
		if err := m.send(nil); err != nil {
			s.b.Fatal(err)
		}
		bound := m.bound
		go m.read()
		<-bound
	}
	return &side{Server: s, flows: []*flow{room}, send: func(int) error { return sender.send(body) }}
}

// send writes a SEND, without body if that is nil.
func (m *member) send(body []byte) error {
	m.sent++
	size := int64(len(body))
	tid := []byte("load" + strconv.Itoa(m.sent))
	h := msrpwire.Head{
		TID: tid, Method: msrpwire.SEND, ToPath: msrpwire.Path(m.to), FromPath: msrpwire.Path(m.from),
		MessageID: []byte("id" + strconv.Itoa(m.sent)), ByteRange: msrpwire.Range{Start: 1, End: size, Total: size},
	}
	if body != nil {
		h.HasBody, h.ContentType = true, []byte("message/cpim")
	}
	frame, err := h.Append(nil)
	if err != nil {
		return err
	}
	frame = msrpwire.AppendEnd(append(frame, body...), tid, msrpwire.Last, h.HasBody)
	_, err = m.nc.Write(frame)
	return err
}

func (m *member) read() {
	var dec msrpwire.Decoder
	var out []byte
	buf, held, got := make([]byte, 32<<10), 0, 0
	for {
		n, err := m.nc.Read(buf[held:])
		if err != nil {
			return
		}
		held += n
		used, from := 0, got
		for {
			ev, n, err := dec.Next(buf[used:held])
			if err != nil {
				return
			}
			used += n
			if ev == msrpwire.NeedMore {
				break
			}
			if ev != msrpwire.GotEnd {
				continue
			}
			switch h := dec.Head(); {
			case h.IsRequest():
				out = msrpwire.AppendResponse(out, h, msrpwire.StatusOK, "")
				if !m.numbered || h.Field("Room-Seq") != nil {
					got++
				}
				if !m.framed {
					continue
				}
				if _, err := m.nc.Write(out); err != nil {
					return
				}
				out = out[:0]
			case m.bound != nil:
				close(m.bound)
				m.bound = nil
			}
		}
		held = copy(buf, buf[used:held])
		m.flow.received(from, got-from)
		if len(out) == 0 {
			continue
		}
		if _, err := m.nc.Write(out); err != nil {
			return
		}
		out = out[:0]
	}
}
