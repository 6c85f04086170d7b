package participant

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// plan decides how the file is sent: in message/cpim to who names that type, else as it
// is to who takes its type. The range of octets is what is wrapped (RFC 5547 §8.7).
// Errors: [ErrType], [msrp.ErrTooLarge]. [FT-05] [FT-07]
func (l *fileLine) plan(peer *sdp.Message) error {
	s, f := l.t.source, l.t.File()
	r, ok := sdp.ParseFileRange(f.Range)
	if !ok {
		return fmt.Errorf("participant: file-range %q", f.Range)
	}
	octets, err := s.Range(r)
	if err != nil {
		return err //nolint:wrapcheck // says whose it is
	}
	l.message, l.octets = msrp.NewMessageID(), octets
	kind := f.Disposition
	if kind == "" {
		kind = "render" // RFC 5547 §7
	}
	l.disposition = s.Disposition(kind)
	fileType := filetransfer.ContentType(f.Type)
	switch {
	case slices.Contains(peer.AcceptTypes, sdp.TypeCPIM) && peer.AcceptsWrapped(fileType):
		l.contentType = sdp.TypeCPIM
		err = l.wrap(fileType)
	case peer.Accepts(fileType):
		l.contentType = fileType
	case peer.Accepts(sdp.TypeCPIM) && peer.AcceptsWrapped(fileType):
		l.contentType = sdp.TypeCPIM
		err = l.wrap(fileType)
	default:
		return ErrType // [MSRP-SND-12]
	}
	l.t.total.Store(octets.Size())
	if err == nil && int64(len(l.head))+octets.Size() > peer.MaxSize {
		err = msrp.ErrTooLarge // [MSRP-SND-14]
	}
	return err
}

// wrap makes the head of the wrapper.
func (l *fileLine) wrap(fileType string) error {
	from := cpim.Party{Name: l.ue.cfg.Display, URI: l.ue.identity.URI.String()}
	if l.ue.cfg.Anonymous {
		from = cpim.Party{URI: anonymous().URI.String()}
	}
	d := cpim.Draft{
		From: from, To: []cpim.Party{{URI: l.c.peer}}, DateTime: time.Now(), ContentType: fileType,
		MIME: []cpim.Pair{{Name: "Content-Disposition", Value: l.disposition}},
	}
	head, err := d.Append(nil)
	if err != nil {
		return fmt.Errorf("participant: %w", err)
	}
	l.head = head
	return nil
}

// send sends the file: one message, and nothing else on this session. [FT-05]
func (l *fileLine) send() {
	l.mu.Lock()
	if l.stopped {
		l.mu.Unlock()
		return
	}
	l.begun = true
	l.mu.Unlock()
	err := l.write()
	var refusal *msrp.Error
	switch {
	case err == nil, errors.As(err, &refusal), errors.Is(err, msrp.ErrAborted), errors.Is(err, msrp.ErrClosed):
		return // Sent, or Ended, tells
	}
	l.session.Abort(l.message) // our own fault: the file cannot be read
	l.c.session.Do(func() { l.c.abort(l.t, err) })
}

func (l *fileLine) write() error {
	m := msrp.Message{ID: l.message, ContentType: l.contentType, SuccessReport: true}
	if l.head == nil {
		m.Header = []msrpwire.Field{{Name: []byte("Content-Disposition"), Value: []byte(l.disposition)}}
	}
	size := int64(len(l.head)) + l.octets.Size()
	if size == 0 {
		return l.session.Send(m, fileRef)
	}
	w, err := l.session.NewWriter(m, size, fileRef)
	if err != nil {
		return err
	}
	if l.isStopped() { // since before there was anything to abort
		l.session.Abort(l.message)
	}
	if _, err = w.Write(l.head); err != nil {
		return err
	}
	n, err := io.Copy(w, &counted{l.octets, l.t})
	if err == nil && n != l.octets.Size() {
		err = io.ErrUnexpectedEOF // the file has become shorter
	}
	return err
}

// fileRef is the reference of the message with the file.
const fileRef = 1

// counted is a reader that counts for Progress.
type counted struct {
	r io.Reader
	t *Transfer
}

func (r *counted) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.t.moved.Add(int64(n))
	return n, err
}

// Sent implements [msrp.Handler].
func (l *fileLine) Sent(_ uint64, err error) {
	l.c.session.Do(func() {
		switch {
		case err == nil && l.t.running():
			// A report tells that the file is there, also behind relays; not everybody
			// sends one.
			l.c.after(fileReport, func() { l.c.complete(l.t) })
		case err != nil && l.t.running():
			l.refused(err)
		case err != nil && l.c.transfer == l.t:
			l.c.remove() // it was aborted, and that has been answered
		}
	})
}

// refused ends the transfer of a file that the other does not want any more. It is for
// him to end the stream, but nobody knows whether he will. [FT-07]
func (l *fileLine) refused(err error) {
	l.c.conclude(l.t, err)
	l.stop()
	if l.c.transfer == l.t && !l.c.ended {
		l.c.after(fileGoodbye, l.c.remove)
	}
}

// Report implements [msrp.Reporter].
func (l *fileLine) Report(r msrp.Report) {
	if r.MessageID != l.message {
		return
	}
	l.c.session.Do(func() {
		switch {
		case r.Status < 200 || r.Status > 299:
			l.refused(&msrp.Error{Status: r.Status, Comment: r.Comment})
		case r.Complete && l.t.running():
			l.c.complete(l.t)
		}
	})
}
