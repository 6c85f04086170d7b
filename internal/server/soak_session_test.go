package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// errCut says that a session was over before what was asked for was answered.
var errCut = errors.New("session cut")

// soakSession is an MSRP session. One goroutine reads and answers what comes,
// others send.
type soakSession struct {
	conn        *net.TCPConn
	own, remote string
	take        func(s *soakSession, h *msrpwire.Head, body []byte) // of the reader
	stall       chan time.Duration                                  // how long not to read
	answers     chan soakAnswer
	cut, ended  chan struct{}
	cutOnce     sync.Once

	work sync.Mutex // of the reader, on what it has read
	deaf bool       // what comes is neither heard nor answered

	// owned by the reader
	body, out []byte
	partial   map[string][]byte
	last      uint64 // place of the last message to everybody
	heard     uint64 // the same, for whoever sends

	mu   sync.Mutex // of the writes
	tids int
	mark map[string]uint64 // heard at the time of a SEND, by transaction
}

// soakAnswer is a response to one of our requests.
type soakAnswer struct {
	tid    string
	status int
}

func bindSoakSession(ctx context.Context, own, remote string, buffer int, take func(*soakSession, *msrpwire.Head, []byte)) (*soakSession, error) {
	uri, err := msrpwire.ParseURI(remote)
	if err != nil {
		return nil, err
	}
	conn, err := soakDial(ctx, net.JoinHostPort(uri.Host, strconv.Itoa(int(uri.Port))), buffer)
	if err != nil {
		return nil, err
	}
	s := &soakSession{
		conn: conn, own: own, remote: remote, take: take, stall: make(chan time.Duration, 1),
		answers: make(chan soakAnswer, 1024), cut: make(chan struct{}), ended: make(chan struct{}),
		partial: make(map[string][]byte), mark: make(map[string]uint64),
	}
	go s.read()
	tid := s.send(&msrpwire.Head{Method: msrpwire.SEND, MessageID: []byte("bind"), ByteRange: msrpwire.Range{Start: 1}}, nil, msrpwire.Last)
	if _, err := s.await(map[string]bool{tid: true}); err != nil {
		s.close()
		return nil, fmt.Errorf("bind: %w", err)
	}
	return s, nil
}

// send writes a request and returns its transaction identifier. What cannot be
// written is never answered.
func (s *soakSession) send(h *msrpwire.Head, body []byte, flag msrpwire.Flag) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tids++
	tid := "soak" + strconv.Itoa(s.tids)
	s.mark[tid] = s.heard
	h.TID, h.ToPath, h.FromPath = []byte(tid), msrpwire.Path(s.remote), msrpwire.Path(s.own)
	if h.HasBody = len(body) > 0; h.HasBody {
		h.ContentType = []byte("message/cpim")
	}
	frame, err := h.Append(nil)
	if err == nil {
		frame = msrpwire.AppendEnd(append(frame, body...), h.TID, flag, h.HasBody)
		_, _ = s.conn.Write(frame) // the reader sees the end
	}
	return tid
}

// await waits for responses to requests, and returns their status.
func (s *soakSession) await(open map[string]bool) (map[string]int, error) {
	got := make(map[string]int, len(open))
	patience := time.NewTimer(testnet.Patience)
	defer patience.Stop()
	for len(open) > 0 {
		select {
		case a := <-s.answers:
			if open[a.tid] {
				got[a.tid] = a.status
				delete(open, a.tid)
			}
		case <-s.ended:
			return got, errCut
		case <-patience.C:
			return got, fmt.Errorf("%d requests not answered", len(open))
		}
	}
	return got, nil
}

// confirmed returns the place up to which the other side has read our answers
// when it has answered a request.
func (s *soakSession) confirmed(tid string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mark[tid]
}

// close ends the session; nothing is taken afterwards.
func (s *soakSession) close() {
	s.cutOnce.Do(func() { close(s.cut) })
	_ = s.conn.Close()
	<-s.ended
}

// rest has the reader rest for a while.
func (s *soakSession) rest(d time.Duration) {
	select {
	case s.stall <- d:
	default:
	}
}

// deafen lets nothing be heard any more, nor answered.
func (s *soakSession) deafen() {
	s.work.Lock()
	defer s.work.Unlock()
	s.deaf = true
}

func (s *soakSession) read() {
	defer close(s.ended)
	defer func() { _ = s.conn.Close() }()
	dec := msrpwire.NewDecoder(msrpwire.Limits{})
	buf, held := make([]byte, 16<<10), 0
	for {
		n, err := s.conn.Read(buf[held:])
		if err != nil {
			return
		}
		held += n
		used, ok := s.process(dec, buf[:held])
		if !ok {
			return
		}
		held = copy(buf, buf[used:held])
		select {
		case d := <-s.stall:
			select {
			case <-time.After(d):
			case <-s.cut:
			}
		default:
		}
	}
}

// process takes the messages in octets that were read and answers them.
func (s *soakSession) process(dec *msrpwire.Decoder, octets []byte) (used int, ok bool) {
	s.work.Lock()
	defer s.work.Unlock()
	if s.deaf {
		return len(octets), true
	}
	for {
		ev, n, err := dec.Next(octets[used:])
		if err != nil {
			return used, false
		}
		switch ev {
		case msrpwire.GotHead:
			s.body = nil
		case msrpwire.GotBody:
			s.body = append(s.body, octets[used:used+n]...)
		case msrpwire.GotEnd:
			s.message(dec.Head(), dec.Flag())
		case msrpwire.NeedMore:
			return used + n, s.flush()
		}
		used += n
	}
}

// flush writes answers.
func (s *soakSession) flush() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.out) > 0 {
		if _, err := s.conn.Write(s.out); err != nil {
			return false
		}
	}
	s.heard, s.out = s.last, s.out[:0]
	return true
}

// message takes a message or chunk that has ended, and prepares the answer.
func (s *soakSession) message(h *msrpwire.Head, flag msrpwire.Flag) {
	if !h.IsRequest() {
		select {
		case s.answers <- soakAnswer{string(h.TID), h.Status}:
		case <-s.cut:
		}
		return
	}
	if h.Method == msrpwire.SEND {
		s.out = msrpwire.AppendResponse(s.out, h, msrpwire.StatusOK, "")
	}
	id := string(h.MessageID)
	body := append(s.partial[id], s.body...)
	switch flag {
	case msrpwire.Last:
		s.take(s, h, body)
		delete(s.partial, id)
	case msrpwire.Aborted:
		delete(s.partial, id)
	default:
		s.partial[id] = body
	}
}
