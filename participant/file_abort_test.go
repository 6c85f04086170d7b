package participant

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

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
