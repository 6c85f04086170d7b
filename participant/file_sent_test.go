package participant

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

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

// takesUpTo is takes for a file of which no more than at octets can be read before the test
// is over. The session is bound.
func (x *wire) takesUpTo(s *filetransfer.Source, at int64) *Transfer {
	x.t.Helper()
	open := halted(s, at)
	x.t.Cleanup(func() { close(open) })
	invite, out := x.takes(s, FileOptions{})
	x.binds(invite)
	r := <-out
	if r.err != nil {
		x.t.Fatal(r.err)
	}
	return r.transfer
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
			transfer := x.takesUpTo(plan(), 8000)
			id := transfer.File().TransferID
			x.halfway(transfer, 8000)
			x.msrp.Receive()
			answer := make(chan string, 1)
			if who == "we" {
				transfer.Abort()
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
			if err := x.over(transfer); !errors.Is(err, ErrAborted) {
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
	transfer := x.takesUpTo(s, 8000)
	var sent []testnet.MSRPMessage
	for at, all := int64(0), int64(8000); at < all; {
		m := x.msrp.Next()
		sent, at = append(sent, m), at+int64(len(m.Body))
		all = 8000 + m.Range.Total - s.Size // behind the head of the wrapper
	}
	for _, m := range sent {
		x.msrp.Answer(m, 413)
	}
	if err := x.over(transfer); !errors.Is(err, &msrp.Error{Status: 413}) {
		t.Errorf("sent: %v", err)
	}
	x.removal(transfer.File().TransferID)
}
