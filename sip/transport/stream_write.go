package transport

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/confab-chat/confab/websocket/wsframe"
)

// writeSize is how much one write call takes, so that the write deadline
// measures progress and not the length of the queue.
const writeSize = 64 << 10

// keepSize is the largest buffer that is kept for reuse.
const keepSize = 64 << 10

// outBuffers keeps flat output buffers between writes: a connection holds one
// only while it has output.
type outBuffers struct{ pool sync.Pool }

func (s *stream) write(m rendered, _ netip.Addr, _ netip.AddrPort, done func(error)) {
	var kind wsframe.Opcode
	if s.frames {
		m = rendered{head: m.octets()} // a frame is one piece
		kind = wsframe.KindOf(m.head)
	}
	s.put(kind, m, done)
}

// put queues a message; op counts for WebSocket only.
func (s *stream) put(op wsframe.Opcode, m rendered, done func(error)) {
	s.mu.Lock()
	err := s.cause
	queued := s.out.size() + s.busy
	switch {
	case s.phase == phaseFinishing:
		err = ErrClosed
	case s.phase == phaseClosed:
	case queued > 0 && queued+m.size() > s.layer.cfg.OutBuffer:
		// The policy of the queue: who does not read is cut.
		err = ErrSlow
	default:
		s.enqueue(op, m)
		if done != nil {
			s.sent = append(s.sent, done)
		}
		start := s.conn != nil && !s.writing
		s.writing = s.writing || start
		s.mu.Unlock()
		if start && !s.layer.start(s.flush) {
			s.end(ErrClosed)
		}
		return
	}
	cut := s.phase == phaseOpen
	s.mu.Unlock()
	if cut {
		s.layer.count.slow.Add(1)
		s.end(err)
	}
	if done != nil {
		done(err)
	}
}

// flush writes until nothing is queued. It runs on a goroutine of its own, one
// at a time: what is queued while it writes leaves with its next write.
func (s *stream) flush() {
	for {
		s.mu.Lock()
		out, sent, conn := s.out, s.sent, s.conn
		s.out, s.sent = batch{}, nil
		s.busy = out.size()
		s.writing = s.busy > 0
		finished := s.phase == phaseFinishing
		s.mu.Unlock()
		if out.size() == 0 {
			if finished {
				s.closeWrite(conn)
			}
			s.settle()
			return
		}
		err := s.writeAll(conn, out)
		s.layer.buffers.give(out.flat)
		report(sent, err)
		if err != nil {
			s.end(err)
		}
	}
}

// writeAll writes a batch, each part of it within the write timeout.
func (s *stream) writeAll(conn net.Conn, out batch) error {
	for part := range out.parts(writeSize) {
		if err := conn.SetWriteDeadline(time.Now().Add(s.layer.cfg.WriteTimeout)); err != nil {
			return err
		}
		if _, err := conn.Write(part); err != nil {
			if isTimeout(err) {
				s.layer.count.slow.Add(1)
				err = ErrSlow
			}
			return err
		}
	}
	return nil
}

func (b *outBuffers) take() []byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return (*buf)[:0]
	}
	return make([]byte, 0, 4<<10)
}

func (b *outBuffers) give(buf []byte) {
	if cap(buf) <= keepSize {
		b.pool.Put(&buf)
	}
}
