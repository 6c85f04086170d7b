package participant

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// wrapperMax is what a wrapper may add to a file, in octets.
const wrapperMax = 16 << 10

// fileLine is the MSRP session of one transfer. [FT-05]
type fileLine struct {
	way
	c   *fileCall
	t   *Transfer
	max int64 // octets of the largest message that is taken

	// of a file that goes; fixed before the session is connected
	message     string // its Message-ID
	contentType string
	disposition string
	head        []byte // of the wrapper, nil: there is none
	octets      *io.SectionReader

	mu       sync.Mutex
	bound    bool               // guarded by mu
	begun    bool               // the message is under way; guarded by mu
	stopped  bool               // nothing more of it is sent, or taken; guarded by mu
	told     bool               // who sends has been refused since; guarded by mu
	complete bool               // all of it is here; guarded by mu
	body     *filetransfer.Body // of a file that comes; guarded by mu, with the sink
}

// newLine makes the MSRP session of a transfer.
func (t *Transfer) newLine(ctx context.Context) error {
	t.line = &fileLine{way: way{ue: t.call.ue}, c: t.call, t: t, max: t.limit()}
	cfg := msrp.SessionConfig{
		Handler: t.line, MaxSize: t.line.max, HardLimit: 4 << 20, Partials: 1,
		Patient: true, // a slow way is no lost one
	}
	return t.line.open(ctx, cfg, true)
}

// limit is the largest message that is taken, in octets.
func (t *Transfer) limit() int64 {
	if t.sending() {
		return wrapperMax // whatever it is, it is refused
	}
	if _, of := t.sink.Octets(); of >= 0 {
		return of + wrapperMax
	}
	return t.call.ue.cfg.Files.MaxSize + wrapperMax
}

// Bound implements [msrp.Handler].
func (l *fileLine) Bound() {
	l.mu.Lock()
	first := !l.bound
	l.bound = true
	l.mu.Unlock()
	if !first {
		return
	}
	l.t.settle(nil)
	if l.t.sending() {
		l.ue.asking.Go(l.send)
	}
}

// Ended implements [msrp.Handler].
func (l *fileLine) Ended(err error) {
	err = fmt.Errorf("participant: message stream: %w", err)
	l.t.settle(err)
	if !l.live.Load() {
		return // lost behind its relays before it was used
	}
	l.c.session.Do(func() {
		if !l.settling() {
			l.c.abort(l.t, err)
		}
	})
}

// Begin implements [msrp.Inspector]. [FT-05]
func (l *fileLine) Begin(in *msrp.Incoming) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.t.sending():
		return &msrp.Error{Status: msrpwire.StatusForbidden, Comment: "Nothing is taken here"}
	case l.stopped:
		return stopSending()
	case l.begun:
		return &msrp.Error{Status: msrpwire.StatusForbidden, Comment: "One file, one message"}
	}
	l.begun = true
	wraps := filetransfer.Wraps(in.ContentType(), l.t.File().Type)
	l.body = filetransfer.NewBody(l.t.sink, wraps, string(in.Field("Content-Disposition")))
	in.Into(l)
	return nil
}

// Inspect implements [msrp.Inspector].
func (l *fileLine) Inspect(*msrp.Incoming) (bool, error) { return true, nil }

func stopSending() *msrp.Error {
	return &msrp.Error{Status: msrpwire.StatusStopSending, Comment: msrpwire.StatusComment(msrpwire.StatusStopSending)}
}

// WriteAt implements [io.WriterAt] for the octets of the message.
func (l *fileLine) WriteAt(p []byte, at int64) (int, error) {
	l.mu.Lock()
	n, err := 0, error(stopSending())
	if !l.stopped {
		n, err = l.body.WriteAt(p, at)
		stored, of := l.t.sink.Octets()
		l.t.moved.Store(stored)
		l.t.total.Store(of)
	}
	first := err != nil && !l.told
	if err != nil {
		l.stopped, l.told = true, true
	}
	l.mu.Unlock()
	if first {
		l.c.session.Do(func() { l.refuse(err) })
	}
	return n, refused(err)
}

// refuse ends a transfer whose message is answered 413. The answer leaves first. [FT-07]
func (l *fileLine) refuse(err error) {
	l.c.conclude(l.t, err)
	l.c.after(refusalTime, l.c.remove)
}

// refusalTime is enough for a response to leave.
const refusalTime = 20 * time.Millisecond

// Message implements [msrp.Handler]: the file is checked before that is answered. [FT-06]
func (l *fileLine) Message(in *msrp.Incoming) {
	l.mu.Lock()
	stopped := l.stopped
	l.complete = !stopped
	l.mu.Unlock()
	if stopped {
		in.Refuse(stopSending())
		return
	}
	l.ue.asking.Go(func() { l.verify(in) })
}

func (l *fileLine) verify(in *msrp.Incoming) {
	t := l.t
	path, err := t.sink.Finish(l.body.Name())
	if err != nil {
		in.Refuse(&msrp.Error{Status: msrpwire.StatusStopSending, Comment: "Not the file that was described"})
	} else {
		t.mu.Lock()
		t.path = path
		t.mu.Unlock()
		in.Accept()
	}
	l.c.session.Do(func() {
		switch {
		case err == nil:
			l.c.complete(t)
		case l.c.ended:
			t.finish(err)
		default:
			l.refuse(err)
		}
	})
}

// settling reports whether a complete file is being checked, or has been.
func (l *fileLine) settling() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.complete
}

// isStopped reports whether the file was given up.
func (l *fileLine) isStopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

// stop has nothing more sent, or taken, and reports whether the message is under way: an
// end of it is then seen on the stream.
func (l *fileLine) stop() (midway bool) {
	l.mu.Lock()
	midway = l.begun && !l.complete && !l.stopped
	l.stopped = true
	l.mu.Unlock()
	if midway && l.t.sending() {
		l.session.Abort(l.message)
	}
	return midway
}

// discard gives up what has come, and returns where a part of it is kept.
func (l *fileLine) discard() (partial string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.complete { // Finish has dealt with it
		return ""
	}
	l.stopped = true
	return l.t.sink.Discard()
}

// expect holds what is said of the file against what is wanted, and what there is room
// for.
func (t *Transfer) expect(f *sdp.File) error {
	t.learn(f)
	known := t.File()
	err := t.sink.Expect(&known)
	_, of := t.sink.Octets()
	t.total.Store(of)
	return err
}
