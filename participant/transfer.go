package participant

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/sdp"
)

// Transfer is one file on its way to or from another user. Its methods are safe for
// concurrent use.
type Transfer struct {
	// fixed after construction
	call    *fileCall
	source  *filetransfer.Source // nil: a file comes
	sink    *filetransfer.Sink   // nil: a file goes
	outcome chan error           // of the offer, capacity 1
	done    chan struct{}

	line *fileLine // set before the call's answer

	moved atomic.Int64
	total atomic.Int64 // -1: not known

	mu      sync.Mutex
	file    *sdp.File // guarded by mu; what it points to does not change
	over    bool      // guarded by mu
	err     error     // guarded by mu
	path    string    // guarded by mu
	partial string    // guarded by mu
}

// begin makes the transfer one of a call.
func (t *Transfer) begin(c *fileCall, id string) {
	t.call, t.done, t.outcome = c, make(chan struct{}), make(chan error, 1)
	t.total.Store(-1)
	t.file.TransferID = id
}

// wait returns when the MSRP session stands, or why it never will.
func (t *Transfer) wait(ctx context.Context) error {
	var err error
	select {
	case err = <-t.outcome:
	case <-ctx.Done():
		err = ctx.Err()
	case <-t.call.ue.closing:
		err = ErrClosed
	}
	if err == nil {
		err = t.call.ue.standing(t.call)
	}
	return err
}

// settle tells who waits what became of the offer; only the first outcome counts.
func (t *Transfer) settle(err error) {
	select {
	case t.outcome <- err:
	default:
	}
}

// sending reports whether the file goes to the other.
func (t *Transfer) sending() bool { return t.source != nil }

// direction is that of the stream, seen from our side.
func (t *Transfer) direction() sdp.Direction {
	if t.sending() {
		return sdp.SendOnly
	}
	return sdp.RecvOnly
}

// Peer returns the URI of the other user, as he was called or as he calls himself.
func (t *Transfer) Peer() string { return t.call.peer }

// File describes the file, as far as both sides have told.
func (t *Transfer) File() sdp.File {
	t.mu.Lock()
	defer t.mu.Unlock()
	return *t.file
}

// Progress returns how many octets have gone, or come, and how many it will be, -1 if
// that is not known. Octets that are gone need not have arrived.
func (t *Transfer) Progress() (octets, of int64) { return t.moved.Load(), t.total.Load() }

// Done is closed when the transfer has succeeded or failed.
func (t *Transfer) Done() <-chan struct{} { return t.done }

// Err returns why the transfer has failed; nil while it runs and when it has succeeded:
// then the other has the whole file, or we do and it is what was described. [FT-06]
func (t *Transfer) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Path returns where a received file is, once Done is closed.
func (t *Transfer) Path() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.path
}

// Partial returns where the part of a file is that had come when the transfer broke off,
// if the target keeps it.
func (t *Transfer) Partial() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.partial
}

// Abort gives the transfer up; one that is over stays as it is. The other is told, by
// MSRP and by SIP, after Done is closed. RFC 5547 §8.4. [FT-07]
func (t *Transfer) Abort() {
	t.call.session.Do(func() { t.call.abort(t, ErrAborted) })
}

// learn adds to the description what the other says. What we know stays.
func (t *Transfer) learn(f *sdp.File) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := *t.file
	if known.Name == "" {
		known.Name = f.Name
	}
	if known.Type == "" {
		known.Type = f.Type
	}
	if known.Size < 0 {
		known.Size = f.Size
	}
	if len(known.Hashes) == 0 {
		known.Hashes = f.Hashes
	}
	t.file = &known
}

// running reports whether the outcome is open.
func (t *Transfer) running() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.over
}

// finish notes the outcome; only the first one counts.
func (t *Transfer) finish(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.over {
		t.over, t.err = true, err
		close(t.done)
	}
}

// fail ends a transfer that has not begun, and returns why.
func (t *Transfer) fail(err error) error {
	if t.sink != nil {
		t.sink.Discard()
	}
	return err
}
