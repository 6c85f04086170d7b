package participant

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
)

func TestPushFile(t *testing.T) {
	conform.Covers(t, "FT-04", "FT-06")
	for name, size := range map[string]int{"empty.bin": 0, "one.bin": 1, "large.bin": 5<<20 + 3} {
		t.Run(name, func(t *testing.T) {
			x := newSwap(t, Config{})
			s := file(name, size)
			out := x.sends(s, FileOptions{Disposition: "attachment"})
			o := x.offered(x.bob)
			if o.From != "sip:alice@files.example" || o.Wanted || o.File.Name != name || o.File.Size != int64(size) ||
				o.File.Disposition != "attachment" || len(o.File.TransferID) < 32 || !bytes.Equal(o.File.Digest("sha-1"), s.SHA1) {
				t.Errorf("%+v", o)
			}
			received, err := o.Accept(x.ctx, filetransfer.Target{Dir: x.dir})
			if err != nil {
				t.Fatal(err)
			}
			r := <-out
			if r.err != nil {
				t.Fatal(r.err)
			}
			if err := x.over(received); err != nil {
				t.Errorf("received: %v", err)
			}
			if err := x.over(r.transfer); err != nil {
				t.Errorf("sent: %v", err)
			}
			x.same(filepath.Join(x.dir, name), x.contentOf(s))
			x.holds(x.dir, name)
			for _, tr := range []*Transfer{received, r.transfer} {
				if n, of := tr.Progress(); n != int64(size) || of != int64(size) {
					t.Errorf("%d of %d", n, of)
				}
			}
			if received.Path() != filepath.Join(x.dir, name) {
				t.Errorf("it is said to be at %s", received.Path())
			}
		})
	}
}

func TestPullFile(t *testing.T) {
	conform.Covers(t, "FT-04", "FT-06")
	x := newSwap(t, Config{})
	s := file("plan.pdf", 300_000)
	out := x.fetches(Wanted{SHA1: s.SHA1}, filetransfer.Target{Dir: x.dir})
	o := x.offered(x.alice)
	if !o.Wanted || o.File.Name != "" || o.File.Size != -1 || o.From != "sip:bob@files.example" {
		t.Errorf("%+v", o)
	}
	sent, err := o.Serve(x.ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	r := <-out
	if r.err != nil {
		t.Fatal(r.err)
	}
	if err := x.over(r.transfer); err != nil {
		t.Errorf("received: %v", err)
	}
	if err := x.over(sent); err != nil {
		t.Errorf("sent: %v", err)
	}
	x.same(filepath.Join(x.dir, "plan.pdf"), x.contentOf(s)) // the name came with the file
	x.holds(x.dir, "plan.pdf")
}

// TestFileOverTLS: who carries messages over TLS carries files so, and takes no others.
func TestFileOverTLS(t *testing.T) {
	x := newSwap(t, Config{Media: Media{Secure: true}})
	if _, err := x.alice.SendFile(x.ctx, x.bob.Contact(), file("a", 10), FileOptions{}); !errors.Is(err, &sip.Error{Status: 488}) {
		t.Errorf("in clear: %v", err)
	}
	x.alice = x.user("carol", Config{Media: Media{Secure: true}})
	s := file("a.bin", 100_000)
	sent, received := x.push(s, FileOptions{}, filetransfer.Target{Dir: x.dir})
	if err := errors.Join(x.over(received), x.over(sent)); err != nil {
		t.Fatal(err)
	}
	x.same(received.Path(), x.contentOf(s))
}

// TestFileRefused: nobody is asked twice, and nothing is left.
func TestFileRefused(t *testing.T) {
	x := newSwap(t, Config{Files: Files{MaxSize: 1000}})
	out := x.sends(file("a", 1000), FileOptions{})
	x.offered(x.bob).Refuse(0)
	if r := <-out; !errors.Is(r.err, &sip.Error{Status: 603}) {
		t.Errorf("refused: %v", r.err)
	}
	if _, err := x.alice.SendFile(x.ctx, x.bob.Contact(), file("a", 1001), FileOptions{}); !errors.Is(err, &sip.Error{Status: 488}) {
		t.Errorf("too large: %v", err)
	}
	_, err := x.alice.FetchFile(x.ctx, x.bob.Contact(), Wanted{}, filetransfer.Target{Dir: x.dir})
	if err == nil {
		t.Error("fetched nothing in particular")
	}
	out = x.fetches(Wanted{Name: "a"}, filetransfer.Target{Dir: x.dir})
	if _, err := x.offered(x.alice).Serve(x.ctx, file("b", 10)); !errors.Is(err, filetransfer.ErrMismatch) {
		t.Errorf("another file: %v", err)
	}
	if r := <-out; !errors.Is(r.err, &sip.Error{Status: 488}) {
		t.Errorf("no such file: %v", r.err)
	}
	x.holds(x.dir)
}

// TestFileRange: some octets of a file are a message, whatever stands in front of them.
func TestFileRange(t *testing.T) {
	conform.Covers(t, "FT-07")
	x := newSwap(t, Config{})
	s := file("a.bin", 100_000)
	s.SHA1 = nil // found out by and by
	sent, received := x.push(s, FileOptions{Range: sdp.FileRange{Start: 5, Stop: 70_000}}, filetransfer.Target{Dir: x.dir})
	if err := errors.Join(x.over(received), x.over(sent)); err != nil {
		t.Fatal(err)
	}
	x.same(received.Path(), x.contentOf(s)[4:70_000])
	if _, err := x.alice.SendFile(x.ctx, x.bob.Contact(), s, FileOptions{Range: sdp.FileRange{Start: 5, Stop: 100_001}}); err == nil {
		t.Error("sent more than there is")
	}
}

// TestAbortFile: either side gives up in the middle; the other side hears of it.
func TestAbortFile(t *testing.T) {
	conform.Covers(t, "FT-07")
	for _, who := range []string{"sender", "receiver"} {
		t.Run(who, func(t *testing.T) {
			x := newSwap(t, Config{})
			s := file("a.bin", 1<<20)
			open := halted(s, 500_000)
			defer close(open)
			sent, received := x.push(s, FileOptions{}, filetransfer.Target{Dir: x.dir})
			x.halfway(received, 400_000)
			first, second := sent, received
			if who == "receiver" {
				first, second = received, sent
			}
			first.Abort()
			if err := x.over(first); !errors.Is(err, ErrAborted) {
				t.Errorf("aborted: %v", err)
			}
			if err := x.over(second); err == nil {
				t.Error("the other has noticed nothing")
			}
			x.holds(x.dir)
		})
	}
}

// TestResumeFile: what had come is not sent again.
func TestResumeFile(t *testing.T) {
	conform.Covers(t, "FT-07")
	x := newSwap(t, Config{})
	s := file("a.bin", 1<<20)
	whole := x.contentOf(s)
	plain := s.Content
	open := halted(s, 500_000)
	sent, received := x.push(s, FileOptions{}, filetransfer.Target{Dir: x.dir, Keep: true})
	x.halfway(received, 400_000)
	received.Abort()
	_ = x.over(received)
	_ = x.over(sent)
	close(open)
	part := received.Partial()
	info, err := os.Stat(part)
	if err != nil || info.Size() < 400_000 {
		t.Fatalf("part %s: %v", part, err)
	}
	s.Content = plain
	out := x.fetches(Wanted{SHA1: s.SHA1, Size: s.Size, Name: s.Name}, filetransfer.Target{Dir: x.dir, Partial: part})
	o := x.offered(x.alice)
	if want := (sdp.FileRange{Start: info.Size() + 1}); o.File.Range != want.String() {
		t.Errorf("range %s", o.File.Range)
	}
	if sent, err = o.Serve(x.ctx, s); err != nil {
		t.Fatal(err)
	}
	r := <-out
	if r.err != nil {
		t.Fatal(r.err)
	}
	if err := errors.Join(x.over(r.transfer), x.over(sent)); err != nil {
		t.Fatal(err)
	}
	if n, _ := r.transfer.Progress(); n != s.Size-info.Size() {
		t.Errorf("%d octets came", n)
	}
	x.same(filepath.Join(x.dir, "a.bin"), whole)
	x.holds(x.dir, "a.bin")
}

// TestWrongFile: what is not what was described is not kept, and both sides know.
func TestWrongFile(t *testing.T) {
	conform.Covers(t, "FT-06")
	x := newSwap(t, Config{})
	s := file("a.bin", 100_000)
	s.SHA1 = bytes.Repeat([]byte{7}, 20)
	sent, received := x.push(s, FileOptions{}, filetransfer.Target{Dir: x.dir})
	if err := x.over(received); !errors.Is(err, filetransfer.ErrMismatch) {
		t.Errorf("received: %v", err)
	}
	if err := x.over(sent); !errors.Is(err, &msrp.Error{Status: 413}) && !errors.Is(err, ErrAborted) {
		t.Errorf("sent: %v", err) // by what comes first, the answer or the re-INVITE
	}
	x.holds(x.dir)
}

func TestHostileName(t *testing.T) {
	conform.Covers(t, "FT-06")
	x := newSwap(t, Config{})
	dir := filepath.Join(x.dir, "in")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		sent, received := x.push(file("../../.x", 10), FileOptions{}, filetransfer.Target{Dir: dir})
		if err := errors.Join(x.over(received), x.over(sent)); err != nil {
			t.Fatal(err)
		}
	}
	x.holds(dir, "x", "x (2)")
	x.holds(x.dir, "in")
}

