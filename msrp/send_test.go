package msrp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// pattern is a body whose octets tell where they are.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

func queue(t *testing.T, s *Session, m Message, ref uint64) {
	t.Helper()
	if err := s.Send(m, ref); err != nil {
		t.Fatal(err)
	}
}

func TestRangeOfChunks(t *testing.T) {
	_, s, _, p := example(t, SessionConfig{})
	for _, tt := range []struct {
		size int
		want msrpwire.Range
	}{
		{0, msrpwire.Range{Start: 1, End: 0, Total: 0}},
		{1, msrpwire.Range{Start: 1, End: 1, Total: 1}},
		{2048, msrpwire.Range{Start: 1, End: 2048, Total: 2048}},
		{2049, msrpwire.Range{Start: 1, End: msrpwire.Unknown, Total: 2049}},
	} {
		queue(t, s, Message{ContentType: "a/b", Body: pattern(tt.size)}, 1)
		f := p.next()
		if f.ByteRange != tt.want || len(f.body) != tt.size || f.flag != msrpwire.Last || !f.HasBody {
			t.Errorf("%d octets: range %+v, %d octets, flag %c", tt.size, f.ByteRange, len(f.body), f.flag)
		}
		p.answer(f, 200)
	}
	conform.Covers(t, "MSRP-SND-02", "MSRP-FRM-11")
}

func TestExactRanges(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{ExactRanges: true, Disposition: true})
	body := pattern(5000)
	queue(t, s, Message{
		ID: "sw.Vx7T2bNq5MzK0rLu", ContentType: "message/cpim", Body: body, SuccessReport: true,
		Header: []msrpwire.Field{{Name: []byte("Room-Seq"), Value: []byte("419")}},
	}, 5)
	var got []byte
	for i, want := range []msrpwire.Range{{Start: 1, End: 2048, Total: 5000}, {Start: 2049, End: 4096, Total: 5000}, {Start: 4097, End: 5000, Total: 5000}} {
		f := p.next()
		flag := msrpwire.Continues
		if i == 2 {
			flag = msrpwire.Last
		}
		if f.ByteRange != want || f.flag != flag || string(f.MessageID) != "sw.Vx7T2bNq5MzK0rLu" ||
			string(f.ContentType) != "message/cpim" || !f.SuccessReport || (f.Field("Room-Seq") != nil) != (i == 0) ||
			(string(f.Field("Content-Disposition")) == "inline") != (i == 0) {
			t.Errorf("chunk %d: %+v flag %c", i, f.Head, f.flag)
		}
		got = append(got, f.body...)
		if len(h.sent) != 0 {
			t.Error("outcome before the last answer")
		}
		p.answer(f, 200)
	}
	if string(got) != string(body) {
		t.Error("body differs")
	}
	if o := wait(t, h.sent, "outcome"); o.ref != 5 || o.err != nil {
		t.Errorf("%+v", o)
	}
	conform.Covers(t, "MSRP-SND-01", "MSRP-SND-07", "MSRP-SND-02")
}

// Messages of one session follow each other: there are clients that put together one
// at a time.
func TestNothingInterleaves(t *testing.T) {
	_, s, _, p := example(t, SessionConfig{ChunkCap: 4096})
	for i, size := range []int{20_000, 10, 9000, 3000} {
		queue(t, s, Message{ID: fmt.Sprint("msg", i), ContentType: "a/b", Body: pattern(size)}, uint64(i+1))
	}
	open, chunks := "", 0
	for done := 0; done < 4; {
		f := p.next()
		chunks++
		if id := string(f.MessageID); open != "" && id != open || id != fmt.Sprint("msg", done) {
			t.Fatalf("a chunk of %s while %q is open and %d are done", id, open, done)
		}
		open = string(f.MessageID)
		if f.flag == msrpwire.Last {
			open = ""
			done++
		}
		p.answer(f, 200)
	}
	if chunks != 5+1+3+1 {
		t.Errorf("%d chunks", chunks)
	}
	conform.Covers(t, "SW-PUB-12")
}

func TestIdleLinkOneChunk(t *testing.T) {
	_, s, _, p := example(t, SessionConfig{})
	queue(t, s, Message{ContentType: "a/b", Body: pattern(100 << 10)}, 1)
	if f := p.next(); len(f.body) != 100<<10 || f.flag != msrpwire.Last {
		t.Errorf("%d octets, flag %c", len(f.body), f.flag)
	}
	conform.Covers(t, "MSRP-SND-03")
}

