package participant

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// wire is bob, who faces a peer that writes SIP and MSRP as the test has it.
type wire struct {
	*swap
	sip  *testnet.SIPPeer
	d    *testnet.Dialog
	msrp *testnet.MSRPPeer
	cseq int // version of the peer's descriptions
}

const ownPath = "msrp://127.0.0.1:9/peer;tcp"

func newWire(t *testing.T) *wire {
	t.Helper()
	x := &wire{swap: newSwap(t, Config{})}
	t.Cleanup(func() {
		hurried, cancel := context.WithCancel(context.Background())
		cancel() // nobody answers the goodbyes any more
		if err := x.bob.Close(hurried); err != nil {
			t.Error(err)
		}
	})
	x.sip = testnet.DialSIP(t, "udp", x.bob.address().String())
	return x
}

// description is the peer's, with the lines of a file.
func (x *wire) description(lines ...string) string {
	x.cseq++
	return testnet.Lines(append([]string{
		"v=0", fmt.Sprintf("o=peer 7 %d IN IP4 127.0.0.1", x.cseq), "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
		"m=message 9 TCP/MSRP *", "a=accept-types:message/cpim *", "a=accept-wrapped-types:*", "a=path:" + ownPath,
	}, lines...)...)
}

// hello is a file of five octets that the peer offers, in a transfer called abcd.
func hello(more ...string) []string {
	return append([]string{
		"a=setup:active", "a=sendonly",
		`a=file-selector:name:"hello.txt" type:text/plain size:5 hash:sha-1:AA:F4:C6:1D:DC:C5:E8:A2:DA:BE:DE:0F:3B:48:2C:D9:AE:A9:43:4D`,
		"a=file-transfer-id:abcd",
	}, more...)
}

// offers has the peer call bob, who accepts.
func (x *wire) offers(target filetransfer.Target, lines ...string) (*Transfer, *sipmsg.Response) {
	x.t.Helper()
	x.d = x.sip.Dialog("sip:peer@127.0.0.1", x.bob.Contact())
	x.sip.Send(x.d.Offer(sipmsg.INVITE, x.description(lines...)))
	x.sip.Expect(180, sipmsg.INVITE)
	accepted := x.accepts(target)
	resp := x.sip.Expect(200, sipmsg.INVITE)
	x.d.Learn(resp)
	x.sip.Send(x.d.Ack())
	x.binds(resp)
	return <-accepted, resp
}

// accepts has bob accept what is offered.
func (x *wire) accepts(target filetransfer.Target) <-chan *Transfer {
	x.t.Helper()
	o := x.offered(x.bob)
	out := make(chan *Transfer, 1)
	go func() {
		t, err := o.Accept(x.ctx, target)
		if err != nil {
			x.t.Errorf("accepted: %v", err)
		}
		out <- t
	}()
	return out
}

// binds connects to the path that bob has answered or offered.
func (x *wire) binds(m interface{ Content() []byte }) {
	x.t.Helper()
	x.msrp = testnet.DialMSRP(x.t, ownPath, strings.TrimPrefix(path(string(m.Content())), "a=path:"))
	x.msrp.Bind()
}

// again sends a re-INVITE and returns the description in the 200.
func (x *wire) again(description string) string {
	x.t.Helper()
	x.sip.Send(x.d.Offer(sipmsg.INVITE, description))
	resp := x.sip.Expect(200, sipmsg.INVITE)
	x.sip.Send(x.d.Ack())
	return string(resp.Body)
}

// chunk writes a part of a file of five octets.
func (x *wire) chunk(id, body, at string, flag msrpwire.Flag, fields ...string) string {
	return x.msrp.Chunk("SEND", "text/plain", body, flag, append([]string{"Message-ID: " + id, "Byte-Range: " + at}, fields...)...)
}

// portless reports whether a description has the file's line with port 0, and that still
// names the transfer.
func portless(description, id string) bool {
	_, line, _ := strings.Cut(description, "m=message 0 TCP/MSRP *\r\n")
	return strings.Contains(line, "a=file-transfer-id:"+id+"\r\n") && strings.Contains(line, "a=file-selector:")
}

