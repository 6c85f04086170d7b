package msrp

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// shelf is where the octets of a message go.
type shelf struct {
	mu  sync.Mutex
	buf []byte
	err error
}

func (f *shelf) WriteAt(p []byte, at int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return 0, f.err
	}
	if end := int(at) + len(p); end > len(f.buf) {
		f.buf = append(f.buf, make([]byte, end-len(f.buf))...)
	}
	return copy(f.buf[at:], p), nil
}

// pouring is a recorder whose messages go to f.
func pouring(f *shelf) *recorder {
	h := newRecorder()
	h.begin = func(in *Incoming) error { in.Into(f); return nil }
	h.inspect = func(*Incoming) (bool, error) { panic("inspected") }
	return h
}

// TestWriter: a message that is held in memory on neither side.
func TestWriter(t *testing.T) {
	const size = 3<<20 + 11
	for name, cfg := range map[string]SessionConfig{
		"interruptible": {}, "whole": {Whole: true}, "exact": {ExactRanges: true}, "capped": {ChunkCap: 16 << 10}, "one at a time": {Window: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var f shelf
			p := newPair(t, cfg, SessionConfig{Handler: pouring(&f), MaxSize: size})
			m := Message{ContentType: "a/b", SuccessReport: true, Header: []msrpwire.Field{{Name: []byte("X"), Value: []byte("y")}}}
			w, err := p.client.NewWriter(m, size, 5)
			if err != nil {
				t.Fatal(err)
			}
			if err = p.client.Send(text("next"), 6); err != nil { // waits for its turn
				t.Fatal(err)
			}
			body := pattern(size)
			n, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{bytes.NewReader(body)}, make([]byte, 7777))
			if n != size || err != nil {
				t.Fatalf("%d written: %v", n, err)
			}
			in := wait(t, p.atServ.messages, "message")
			if in.Size() != size || in.Body() != nil || string(in.Field("X")) != "y" {
				t.Errorf("%d octets, %d of them held", in.Size(), len(in.Body()))
			}
			f.mu.Lock()
			if !bytes.Equal(f.buf[4:], body[4:]) { // the next one has gone there, too
				t.Error("not the octets that were sent")
			}
			f.mu.Unlock()
			if o := wait(t, p.fromClient.sent, "outcome"); o.ref != 5 || o.err != nil {
				t.Errorf("outcome %+v", o)
			}
			if r := wait(t, p.fromClient.reports, "report"); !r.Complete || r.Ref != 5 || r.Range.Total != size {
				t.Errorf("report %+v", r)
			}
			if in = wait(t, p.atServ.messages, "next message"); in.Size() != 4 {
				t.Errorf("next message of %d octets", in.Size())
			}
			if _, err = w.Write([]byte{0}); err == nil {
				t.Error("more octets than the message has")
			}
		})
	}
}

// TestWriterOnTheWire: the total stands in each chunk, what is at hand leaves at once.
func TestWriterOnTheWire(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	w, err := s.NewWriter(Message{ID: "m1", ContentType: "a/b"}, 3000, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		size  int
		want  msrpwire.Range
		flag  msrpwire.Flag
		first bool
	}{
		{500, msrpwire.Range{Start: 1, End: 500, Total: 3000}, msrpwire.Continues, true},
		{2100, msrpwire.Range{Start: 501, End: msrpwire.Unknown, Total: 3000}, msrpwire.Continues, false},
		{400, msrpwire.Range{Start: 2601, End: 3000, Total: 3000}, msrpwire.Last, false},
	} {
		if _, err = w.Write(pattern(tt.size)); err != nil {
			t.Fatal(err)
		}
		f := p.next()
		if f.ByteRange != tt.want || f.flag != tt.flag || !bytes.Equal(f.body, pattern(tt.size)) || string(f.MessageID) != "m1" {
			t.Errorf("%+v flag %c, %d octets", f.Head, f.flag, len(f.body))
		}
		p.answer(f, 200)
	}
	if o := wait(t, h.sent, "outcome"); o.ref != 1 || o.err != nil {
		t.Errorf("outcome %+v", o)
	}
	conform.Covers(t, "MSRP-SND-02", "MSRP-SND-03")
}