// slowPeer binds alice's session over a pipe and leaves reading to the test.
func slowPeer(t *testing.T, cfg SessionConfig) (*Session, *recorder, net.Conn) {
	t.Helper()
	ep := newEndpoint(t, Config{KeepAlive: -1})
	s, h := exampleSession(t, ep, cfg)
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close() })
	if err := ep.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	p := &rawPeer{t: t, nc: near}
	p.write(p.request("SEND", "Message-ID: bind", nil, "$"))
	readUntil(t, near, "$\r\n", 512)
	return s, h, near
}

// readUntil reads step octets at a time until end has come, and returns all.
func readUntil(t *testing.T, nc net.Conn, end string, step int) string {
	t.Helper()
	var got strings.Builder
	buf := make([]byte, step)
	for !strings.Contains(got.String(), end) {
		n, err := nc.Read(buf)
		if err != nil {
			t.Fatalf("%v, without %q", err, end)
		}
		got.Write(buf[:n])
	}
	return got.String()
}

func TestAnswerInterruptsChunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, nc := slowPeer(t, SessionConfig{})
		queue(t, s, Message{ContentType: "a/b", Body: pattern(1 << 20)}, 1)
		if _, err := io.ReadFull(nc, make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
		p := &rawPeer{t: t, nc: nc}
		p.write(p.request("SEND", "Message-ID: m1", []byte("hello"), "$"))
		synctest.Wait() // the answer is due now
		before, _, found := strings.Cut(readUntil(t, nc, " 200 OK", 512), "+\r\nMSRP peer0001 200 OK")
		if !found {
			t.Fatal("the running chunk does not end in front of the answer")
		}
		if n := len(before); n > 2048+len("\r\n-------")+32 {
			t.Errorf("%d further octets before the answer", n)
		}
	})
	conform.Covers(t, "MSRP-SND-05", "MSRP-SND-07")
}

func TestWholeIsNotInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := newEndpoint(t, Config{KeepAlive: -1})
		s, _ := exampleSession(t, ep, SessionConfig{Whole: true})
		p := newPeer(t, ep, "pipe")
		p.bind()
		queue(t, s, Message{ContentType: "a/b", Body: pattern(1 << 20)}, 1)
		p.write(p.request("NICKNAME", `Use-Nickname: "Ali"`, nil, "$"))
		f := p.next()
		if len(f.body) != 1<<20 || f.flag != msrpwire.Last || f.ByteRange.End != msrpwire.Unknown || f.ByteRange.Total != 1<<20 {
			t.Errorf("%d octets of %+v, flag %c", len(f.body), f.ByteRange, f.flag)
		}
		p.status(200)
	})
	conform.Covers(t, "MSRP-SND-15")
}

func TestSessionsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := newEndpoint(t, Config{KeepAlive: -1})
		a, _ := exampleSession(t, ep, SessionConfig{})
		second := strings.Replace(roomURI, "kV3x", "Two-", 1)
		b := fixedSession(t, ep, SessionConfig{Handler: newRecorder()}, second, aliceURI)
		p := newPeer(t, ep, "pipe")
		p.bind()
		p.write(p.requestTo(second, aliceURI, "SEND", "Message-ID: m1", nil, "$"))
		p.status(200)
		c := a.conn.Load()
		c.mu.Lock() // the writer sees both at once
		for _, s := range []*Session{a, b} {
			sh, err := Prepare(Message{ContentType: "a/b", Body: pattern(64 << 10)})
			if err == nil {
				err = c.enqueue(s, sh, 1)
			}
			if err != nil {
				t.Error(err)
			}
		}
		c.mu.Unlock()
		got := map[string]int{}
		last := ""
		for got[roomURI] < 64<<10 || got[second] < 64<<10 {
			f := p.next()
			from := string(f.FromPath)
			if from == last && got[roomURI] < 64<<10 && got[second] < 64<<10 {
				t.Errorf("two turns in a row for %s", from)
			}
			if len(f.body) > quantum+piece || f.flag == msrpwire.Continues && len(f.body) < 2048 {
				t.Errorf("chunk of %d octets", len(f.body))
			}
			last = from
			got[from] += len(f.body)
			p.answer(f, 200)
		}
	})
	conform.Covers(t, "MSRP-SND-04", "MSRP-SND-06")
}

func TestSmallMessageOfOtherSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := newEndpoint(t, Config{KeepAlive: -1})
		a, _ := exampleSession(t, ep, SessionConfig{HardLimit: 20 << 20})
		second := strings.Replace(roomURI, "kV3x", "Two-", 1)
		b := fixedSession(t, ep, SessionConfig{Handler: newRecorder()}, second, aliceURI)
		near, far := net.Pipe()
		defer func() { _ = near.Close() }()
		if err := ep.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		p := &rawPeer{t: t, nc: near}
		for _, to := range []string{roomURI, second} {
			p.write(p.requestTo(to, aliceURI, "SEND", "Message-ID: m1", nil, "$"))
			readUntil(t, near, "$\r\n", 512)
		}
		queue(t, a, Message{ContentType: "a/b", Body: pattern(10 << 20)}, 1)
		readUntil(t, near, "\r\n\r\n", 512)
		synctest.Wait()
		queue(t, b, text("short"), 1)
		if got := readUntil(t, near, "\r\n\r\nshort\r\n-------", 512); len(got) > quantum {
			t.Errorf("%d octets before the other session's message", len(got))
		}
	})
	conform.Covers(t, "MSRP-SND-06")
}

func TestAbort(t *testing.T) {
	t.Run("within a chunk", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, h, nc := slowPeer(t, SessionConfig{})
			queue(t, s, Message{ID: "big1", ContentType: "a/b", Body: pattern(1 << 20)}, 1)
			if _, err := io.ReadFull(nc, make([]byte, 4000)); err != nil {
				t.Fatal(err)
			}
			s.Abort("big1")
			rest := readUntil(t, nc, "#\r\n", 512)
			if len(rest) > 3*2048 || !strings.Contains(rest, "\r\n-------") {
				t.Errorf("%d octets after Abort: %q", len(rest), rest[len(rest)-40:])
			}
			if len(h.sent) != 0 {
				t.Error("outcome before the answer")
			}
		})
	})
	t.Run("between chunks", func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{ExactRanges: true, Window: 1})
		queue(t, s, Message{ID: "big1", ContentType: "a/b", Body: pattern(1 << 20)}, 1)
		first := p.next()
		s.Abort("big1")
		p.answer(first, 200)
		f := p.next()
		if string(f.MessageID) != "big1" || f.HasBody || f.flag != msrpwire.Aborted {
			t.Errorf("got %+v, flag %c", f.Head, f.flag)
		}
		p.answer(f, 200)
		if o := wait(t, h.sent, "outcome"); !errors.Is(o.err, ErrAborted) {
			t.Errorf("outcome %v", o.err)
		}
		p.probe()
	})
	t.Run("before it began", func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{Window: 1})
		queue(t, s, text("first"), 1)
		queue(t, s, Message{ID: "second", ContentType: "a/b", Body: []byte("second")}, 2)
		s.Abort("second")
		if o := wait(t, h.sent, "outcome"); o.ref != 2 || !errors.Is(o.err, ErrAborted) {
			t.Errorf("outcome %+v", o)
		}
		p.answer(p.next(), 200)
		p.probe()
	})
	conform.Covers(t, "MSRP-SND-08")
}

func TestStopSending(t *testing.T) {
	t.Run("response within a chunk", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, h, nc := slowPeer(t, SessionConfig{})
			queue(t, s, Message{ContentType: "a/b", Body: pattern(1 << 20)}, 1)
			got := readUntil(t, nc, "\r\n\r\n", 1)
			tid := strings.Fields(got)[1]
			go func() {
				_, _ = io.WriteString(nc, "MSRP "+tid+" 413 Stop\r\nTo-Path: "+roomURI+"\r\nFrom-Path: "+aliceURI+"\r\n-------"+tid+"$\r\n")
			}()
			synctest.Wait()
			rest := readUntil(t, nc, "\r\n-------"+tid, 1)
			if len(rest) > 3*2048 {
				t.Errorf("%d octets after the 413", len(rest))
			}
			if end := readUntil(t, nc, "\r\n", 1); end != "#\r\n" {
				t.Errorf("chunk ends with %q", end)
			}
			if o := wait(t, h.sent, "outcome"); !errors.Is(o.err, &Error{Status: 413}) {
				t.Errorf("outcome %v", o.err)
			}
			queue(t, s, text("other"), 2) // goes on
			readUntil(t, nc, "other", 512)
		})
	})
	t.Run("report between chunks", func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{ExactRanges: true, Window: 1})
		queue(t, s, Message{ID: "big1", ContentType: "a/b", Body: pattern(1 << 20)}, 1)
		first := p.next()
		p.write(p.request("REPORT", "Message-ID: big1\nByte-Range: 1-2048/1048576\nStatus: 000 413 Unwanted Message", nil, "$"))
		wait(t, h.reports, "report")
		p.answer(first, 200)
		if o := wait(t, h.sent, "outcome"); !errors.Is(o.err, &Error{Status: 413}) {
			t.Errorf("outcome %v", o.err)
		}
		p.probe() // not even an empty chunk
	})
	conform.Covers(t, "MSRP-SND-09", "MSRP-RPT-08")
}

