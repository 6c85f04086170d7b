package participant

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp/msrpwire"
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

// TestFileInPlaceOfAnother: a new identifier while a file is on its way ends that one.
func TestFileInPlaceOfAnother(t *testing.T) {
	conform.Covers(t, "FT-04")
	x := newWire(t)
	old, _ := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
	x.msrp.Expect(x.chunk("m1", "he", "1-2/5", msrpwire.Continues), 200)
	other := hello()
	other[3] = "a=file-transfer-id:new"
	x.sip.Send(x.d.Offer(sipmsg.INVITE, x.description(other...)))
	accepted := x.accepts(filetransfer.Target{Dir: x.dir})
	second := x.sip.Expect(200, sipmsg.INVITE)
	x.sip.Send(x.d.Ack())
	if err := x.over(old); !errors.Is(err, ErrAborted) {
		t.Errorf("the old one: %v", err)
	}
	x.binds(second)
	tr := <-accepted
	x.msrp.Expect(x.chunk("m2", "hello", "1-5/5", msrpwire.Last), 200)
	if err := x.over(tr); err != nil {
		t.Fatal(err)
	}
	x.holds(x.dir, "hello.txt")
	// One more, which is refused: the line is given up, the call goes on.
	other[3] = "a=file-transfer-id:newer"
	x.sip.Send(x.d.Offer(sipmsg.INVITE, x.description(other...)))
	x.offered(x.bob).Refuse(0)
	if resp := x.sip.Expect(200, sipmsg.INVITE); !portless(string(resp.Body), "newer") {
		t.Errorf("answered\n%s", resp.Body)
	}
	x.sip.Send(x.d.Ack())
}

// TestAnotherFileIsTakenBack: nobody is asked any longer about another file than the call
// goes on.
func TestAnotherFileIsTakenBack(t *testing.T) {
	conform.Covers(t, "FT-04")
	x := newWire(t)
	x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
	for _, by := range []sipmsg.Method{sipmsg.CANCEL, sipmsg.BYE} {
		other := hello()
		other[3] = "a=file-transfer-id:" + string(by)
		again := x.d.Offer(sipmsg.INVITE, x.description(other...))
		x.sip.Send(again)
		o := x.offered(x.bob)
		end := x.d.Request(by)
		if by == sipmsg.CANCEL {
			end = testnet.Cancel(again)
		}
		x.sip.Send(end)
		select {
		case <-o.Done():
		case <-x.ctx.Done():
			t.Fatalf("%s does not end the question", by)
		}
		if _, err := o.Accept(x.ctx, filetransfer.Target{Dir: x.dir}); !o.Withdrawn() || !errors.Is(err, ErrWithdrawn) {
			t.Errorf("%s: accepted (%v)", by, err)
		}
		codes := map[sipmsg.Method]int{}
		for range 2 {
			resp := x.sip.Response()
			number, _ := resp.Header.CSeq()
			codes[number.Method] = resp.Status
			if resp.Status == 487 {
				x.sip.Send(testnet.Refused(again, resp))
			}
		}
		if codes[by] != 200 || codes[sipmsg.INVITE] != 487 {
			t.Errorf("%s: answered %v", by, codes)
		}
	}
	x.bob.mu.Lock()
	defer x.bob.mu.Unlock()
	if n := len(x.bob.undecided); n != 0 {
		t.Errorf("%d offers are still to be decided", n)
	}
}

// TestFileOfferedAgain: who asks for an offer is told what there is.
func TestFileOfferedAgain(t *testing.T) {
	conform.Covers(t, "FT-04")
	x := newWire(t)
	tr, first := x.offers(filetransfer.Target{Dir: x.dir}, hello()...)
	x.msrp.Expect(x.chunk("m1", "he", "1-2/5", msrpwire.Continues), 200)
	x.sip.Send(x.d.Request(sipmsg.INVITE))
	resp := x.sip.Expect(200, sipmsg.INVITE)
	if offer := string(resp.Body); path(offer) != path(string(first.Body)) || !strings.Contains(offer, "a=file-transfer-id:abcd\r\n") {
		t.Errorf("offered\n%s", offer)
	}
	ack := x.d.Ack()
	ack.Header.Set("Content-Type", "application/sdp")
	ack.Body = []byte(x.description(hello()...))
	x.sip.Send(ack)
	x.msrp.Expect(x.chunk("m1", "llo", "3-5/5", msrpwire.Last), 200)
	if err := x.over(tr); err != nil {
		t.Fatal(err)
	}
	x.holds(x.dir, "hello.txt")
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