// TestWriterAborted: a message that waits for octets ends with an empty chunk.
func TestWriterAborted(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	w, err := s.NewWriter(Message{ID: "m1", ContentType: "a/b"}, 5000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = w.Write(pattern(1000)); err != nil {
		t.Fatal(err)
	}
	p.answer(p.next(), 200)
	s.Abort("m1")
	f := p.next()
	if f.flag != msrpwire.Aborted || f.HasBody || string(f.MessageID) != "m1" {
		t.Errorf("%+v flag %c", f.Head, f.flag)
	}
	p.answer(f, 200)
	if o := wait(t, h.sent, "outcome"); !errors.Is(o.err, ErrAborted) {
		t.Errorf("outcome %+v", o)
	}
	if _, err = w.Write([]byte{0}); !errors.Is(err, ErrAborted) {
		t.Errorf("written: %v", err)
	}
	conform.Covers(t, "MSRP-SND-08")
}

// TestWriterStopped: an answer that refuses, and the end of the session, end a Write.
func TestWriterStopped(t *testing.T) {
	for name, tt := range map[string]struct {
		stop func(s *Session, p *rawPeer, f frame)
		want error
	}{
		"413":   {func(_ *Session, p *rawPeer, f frame) { p.answer(f, 413) }, &Error{Status: 413}},
		"close": {func(s *Session, _ *rawPeer, _ frame) { s.Close() }, ErrClosed},
		"abort": {func(s *Session, _ *rawPeer, _ frame) { s.Abort("m1") }, ErrAborted},
	} {
		t.Run(name, func(t *testing.T) {
			_, s, _, p := example(t, SessionConfig{Window: 1})
			w, err := s.NewWriter(Message{ID: "m1", ContentType: "a/b"}, 1<<30, 1)
			if err != nil {
				t.Fatal(err)
			}
			result := make(chan error, 1)
			go func() {
				_, err := w.Write(make([]byte, 1<<20)) // far more than there is room for
				result <- err
			}()
			tt.stop(s, p, p.next())
			if err := wait(t, result, "end of Write"); !errors.Is(err, tt.want) {
				t.Errorf("written: %v", err)
			}
		})
	}
}

func TestWriterRefused(t *testing.T) {
	ep := newEndpoint(t, Config{KeepAlive: -1})
	s, _ := exampleSession(t, ep, SessionConfig{})
	if _, err := s.NewWriter(Message{ContentType: "a/b"}, 1, 1); !errors.Is(err, ErrClosed) {
		t.Errorf("not bound: %v", err)
	}
	_, s, _, _ = example(t, SessionConfig{MaxQueued: 1})
	s.SetPeerMaxSize(1000)
	if _, err := s.NewWriter(Message{ContentType: "a/b"}, 1001, 1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := s.NewWriter(Message{ContentType: "a/b"}, 1000, 1); err != nil {
		t.Error(err)
	}
	if _, err := s.NewWriter(Message{ContentType: "a/b"}, 1000, 2); !errors.Is(err, ErrQueueFull) {
		t.Errorf("one too many: %v", err)
	}
	s.Close()
	if _, err := s.NewWriter(Message{ContentType: "a/b"}, 1, 3); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	conform.Covers(t, "MSRP-SND-14")
}

// TestIntoInAnyOrder: chunks go where they belong, and the message is complete when all
// octets are there.
func TestIntoInAnyOrder(t *testing.T) {
	var f shelf
	_, _, h, p := example(t, SessionConfig{Handler: into(&f)})
	for _, c := range []chunkOf{{7, "ghi", "9", "$"}, {1, "abc", "9", "+"}, {2, "bcd", "9", "+"}, {5, "ef", "9", "+"}} {
		if len(h.messages) != 0 {
			t.Error("delivered too early")
		}
		p.chunk("m1", c)
		p.status(200)
	}
	if in := wait(t, h.messages, "message"); in.Size() != 9 || string(f.buf) != "abcdefghi" {
		t.Errorf("%d octets: %s", in.Size(), f.buf)
	}
	p.chunk("m2", chunkOf{1, "abc", "6", "+"})
	p.status(200)
	f.err = errors.New("disk full")
	p.chunk("m2", chunkOf{4, "def", "6", "$"})
	p.status(413)
	f.err = &Error{Status: 404}
	p.chunk("m3", chunkOf{1, "abc", "3", "$"})
	p.status(404)
	conform.Covers(t, "MSRP-RCV-03", "MSRP-RCV-06")
}

// into is pouring for the session of the example.
func into(f *shelf) *recorder {
	h := exampleHandler()
	h.begin = func(in *Incoming) error { in.Into(f); return nil }
	return h
}

func TestSpans(t *testing.T) {
	var x spans
	for i := range maxExtents {
		if !x.add(int64(4*i), int64(4*i+2)) {
			t.Fatalf("gap %d refused", i)
		}
	}
	if x.add(4*maxExtents, 4*maxExtents+1) {
		t.Error("one gap too many")
	}
	if !x.add(2, 4*maxExtents) || !x.whole(4*maxExtents) || x.highest() != 4*maxExtents || x.whole(3) {
		t.Errorf("%v", x)
	}
	if !x.add(3, 3) || len(x) != 1 {
		t.Errorf("%v", x)
	}
}