func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{})
		for i := range uint64(70) {
			queue(t, s, text("hello"), i)
		}
		synctest.Wait()
		if n := len(p.frames); n != 64 {
			t.Fatalf("%d unanswered, want 64", n)
		}
		p.answer(p.next(), 200)
		synctest.Wait()
		if n := len(p.frames); n != 64 {
			t.Errorf("%d more after an answer", n-63)
		}
		for range 69 {
			p.answer(p.next(), 200)
		}
		for i := range uint64(70) {
			if o := wait(t, h.sent, "outcome"); o.ref != i || o.err != nil {
				t.Fatalf("outcome %+v, want %d", o, i)
			}
		}
	})
	conform.Covers(t, "MSRP-SND-11")
}

func TestCollidingIdentifier(t *testing.T) {
	_, s, _, p := example(t, SessionConfig{})
	c := s.conn.Load()
	c.mu.Lock()
	tids := c.tids // a copy: what comes next
	c.mu.Unlock()
	next, _ := tids.Append(nil)
	body := "quoted:\r\n-------" + string(next) + "x and more"
	queue(t, s, text(body), 1)
	f := p.next()
	if string(f.TID) == string(next) || string(f.body) != body {
		t.Errorf("tid %s, body %q", f.TID, f.body)
	}
	p.answer(f, 200)
	queue(t, s, text("next"), 2)
	p.answer(p.next(), 200)
	conform.Covers(t, "MSRP-FRM-15")
}

func TestPeerMaxSize(t *testing.T) {
	_, s, _, p := example(t, SessionConfig{})
	s.SetPeerMaxSize(1000)
	if err := s.Send(Message{ContentType: "a/b", Body: pattern(1001)}, 1); !errors.Is(err, ErrTooLarge) {
		t.Errorf("1,001 octets: %v", err)
	}
	queue(t, s, Message{ContentType: "a/b", Body: pattern(1000)}, 2)
	if f := p.next(); len(f.body) != 1000 {
		t.Errorf("got %d octets", len(f.body))
	}
	conform.Covers(t, "MSRP-SND-14")
}

func TestAnswersOfPeer(t *testing.T) {
	for status, ends := range map[int]bool{
		200: false, 299: false, 400: false, 403: false, 408: false, 413: false, 415: false, 428: false,
		481: true, 500: false, 501: false, 506: true, 600: false,
	} {
		_, s, h, p := example(t, SessionConfig{})
		queue(t, s, text("hello"), 1)
		p.answer(p.next(), status)
		o := wait(t, h.sent, "outcome")
		if good := status < 300; good != (o.err == nil) || !good && !errors.Is(o.err, &Error{Status: status}) {
			t.Errorf("%d: outcome %v", status, o.err)
		}
		if ends {
			_ = wait(t, h.ended, "end")
		} else {
			p.probe() // nothing is sent again by itself
			queue(t, s, Message{ContentType: "text/html", Body: []byte("again")}, 2)
			p.answer(p.next(), 200)
			wait(t, h.sent, "outcome")
		}
	}
	conform.Covers(t, "MSRP-RSP-08", "MSRP-RSP-10", "MSRP-RSP-11")
}

