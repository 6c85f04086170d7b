package flow

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/websocket/wsframe"
)

// socket is the client's side of a WebSocket after its handshake: each Write is a text
// message, and what comes in is one stream.
type socket struct {
	net.Conn
	frames, text []byte // read and not taken
}

func (s *socket) Write(b []byte) (int, error) {
	_, err := s.Conn.Write(wsframe.AppendFrame(nil, wsframe.Text, b, &[4]byte{1, 2, 3, 4}))
	return len(b), err
}

func (s *socket) Read(b []byte) (int, error) {
	for len(s.text) == 0 {
		h, n, err := wsframe.Client.Parse(s.frames, 1<<20)
		switch {
		case errors.Is(err, wsframe.ErrIncomplete) || err == nil && len(s.frames) < n+h.Length:
			got, lost := s.Conn.Read(b)
			if s.frames = append(s.frames, b[:got]...); lost != nil {
				return 0, lost
			}
			continue
		case err != nil:
			return 0, err
		case h.Opcode == wsframe.Close:
			return 0, io.EOF
		case h.Opcode != wsframe.Ping && h.Opcode != wsframe.Pong:
			s.text = append(s.text, s.frames[n:n+h.Length]...)
		}
		s.frames = s.frames[n+h.Length:]
	}
	n := copy(b, s.text)
	s.text = s.text[n:]
	return n, nil
}

// knock writes the handshake of a step, as it stands.
func (a *actor) knock(s *step, w words) error {
	text := w.expand(strings.Join(append([]string{s.what}, s.lines...), "\r\n")) + "\r\n\r\n"
	_, err := a.web.Write([]byte(text))
	return err
}

// opened reads the answer to the handshake and holds it against a step.
func (a *actor) opened(s *step, w words) error {
	if err := a.web.SetReadDeadline(time.Now().Add(testnet.Patience)); err != nil {
		return err
	}
	var text []byte
	for octet := make([]byte, 1); !strings.HasSuffix(string(text), "\r\n\r\n"); text = append(text, octet[0]) {
		if _, err := io.ReadFull(a.web, octet); err != nil { // no more than this: frames follow
			return fmt.Errorf("%w after:\n%s", err, text)
		}
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\r\n\r\n"), "\r\n")
	var h sipmsg.Header
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		h.Fields = append(h.Fields, sipmsg.Field{Name: name, Value: value})
	}
	if !w.fits(s.what, lines[0]) {
		return fmt.Errorf("another answer:\n%s", text)
	}
	return headers(s.lines, &h, w)
}
