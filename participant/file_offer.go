package participant

import (
	"context"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// FileOffer is a file that another user would like to send, or to have. It is decided
// once, by [FileOffer.Accept], [FileOffer.Serve] or [FileOffer.Refuse], unless he gives
// up before.
type FileOffer struct {
	// From is the URI of the other, Display how he calls himself. Nobody has verified
	// them.
	From, Display string
	// File describes the file. Its name is of the other's choosing, and no name for a
	// file of ours: see [filetransfer.SafeName].
	File sdp.File
	// Wanted says that the other asks for a file, by the selectors in File.
	Wanted bool

	call     *fileCall
	answer   fileAnswer
	decision decision
}

// fileAnswer carries a decision out.
type fileAnswer interface {
	// take answers that the transfer is wanted. It is called on the shard of the call.
	take(t *Transfer)
	refuse(e *sip.Error)
	do(f func())
}

// FileOffers returns the channel of offered and wanted files, which come once [UE.Listen]
// has opened the UE, if Config.Files allows it. It is never closed. Of more than 16 that
// nobody has fetched further ones are answered 486.
func (u *UE) FileOffers() <-chan *FileOffer { return u.fileOffers }

// Done is closed when the offer has been decided or withdrawn.
func (o *FileOffer) Done() <-chan struct{} { return o.decision.decided }

// Withdrawn tells whether the other has given up.
func (o *FileOffer) Withdrawn() bool { return o.decision.over() }

// Accept has an offered file received, and returns when the MSRP session stands. Errors:
// [ErrWithdrawn], [ErrBusy], and for what the target cannot take those of package
// filetransfer; the other is then refused. RFC 5547 §8.3.1. [FT-04] [FT-06]
func (o *FileOffer) Accept(ctx context.Context, target filetransfer.Target) (*Transfer, error) {
	if o.Wanted {
		return nil, errors.New("participant: a file is wanted, none is offered")
	}
	if !o.decide(false) {
		return nil, ErrWithdrawn
	}
	f := o.File
	sink, err := target.Create(&f, o.call.ue.cfg.Files.MaxSize)
	if err != nil {
		o.answer.refuse(noFile(err))
		return nil, err
	}
	return o.begin(ctx, &Transfer{file: &f, sink: sink})
}

// Serve sends a file that is wanted, like [FileOffer.Accept]. It must be what the
// selectors ask for; else the other is refused, and the error is
// [filetransfer.ErrMismatch]. Its digest is found out before, unless it is known. RFC
// 5547 §8.3.2. [FT-04]
func (o *FileOffer) Serve(ctx context.Context, file *filetransfer.Source) (*Transfer, error) {
	if !o.Wanted {
		return nil, errors.New("participant: a file is offered, none is wanted")
	}
	if !o.decide(false) {
		return nil, ErrWithdrawn
	}
	err := file.Hash(ctx)
	if err == nil && !file.Meets(&o.File) {
		err = filetransfer.ErrMismatch
	}
	if err != nil {
		o.answer.refuse(noFile(err))
		return nil, err
	}
	// RFC 5547 §8.3.2: name and size stand in the Content-Disposition, unless they were
	// asked for.
	f, d := o.File, file.Describe()
	f.Type, f.Hashes = d.Type, d.Hashes
	return o.begin(ctx, &Transfer{file: &f, source: file})
}

// Refuse turns the offer down with a SIP status: 603, or 0, if the user declines, 404 if
// there is no such file.
func (o *FileOffer) Refuse(status int) {
	if status == 0 {
		status = 603
	}
	if o.decide(false) {
		o.answer.refuse(&sip.Error{Status: status})
	}
}

func (o *FileOffer) decide(withdrawn bool) (first bool) {
	u := o.call.ue
	u.mu.Lock()
	delete(u.undecided, o)
	u.mu.Unlock()
	return o.decision.decide(withdrawn)
}

// noFile is the answer where a file cannot be received, or there is none.
func noFile(err error) *sip.Error {
	return &sip.Error{Status: 488, Warning: fmt.Sprintf("%d confab %q", sdp.WarnOther, "file cannot be transferred"), Cause: err}
}

// begin begins a transfer that both sides want.
func (o *FileOffer) begin(ctx context.Context, t *Transfer) (*Transfer, error) {
	c := o.call
	t.begin(c, o.File.TransferID)
	err := c.ue.hold(c)
	if err == nil {
		err = c.ue.openMedia(ctx)
	}
	if err == nil {
		err = t.newLine(ctx)
	}
	if err != nil {
		o.answer.refuse(&sip.Error{Status: 480, Cause: err})
		return nil, t.fail(err)
	}
	o.answer.do(func() { o.answer.take(t) })
	if err = t.wait(ctx); err != nil {
		o.answer.do(func() {
			c.conclude(t, err)
			if c.session != nil && c.transfer == t {
				c.session.Bye()
			}
		})
		return nil, err
	}
	return t, nil
}

// offerFile hands an offer to the application. The error is the answer if that cannot
// be done.
func (u *UE) offerFile(o *FileOffer) *sip.Error {
	if !o.Wanted && o.File.Size > u.cfg.Files.MaxSize && o.File.Range == "" {
		return noFile(fmt.Errorf("%d octets", o.File.Size))
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.invitable || u.closed {
		return &sip.Error{Status: 480}
	}
	select {
	case u.fileOffers <- o:
		u.undecided[o] = true
		return nil
	default:
		return &sip.Error{Status: 486}
	}
}

// fileAmong finds the description of a call about files among bodies: it offers no
// conversation. Icons go with it (RFC 5547 §8.8); nobody looks at them here.
func fileAmong(parts []sipmsg.Part) *sdp.Session {
	for _, p := range parts {
		if t, ok := p.Header.ContentType(); !ok || !t.Is("application/sdp") {
			continue
		}
		description, err := sdp.Parse(p.Body)
		if err != nil {
			return nil
		}
		found := false
		for i := range description.Media {
			m := &description.Media[i]
			if m.Type != "message" || m.Port == 0 {
				continue
			}
			if _, is := m.Attribute("file-selector"); !is {
				return nil
			}
			found = true
		}
		if found {
			return description
		}
		return nil
	}
	return nil
}