func TestErrorsOnly(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{ExactRanges: true, Window: 1})
	queue(t, s, Message{ContentType: "a/b", Body: pattern(5000), FailureReport: msrpwire.FailurePartial}, 1)
	queue(t, s, Message{ContentType: "a/b", Body: pattern(5), FailureReport: msrpwire.FailurePartial}, 2)
	var frames []frame
	for range 4 { // the window is for what is answered
		f := p.next()
		if f.FailureReport != msrpwire.FailurePartial {
			t.Errorf("got %+v", f.Head)
		}
		frames = append(frames, f)
	}
	for ref := range uint64(2) {
		if o := wait(t, h.sent, "outcome"); o.ref != ref+1 || o.err != nil {
			t.Errorf("outcome %+v", o)
		}
	}
	for i, f := range []frame{frames[1], frames[3]} {
		p.answer(f, 415)
		if o := wait(t, h.sent, "late outcome"); o.ref != uint64(i+1) || !errors.Is(o.err, &Error{Status: 415}) {
			t.Errorf("late outcome %+v", o)
		}
	}
	conform.Covers(t, "MSRP-SND-01")
}

func TestRingOfSilentRequests(t *testing.T) {
	var c conn
	c.ring.head, c.ring.tail = 1, 1
	s := &Session{cfg: SessionConfig{Window: 1}}
	for range 2 * ringMax {
		if !c.window(s) {
			t.Fatal("no room though nothing is to be answered")
		}
		_, sl := c.ring.open()
		*sl = slot{session: s, kind: slotMessage, silent: true, sent: 1}
	}
}

// Who waits for a number, of which others have them all, goes on when one is free.
func TestRingOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := timedEndpoint(t, Config{KeepAlive: -1})
		a, ha := exampleSession(t, ep, SessionConfig{})
		other := strings.Replace(roomURI, "kV3x", "kV3y", 1)
		b := fixedSession(t, ep, SessionConfig{Handler: newRecorder()}, other, aliceURI)
		p := newPeer(t, ep, "pipe")
		p.bind()
		p.write(p.requestTo(other, aliceURI, "SEND", "Message-ID: other", nil, "$"))
		p.status(200)
		queue(t, a, text("unanswered"), 1)
		unanswered := p.next()
		c := a.conn.Load()
		c.mu.Lock()
		for !c.ring.full() {
			_, sl := c.ring.open()
			*sl = slot{session: a, kind: slotMessage, sent: c.ep.now(), silent: true, settled: true}
		}
		c.mu.Unlock()
		queue(t, b, text("waits"), 2)
		synctest.Wait()
		p.silent()
		p.answer(unanswered, 200)
		pause(2 * time.Second)
		if f := due(t, p.frames, "frame"); string(f.body) != "waits" {
			t.Errorf("%q", f.body)
		}
		if o := due(t, ha.sent, "outcome"); o.err != nil {
			t.Error(o.err)
		}
	})
	conform.Covers(t, "MSRP-SND-11")
}

func TestSharedTail(t *testing.T) {
	sh, err := Prepare(Message{
		ID: "sw.4Kq0ZtX9vBm2LcRw", ContentType: "message/cpim", Body: []byte("From: <sip:a@b>\r\n\r\n\r\nhi"),
		Header: []msrpwire.Field{{Name: []byte("Room-Seq"), Value: []byte("412")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = "Message-ID: sw.4Kq0ZtX9vBm2LcRw\r\nByte-Range: 1-23/23\r\nRoom-Seq: 412\r\nContent-Type: message/cpim\r\n\r\n"
	if got := string(sh.head); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	_, a, _, atA := example(t, SessionConfig{})
	_, b, _, atB := example(t, SessionConfig{})
	for _, s := range []*Session{a, b} {
		if err := s.SendShared(sh, 412); err != nil {
			t.Fatal(err)
		}
	}
	x, y := atA.next(), atB.next()
	if string(x.MessageID) != string(y.MessageID) || string(x.body) != string(y.body) || string(x.TID[:11]) == string(y.TID[:11]) {
		t.Errorf("copies %+v and %+v", x.Head, y.Head)
	}
	conform.Covers(t, "SW-PUB-07", "MSRP-RPT-01")
}

func TestUnwritable(t *testing.T) {
	for name, m := range map[string]Message{
		"Message-ID":   {ID: "a\r\nb"},
		"Content-Type": {ContentType: "a/b\r\nX: y"},
		"field":        {Header: []msrpwire.Field{{Name: []byte("X"), Value: []byte("a\nb")}}},
	} {
		if _, err := Prepare(m); !errors.Is(err, msrpwire.ErrUnwritable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	conform.Covers(t, "MSRP-FRM-26")
}
