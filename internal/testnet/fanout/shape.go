package fanout

import (
	"fmt"
	"strings"
	"testing"
)

// Shape is who talks to whom in a comparison.
type Shape struct {
	Rooms   int
	Members int // of each room
	Senders int // those of them who send
	Octets  int // of a message, its wrapper included
}

// receivers is how many get a message.
func (s Shape) receivers() int { return s.Members - 1 }

// sender is the number, among all senders, of who sends the i-th message.
func (s Shape) sender(i int) int { return i%s.Rooms*s.Senders + i/s.Rooms%s.Senders }

// numbers are what a process is told of the shape.
func (s Shape) numbers() []int { return []int{s.Rooms, s.Members, s.Senders, s.Octets} }

func shapeOf(numbers []int) Shape {
	return Shape{Rooms: numbers[0], Members: numbers[1], Senders: numbers[2], Octets: numbers[3]}
}

// RunServer has users join the conferences of a whole server by SIP, and compares
// it with a bare one. Room returns the URI of a conference, text is how long a
// message is. Media, unless it is empty, is where the MSRP listener is, which paths
// do not tell of WebSocket.
func RunServer(b *testing.B, s *Server, media string, shape Shape, room func(i int) string, text int) {
	b.Helper()
	ours, shape := crowded(b, s, media, shape, room, text)
	compare(b, s.over, shape, ours)
}

// crowded has users join the conferences of a server. The shape is told how long
// their messages are.
func crowded(b *testing.B, s *Server, media string, shape Shape, room func(i int) string, text int) (*side, Shape) {
	b.Helper()
	ours := &side{Server: s}
	var senders []func() error
	for r := range shape.Rooms {
		c := NewCrowd(b, s.Address(), room(r), shape.receivers())
		c.server, c.listener = s, media
		ours.flows = append(ours.flows, c.flow)
		for i := range shape.Members {
			m, err := c.Join(fmt.Sprintf("user%d.%d", r, i), false)
			if err != nil {
				b.Fatal(err)
			}
			if i < shape.Senders {
				body := m.wrap(strings.Repeat("x", text))
				shape.Octets = len(body)
				senders = append(senders, func() error { return m.Say(body) })
			}
		}
	}
	ours.send = func(i int) error { return senders[shape.sender(i)]() }
	return ours, shape
}

// wrap makes a message of a text.
func (m *Member) wrap(text string) []byte {
	return []byte("From: <sip:" + m.name + "@example.test>\r\nTo: <" + m.crowd.uri + ">\r\nDateTime: 2026-01-02T15:04:05Z\r\n\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text)
}