// compare holds a description, whose addresses and numbers of the day are replaced,
// against a file.
func (x *wire) compare(name string, description []byte) {
	x.t.Helper()
	text := string(description)
	for pattern, with := range map[string]string{
		`o=- \d+ `: "o=- 1 ", `message \d+`: "message 2855", `:\d+/[^;]+;tcp`: ":2855/s3ss10n;tcp", `transfer-id:[a-z0-9A-Z._%!~*+'-]{32,}`: "transfer-id:1d",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, with)
	}
	want, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		x.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), strings.ReplaceAll(text, "\r\n", "\n")); diff != "" {
		x.t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

// TestFileAnswer: what names the file and the transfer is said back, nothing else of it.
func TestFileAnswer(t *testing.T) {
	conform.Covers(t, "FT-04")
	x := newWire(t)
	_, resp := x.offers(filetransfer.Target{Dir: x.dir}, hello("a=file-disposition:attachment", "a=file-icon:cid:i@x", "a=file-range:1-*",
		`a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"`)...)
	x.compare("file-answer.sdp", resp.Body)
}

// TestFileRefresh: a repetition of the offer, in the middle and behind the end, starts
// nothing.
func TestFileRefresh(t *testing.T) {
	conform.Covers(t, "FT-04")
	x := newWire(t)
	tr, resp := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
	x.msrp.Expect(x.chunk("m1", "he", "1-2/5", msrpwire.Continues), 200)
	repeated := x.description(hello()...)
	answer := x.again(repeated)
	if path(answer) != path(string(resp.Body)) || answer != x.again(repeated) {
		t.Errorf("answered\n%s", answer)
	}
	x.msrp.Expect(x.chunk("m1", "llo", "3-5/5", msrpwire.Last), 200)
	if err := x.over(tr); err != nil {
		t.Fatal(err)
	}
	x.same(filepath.Join(x.dir, "hello.txt"), []byte("hello"))
	if answer = x.again(x.description(hello()...)); path(answer) != path(string(resp.Body)) {
		t.Errorf("answered\n%s", answer)
	}
	if len(x.bob.FileOffers()) != 0 {
		t.Error("offered again")
	}
	x.holds(x.dir, "hello.txt")
}

// TestAnotherFile: another one under the same identifier is an error; under a new one it
// is a new transfer, with a session of its own, and old identifiers stay used.
func TestAnotherFile(t *testing.T) {
	conform.Covers(t, "FT-04", "FT-05")
	x := newWire(t)
	tr, first := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
	x.msrp.Expect(x.chunk("m1", "he", "1-2/5", msrpwire.Continues), 200)
	other := hello()
	other[2] = `a=file-selector:name:"other.txt" type:text/plain size:5`
	if answer := x.again(x.description(other...)); !portless(answer, "abcd") {
		t.Errorf("answered\n%s", answer)
	}
	if err := x.over(tr); !errors.Is(err, ErrAborted) {
		t.Errorf("the first one: %v", err)
	}
	other[3] = "a=file-transfer-id:new"
	x.sip.Send(x.d.Offer(sipmsg.INVITE, x.description(other...)))
	accepted := x.accepts(filetransfer.Target{Dir: x.dir})
	second := x.sip.Expect(200, sipmsg.INVITE)
	x.sip.Send(x.d.Ack())
	if path(string(second.Body)) == path(string(first.Body)) {
		t.Error("the old session for a new file")
	}
	x.binds(second)
	tr = <-accepted
	x.msrp.Expect(x.chunk("m2", "world", "1-5/5", msrpwire.Last), 200)
	if err := x.over(tr); err != nil {
		t.Fatal(err)
	}
	x.holds(x.dir, "other.txt")
	if answer := x.again(x.description(hello()...)); !portless(answer, "abcd") {
		t.Errorf("an old one again:\n%s", answer)
	}
}

// TestSecondMessage: nothing but the one file is taken, before and behind its end.
func TestSecondMessage(t *testing.T) {
	conform.Covers(t, "FT-05")
	x := newWire(t)
	tr, _ := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
	x.msrp.Expect(x.chunk("m1", "he", "1-2/5", msrpwire.Continues), 200)
	x.msrp.Expect(x.msrp.Send("m2", "text/plain", "by the way"), 403)
	x.msrp.Expect(x.chunk("m1", "llo", "3-5/5", msrpwire.Last), 200)
	if err := x.over(tr); err != nil {
		t.Fatal(err)
	}
	x.msrp.Expect(x.msrp.Send("m3", "text/plain", "hello"), 403)
	x.holds(x.dir, "hello.txt")
}

// TestBadOctets: more octets than the file has, and others.
func TestBadOctets(t *testing.T) {
	conform.Covers(t, "FT-06")
	for name, tt := range map[string]struct{ body, at string }{
		"too many": {"hello!", "1-6/6"}, "too few": {"hell", "1-4/4"}, "others": {"HELLO", "1-5/5"},
	} {
		t.Run(name, func(t *testing.T) {
			x := newWire(t)
			tr, _ := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
			x.msrp.Expect(x.chunk("m1", tt.body, tt.at, msrpwire.Last), 413)
			if err := x.over(tr); !errors.Is(err, filetransfer.ErrMismatch) {
				t.Errorf("received: %v", err)
			}
			x.removal("abcd")
			x.holds(x.dir)
		})
	}
}

// removal expects bob's offer with port 0, answers it alike, and expects the goodbye.
func (x *wire) removal(id string) {
	x.t.Helper()
	req := x.sip.Request()
	if req.Method != sipmsg.INVITE || !portless(string(req.Body), id) {
		x.t.Fatalf("want an offer with port 0, got\n%s", req.Append(nil))
	}
	resp := sipmsg.NewResponse(req, 200, "")
	resp.Header.Add("Contact", x.sip.Contact())
	resp.Header.Set("Content-Type", "application/sdp")
	resp.Body = []byte(strings.Replace(x.description("a=file-selector:size:5", "a=file-transfer-id:"+id), "message 9", "message 0", 1))
	x.sip.Send(resp)
	if req = x.sip.Request(); req.Method != sipmsg.ACK {
		x.t.Fatalf("want ACK, got\n%s", req.Append(nil))
	}
	if req = x.sip.Request(); req.Method != sipmsg.BYE {
		x.t.Fatalf("want BYE, got\n%s", req.Append(nil))
	}
	x.sip.Answer(req, 200)
}

// TestReceiverAborts: 413 to what is sent next, where that is answered, then port 0.
func TestReceiverAborts(t *testing.T) {
	conform.Covers(t, "FT-07")
	for _, report := range []string{"yes", "partial", "no"} {
		t.Run(report, func(t *testing.T) {
			x := newWire(t)
			tr, _ := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
			field := "Failure-Report: " + report
			first := x.chunk("m1", "he", "1-2/5", msrpwire.Continues, field)
			if report == "yes" {
				x.msrp.Expect(first, 200)
			}
			x.halfway(tr, 2)
			tr.Abort()
			if err := x.over(tr); !errors.Is(err, ErrAborted) {
				t.Errorf("aborted: %v", err)
			}
			next := x.chunk("m1", "llo", "3-5/5", msrpwire.Last, field)
			if report != "no" {
				x.msrp.Expect(next, 413)
			}
			x.removal("abcd")
			x.holds(x.dir)
		})
	}
}

// TestReceiverAbortsInSilence: nothing comes that could be answered.
func TestReceiverAbortsInSilence(t *testing.T) {
	conform.Covers(t, "FT-07")
	x := newWire(t)
	tr, _ := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
	tr.Abort()
	x.removal("abcd")
}

// TestPeerAborts: the sender gives up, by #, and then by port 0.
func TestPeerAborts(t *testing.T) {
	conform.Covers(t, "FT-07")
	x := newWire(t)
	tr, _ := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
	x.msrp.Expect(x.chunk("m1", "he", "1-2/5", msrpwire.Continues), 200)
	x.msrp.Expect(x.chunk("m1", "l", "3-5/5", msrpwire.Aborted), 200)
	gone := strings.Replace(x.description(hello()...), "message 9", "message 0", 1)
	if answer := x.again(gone); !portless(answer, "abcd") {
		t.Errorf("answered\n%s", answer)
	}
	if err := x.over(tr); !errors.Is(err, ErrAborted) {
		t.Errorf("received: %v", err)
	}
	x.holds(x.dir)
}

// takes has bob send a file to the peer, who answers with lines in place of the usual.
func (x *wire) takes(s *filetransfer.Source, o FileOptions, lines ...string) (*sipmsg.Request, <-chan result) {
	x.t.Helper()
	out := make(chan result, 1)
	go func() {
		t, err := x.bob.SendFile(x.ctx, "sip:peer@"+x.sip.Addr(), s, o)
		out <- result{t, err}
	}()
	invite := x.sip.Request()
	x.d = x.sip.Answering(invite)
	file := regexp.MustCompile(`(?m)^a=file-(selector|transfer-id|range):.*$`).FindAllString(strings.ReplaceAll(string(invite.Body), "\r", ""), -1)
	x.sip.Send(x.d.Accept(invite, x.description(append(append(file, "a=setup:active", "a=recvonly"), lines...)...)))
	if ack := x.sip.Request(); ack.Method != sipmsg.ACK {
		x.t.Fatalf("want ACK, got\n%s", ack.Append(nil))
	}
	return invite, out
}

// plan is a file that bob sends.
func plan() *filetransfer.Source {
	s := file(`my "plan" 100%.txt`, 10_000)
	s.Type, s.Modified = "text/plain; charset=utf-8", time.Date(2006, 5, 15, 15, 1, 31, 0, time.FixedZone("", 3*3600))
	return s
}

// TestFileSent: the offer, and the range of the file as one message that begins with
// octet 1, wrapped.
func TestFileSent(t *testing.T) {
	conform.Covers(t, "FT-05", "FT-07")
	x := newWire(t)
	s := plan()
	invite, out := x.takes(s, FileOptions{Disposition: "attachment", Range: sdp.FileRange{Start: 5, Stop: 9000}})
	x.compare("file-offer.sdp", invite.Body)
	x.binds(invite)
	r := <-out
	if r.err != nil {
		t.Fatal(r.err)
	}
	var body []byte
	var last testnet.MSRPMessage
	for last.Flag != msrpwire.Last {
		last = x.msrp.Receive()
		if last.Range.Start != int64(len(body))+1 || last.ContentType != "message/cpim" {
			t.Errorf("chunk of %s at %+v behind %d octets", last.ContentType, last.Range, len(body))
		}
		body = append(body, last.Body...)
	}
	wrapper, err := cpim.Parse(body, cpim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if want := x.contentOf(s)[4:9000]; !bytes.Equal(wrapper.Content, want) || last.Range.Total != int64(len(body)) {
		t.Errorf("%d octets in a message of %d", len(wrapper.Content), last.Range.Total)
	}
	const disposition = `attachment; filename="my \"plan\" 100%.txt"; modification-date="Mon, 15 May 2006 15:01:31 +0300"; size=10000`
	if got := string(wrapper.Field("content-disposition")); got != disposition {
		t.Errorf("disposition %s", got)
	}
	x.msrp.Expect(x.msrp.Send("m2", "text/plain", "thanks"), 403) // nothing goes the other way
	x.msrp.Chunk("REPORT", "", "", msrpwire.Last, "Message-ID: "+last.MessageID,
		fmt.Sprintf("Byte-Range: 1-%d/%d", len(body), len(body)), "Status: 000 200 OK")
	if err := x.over(r.transfer); err != nil {
		t.Error(err)
	}
	if bye := x.sip.Request(); bye.Method != sipmsg.BYE {
		t.Errorf("want BYE, got\n%s", bye.Append(nil))
	}
}

// TestFileUnwrapped: to who does not name the wrapper the file goes as it is.
func TestFileUnwrapped(t *testing.T) {
	x := newWire(t)
	s := file("a.bin", 100)
	invite, out := x.takes(s, FileOptions{}, "a=accept-types:*")
	x.binds(invite)
	if r := <-out; r.err != nil {
		t.Fatal(r.err)
	}
	m := x.msrp.Receive()
	if m.ContentType != s.Type || !bytes.Equal(m.Body, x.contentOf(s)) || m.Fields["Content-Disposition"] != `render; filename=a.bin; size=100` {
		t.Errorf("%s %v, %d octets", m.ContentType, m.Fields, len(m.Body))
	}
}

// TestFileTooLarge: nothing of a file is sent that is larger, wrapped, than the other takes.
func TestFileTooLarge(t *testing.T) {
	conform.Covers(t, "MSRP-SND-14")
	x := newWire(t)
	_, out := x.takes(plan(), FileOptions{}, "a=max-size:10000")
	if r := <-out; !errors.Is(r.err, msrp.ErrTooLarge) {
		t.Errorf("sent: %v", r.err)
	}
	if bye := x.sip.Request(); bye.Method != sipmsg.BYE {
		t.Errorf("want BYE, got\n%s", bye.Append(nil))
	}
}

// TestSenderAborts: # at the end of what has been sent, then port 0.
func TestSenderAborts(t *testing.T) {
	conform.Covers(t, "FT-07")
	for _, who := range []string{"we", "the peer"} {
		t.Run(who, func(t *testing.T) {
			x := newWire(t)
			s := plan()
			open := halted(s, 8000)
			defer close(open)
			invite, out := x.takes(s, FileOptions{})
			x.binds(invite)
			r := <-out
			if r.err != nil {
				t.Fatal(r.err)
			}
			id := r.transfer.File().TransferID
			x.halfway(r.transfer, 8000)
			x.msrp.Receive()
			answer := make(chan string, 1)
			if who == "we" {
				r.transfer.Abort()
			} else {
				// The peer's dialog is the one that bob began.
				gone := strings.Replace(x.description("a=recvonly", "a=file-selector:size:10000", "a=file-transfer-id:"+id), "message 9", "message 0", 1)
				answer <- x.again(gone)
			}
			m := x.msrp.Receive()
			for m.Flag == msrpwire.Continues {
				m = x.msrp.Receive()
			}
			if m.Flag != msrpwire.Aborted {
				t.Errorf("the message ends with %c", m.Flag)
			}
			if err := x.over(r.transfer); !errors.Is(err, ErrAborted) {
				t.Errorf("sent: %v", err)
			}
			if who == "we" {
				x.removal(id)
			} else if text := <-answer; !portless(text, id) {
				t.Errorf("answered\n%s", text)
			}
		})
	}
}

// TestPeerStops: a file that the receiver does not want any more, and tells by MSRP only.
func TestPeerStops(t *testing.T) {
	conform.Covers(t, "FT-07")
	x := newWire(t)
	s := plan()
	open := halted(s, 8000)
	defer close(open)
	invite, out := x.takes(s, FileOptions{})
	x.binds(invite)
	r := <-out
	if r.err != nil {
		t.Fatal(r.err)
	}
	var sent []testnet.MSRPMessage
	for at, all := int64(0), int64(8000); at < all; {
		m := x.msrp.Next()
		sent, at = append(sent, m), at+int64(len(m.Body))
		all = 8000 + m.Range.Total - s.Size // behind the head of the wrapper
	}
	for _, m := range sent {
		x.msrp.Answer(m, 413)
	}
	if err := x.over(r.transfer); !errors.Is(err, &msrp.Error{Status: 413}) {
		t.Errorf("sent: %v", err)
	}
	x.removal(r.transfer.File().TransferID)
}

// TestGivenUpInTheEnd: what is kept of a file stays when nothing but the end of the message
// comes after the transfer was given up.
func TestGivenUpInTheEnd(t *testing.T) {
	x := newWire(t)
	tr, _ := x.offers(filetransfer.Target{Dir: t.TempDir(), Keep: true}, hello()...)
	x.msrp.Expect(x.chunk("m1", "hello", "1-5/5", msrpwire.Continues), 200)
	tr.call.session.Do(func() { tr.call.conclude(tr, context.Canceled) })
	if err := x.over(tr); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	x.msrp.Expect(x.msrp.Chunk("SEND", "text/plain", "", msrpwire.Last, "Message-ID: m1", "Byte-Range: 6-5/5"), 413)
	if got, err := os.ReadFile(tr.Partial()); string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}
