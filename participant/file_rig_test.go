package participant

import (
	"bytes"
	"context"
	"crypto/sha1"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/internal/testnet"
)

// swap is two users on this machine who exchange files.
type swap struct {
	t          *testing.T
	ctx        context.Context //nolint:containedctx // of the test
	alice, bob *UE
	dir        string // of files that bob gets
}

func newSwap(t *testing.T, bob Config) *swap {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	t.Cleanup(cancel)
	x := &swap{t: t, ctx: ctx, dir: t.TempDir()}
	x.alice, x.bob = x.user("alice", Config{}), x.user("bob", bob)
	return x
}

func (x *swap) user(name string, cfg Config) *UE {
	x.t.Helper()
	cfg.AOR, cfg.Listen, cfg.Files.Offers = "sip:"+name+"@files.example", "127.0.0.1", true
	u, err := New(cfg)
	if err != nil {
		x.t.Fatal(err)
	}
	x.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testnet.Patience)
		defer cancel()
		if err = u.Close(ctx); err != nil {
			x.t.Errorf("%s: %v", name, err)
		}
	})
	if _, err = u.Listen(x.ctx); err != nil {
		x.t.Fatal(err)
	}
	return u
}

// file is one of size octets.
func file(name string, size int) *filetransfer.Source {
	content := make([]byte, size)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(content) // never fails
	sum := sha1.Sum(content)
	return &filetransfer.Source{
		Name: name, Type: "application/octet-stream", Size: int64(size), Content: bytes.NewReader(content), SHA1: sum[:],
	}
}

// contentOf is all of a file.
func (x *swap) contentOf(s *filetransfer.Source) []byte {
	x.t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(s.Content, 0, s.Size))
	if err != nil {
		x.t.Fatal(err)
	}
	return b
}

// offered takes the next offer of a user.
func (x *swap) offered(u *UE) *FileOffer {
	x.t.Helper()
	select {
	case o := <-u.FileOffers():
		return o
	case <-x.ctx.Done():
		x.t.Fatal("nothing is offered")
		return nil
	}
}

// sends has alice send a file; the result comes when bob has decided.
func (x *swap) sends(s *filetransfer.Source, o FileOptions) <-chan result {
	out := make(chan result, 1)
	go func() {
		t, err := x.alice.SendFile(x.ctx, x.bob.Contact(), s, o)
		out <- result{t, err}
	}()
	return out
}

// fetches has bob ask alice for a file.
func (x *swap) fetches(w Wanted, target filetransfer.Target) <-chan result {
	out := make(chan result, 1)
	go func() {
		t, err := x.bob.FetchFile(x.ctx, x.alice.Contact(), w, target)
		out <- result{t, err}
	}()
	return out
}

type result struct {
	transfer *Transfer
	err      error
}

// over waits for the end of a transfer and returns its error.
func (x *swap) over(t *Transfer) error {
	x.t.Helper()
	select {
	case <-t.Done():
		return t.Err()
	case <-x.ctx.Done():
		x.t.Fatal("the transfer does not end")
		return nil
	}
}

// push has alice send a file that bob accepts.
func (x *swap) push(s *filetransfer.Source, o FileOptions, target filetransfer.Target) (sent, received *Transfer) {
	x.t.Helper()
	out := x.sends(s, o)
	received, err := x.offered(x.bob).Accept(x.ctx, target)
	if err != nil {
		x.t.Fatal(err)
	}
	r := <-out
	if r.err != nil {
		x.t.Fatal(r.err)
	}
	return r.transfer, received
}

// holds reports that a folder holds those files only.
func (x *swap) holds(dir string, names ...string) {
	x.t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		x.t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, "|") != strings.Join(names, "|") {
		x.t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func (x *swap) same(path string, want []byte) {
	x.t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		x.t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		x.t.Errorf("%d octets arrived, not the %d that were sent", len(got), len(want))
	}
}

// gate is content of which the octets behind a place wait.
type gate struct {
	io.ReaderAt
	at   int64
	open chan struct{}
}

func (g *gate) ReadAt(p []byte, off int64) (int, error) {
	if off >= g.at {
		<-g.open
	} else if over := off + int64(len(p)) - g.at; over > 0 {
		p = p[:int64(len(p))-over]
		n, err := g.ReaderAt.ReadAt(p, off)
		return n, err
	}
	return g.ReaderAt.ReadAt(p, off)
}

// halted makes a file stop halfway, until open is closed.
func halted(s *filetransfer.Source, at int64) (open chan struct{}) {
	open = make(chan struct{})
	s.Content = &gate{s.Content, at, open}
	return open
}

// halfway waits until at octets have come.
func (x *swap) halfway(t *Transfer, at int64) {
	x.t.Helper()
	for n := int64(0); n < at; n, _ = t.Progress() {
		select {
		case <-time.After(time.Millisecond):
		case <-x.ctx.Done():
			x.t.Fatalf("%d octets came, not %d", n, at)
		}
	}
}