func TestNoSpace(t *testing.T) {
	conform.Covers(t, "FT-06")
	x := newSwap(t, Config{})
	out := x.sends(file("a.bin", 1000), FileOptions{})
	full := filetransfer.Target{Dir: x.dir, Free: func(string) (int64, error) { return 999, nil }}
	if _, err := x.offered(x.bob).Accept(x.ctx, full); !errors.Is(err, filetransfer.ErrNoSpace) {
		t.Errorf("accepted: %v", err)
	}
	if r := <-out; !errors.Is(r.err, &sip.Error{Status: 488}) {
		t.Errorf("sent: %v", r.err)
	}
	x.holds(x.dir)
}

// TestTransfersBounded: one place, which is free again when the call is over.
func TestTransfersBounded(t *testing.T) {
	x := newSwap(t, Config{Files: Files{Transfers: 1}})
	s := file("a.bin", 1000)
	open := halted(s, 0)
	sent, received := x.push(s, FileOptions{}, filetransfer.Target{Dir: x.dir})
	out := x.sends(file("b.bin", 10), FileOptions{})
	if _, err := x.offered(x.bob).Accept(x.ctx, filetransfer.Target{Dir: x.dir}); !errors.Is(err, ErrBusy) {
		t.Errorf("accepted: %v", err)
	}
	if r := <-out; !errors.Is(r.err, &sip.Error{Status: 480}) {
		t.Errorf("sent: %v", r.err)
	}
	close(open)
	if err := errors.Join(x.over(received), x.over(sent)); err != nil {
		t.Error(err)
	}
	<-received.call.over
	sent, received = x.push(file("b.bin", 10), FileOptions{}, filetransfer.Target{Dir: x.dir})
	if err := errors.Join(x.over(received), x.over(sent)); err != nil {
		t.Error(err)
	}
}
