package participant

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Why a file is not transferred, besides a [*sip.Error] of who was called, an
// [*msrp.Error], and the errors of package filetransfer.
var (
	// ErrFileRefused: the other does not want the file, or has none like that.
	ErrFileRefused = errors.New("participant: the file is refused")
	// ErrAborted: the transfer was given up, by either side.
	ErrAborted = errors.New("participant: the transfer was aborted")
	// ErrStalled: nothing has come, or gone, for two minutes.
	ErrStalled = errors.New("participant: the transfer does not get on")
	// ErrBusy: as many files as Files.Transfers are on their way.
	ErrBusy = errors.New("participant: too many transfers")
)

// Files says what is done about files that others offer, or ask for (RFC 5547).
type Files struct {
	// Offers has them delivered by [UE.FileOffers]; without it they are answered 488.
	// [FT-02]
	Offers bool
	// MaxSize is the largest file, or part of one, that is received, in octets; default
	// 1 GiB.
	MaxSize int64
	// Transfers is how many may be on their way at a time, both ways; default 8.
	Transfers int
}

func (f Files) withDefaults() Files {
	if f.MaxSize == 0 {
		f.MaxSize = 1 << 30
	}
	if f.Transfers == 0 {
		f.Transfers = 8
	}
	return f
}

// FileOptions are what may be said of a file to be sent. The zero value works.
type FileOptions struct {
	// Disposition is "attachment" for a file that is not to be shown by itself; default:
	// "render" (RFC 5547 §7).
	Disposition string
	// Range is which octets are sent; the zero value: all. A transfer that broke off is
	// resumed by one of what is missing.
	Range sdp.FileRange
}

// Wanted describes a file that another user is asked for: at least one selector.
type Wanted struct {
	Name string
	Type string // media type
	Size int64  // 0: not known
	SHA1 []byte
	// Range is which octets are asked for; the zero value: all, or what is missing of
	// the target's Partial.
	Range sdp.FileRange
}

// SendFile offers a file to a user in a call of its own and returns when he has taken
// the offer and the MSRP session stands; what becomes of the file then tells the
// [Transfer]. A refusal is a [*sip.Error] or [ErrFileRefused]; a file larger than the
// other takes is [msrp.ErrTooLarge]. The content is read before, unless its digest is
// known. RFC 5547 §8.2.1. [FT-04]
func (u *UE) SendFile(ctx context.Context, to string, file *filetransfer.Source, o FileOptions) (*Transfer, error) {
	if _, err := file.Range(o.Range); err != nil {
		return nil, err
	}
	if err := file.Hash(ctx); err != nil {
		return nil, err
	}
	d := file.Describe()
	d.Disposition, d.Range = o.Disposition, o.Range.String()
	if !file.Modified.IsZero() {
		d.Date = sdp.FileDate(file.Modified)
	}
	return u.callAboutFile(ctx, to, &Transfer{file: d, source: file})
}

// FetchFile asks a user for a file, like [UE.SendFile]. Before a target's Partial is
// completed it is read. RFC 5547 §8.2.2. [FT-04]
func (u *UE) FetchFile(ctx context.Context, from string, want Wanted, target filetransfer.Target) (*Transfer, error) {
	d := &sdp.File{Name: want.Name, Type: want.Type, Size: want.Size}
	if d.Size == 0 {
		d.Size = -1
	}
	if want.SHA1 != nil {
		d.Hashes = []sdp.FileHash{{Algorithm: filetransfer.SHA1, Digest: want.SHA1}}
	}
	if d.Name == "" && d.Type == "" && d.Size < 0 && d.Hashes == nil {
		return nil, errors.New("participant: nothing says which file is wanted")
	}
	if target.Partial != "" && want.Range == (sdp.FileRange{}) {
		info, err := os.Stat(target.Partial)
		if err != nil {
			return nil, err
		}
		want.Range.Start = info.Size() + 1
	}
	d.Range = want.Range.String()
	sink, err := target.Create(d, u.cfg.Files.MaxSize)
	if err != nil {
		return nil, err
	}
	return u.callAboutFile(ctx, from, &Transfer{file: d, sink: sink})
}

// callAboutFile places the call for a transfer.
func (u *UE) callAboutFile(ctx context.Context, text string, t *Transfer) (*Transfer, error) {
	uri, err := sipmsg.ParseURI(text)
	switch {
	case err == nil && !uri.IsSIP():
		err = errors.New("no SIP URI")
	case u.cfg.Media.WebSocket != "":
		err = errors.New("only the mixer is reached by WebSocket")
	}
	if err != nil {
		return nil, t.fail(fmt.Errorf("participant: %q: %w", text, err))
	}
	c := u.newFileCall(uri.String())
	t.begin(c, sipid.NewTag()+sipid.NewTag())
	c.transfer, c.offerer = t, true
	if err = u.hold(c); err != nil {
		return nil, t.fail(err)
	}
	next, err := u.open(ctx, uri)
	if err == nil {
		err = u.openMedia(ctx)
	}
	if err == nil {
		err = t.newLine(ctx)
	}
	if err != nil {
		u.letGo(c)
		return nil, t.fail(err)
	}
	out := u.outgoing(u.identity, uri, next)
	out.Body = c.talk.Offer(c.local(t)).Append(nil)
	call := u.stack.Invite.Invite(out, fileCaller{c})
	if err = t.wait(ctx); err != nil {
		u.stack.Dialog.Do(call.CallID(), func() {
			c.abandoned = true
			c.conclude(t, err)
			if c.session == nil {
				call.Cancel()
				return
			}
			c.session.Bye()
		})
		return nil, err
	}
	return t, nil
}

// hold takes one of the places for transfers.
func (u *UE) hold(c *fileCall) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, has := u.files[c] // another transfer of the same call
	switch {
	case u.closed:
		return ErrClosed
	case !has && len(u.files) >= u.cfg.Files.Transfers:
		return ErrBusy
	case !has:
		u.files[c] = false
	}
	return nil
}

// standing notes that a call has been answered and has its MSRP session.
func (u *UE) standing(c *fileCall) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return ErrClosed
	}
	if _, alive := u.files[c]; alive {
		u.files[c] = true
	}
	return nil
}

// letGo gives the place back.
func (u *UE) letGo(c *fileCall) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.files, c)
}

// Times of transfers.
const (
	// fileStall is how long a transfer may stand still.
	fileStall = 2 * time.Minute
	// fileGoodbye is how long what a side owes the other at the end of a transfer is
	// waited for: the end of a message, a report, another offer.
	fileGoodbye = 2 * time.Second
	// fileReport is how long a report on a message that was answered well may take.
	fileReport = 10 * time.Second
	// fileLinger is how long a call goes on whose transfer is over, for the other side
	// to make another offer, or to say goodbye.
	fileLinger = 32 * time.Second
)
