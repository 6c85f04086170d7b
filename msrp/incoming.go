package msrp

import (
	"bytes"
	"io"
	"sync/atomic"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Incoming is a message that is arriving or has arrived. Until it is handed to
// Handler.Message only the reader of the connection may touch it, that is the
// Inspector in its calls; afterwards it is immutable but for Accept and Refuse.
type Incoming struct {
	// Tag is for the application.
	Tag any

	session     *Session
	id          string
	contentType string
	fields      []msrpwire.Field
	success     bool
	declared    int64

	// Guarded by the session's mu while the message is incomplete.
	touched    int64 // end of its last chunk
	active     bool  // a chunk of it is being read
	registered bool  // among the session's partials
	dropped    bool

	// Owned by the reader.
	asm       assembly
	sink      io.WriterAt // takes the octets, nil: they are held in asm
	poured    spans       // of the octets that went there
	at        int64       // where the next octets of the running chunk go
	first     int64       // where that chunk began
	inspected bool
	seen      int  // octets that the inspector has seen
	rewritten bool // some of these are others now

	conn    *conn
	request asked // the last one
	settled atomic.Bool
}

// ID returns the Message-ID, "" if there was none.
func (in *Incoming) ID() string { return in.id }

// ContentType returns the Content-Type with its parameters.
func (in *Incoming) ContentType() string { return in.contentType }

// Field returns a header field of the message's first chunk that this package
// does not interpret, nil if there is none.
func (in *Incoming) Field(name string) []byte {
	h := msrpwire.Head{Fields: in.fields}
	return h.Field(name)
}

// Body returns the octets that are there without gap from the first on: all of
// them once the message is complete. They must not be changed.
func (in *Incoming) Body() []byte { return in.asm.prefix() }

// Rewritten reports whether a later chunk has written other octets over some that
// the Inspector had been shown. What it has concluded may no longer hold then.
// RFC 4975 §7.3.1.
func (in *Incoming) Rewritten() bool { return in.rewritten }

// rewrites reports whether p, the next octets of the running chunk, changes what
// the inspector has seen.
func (in *Incoming) rewrites(p []byte) bool {
	if in.at >= int64(in.seen) {
		return false
	}
	old := in.Body()[in.at:in.seen]
	n := min(len(old), len(p))
	return !bytes.Equal(old[:n], p[:n])
}

// WantsFailure reports whether the sender is told of failures, RFC 4975 §7.1.1.
func (in *Incoming) WantsFailure() bool { return in.request.failure != msrpwire.FailureNo }

// Declared returns the size announced by the first chunk, msrpwire.Unknown if
// there was none. It may be wrong.
func (in *Incoming) Declared() int64 { return in.declared }

// Accept answers the last chunk well, and sends the success report if one was
// asked for. Only the first call of Accept or Refuse counts. Safe from any
// goroutine. RFC 4975 §7.1.2. [MSRP-RPT-03]
func (in *Incoming) Accept() {
	if in.settled.Swap(true) {
		return
	}
	in.answer(msrpwire.StatusOK, "")
	if in.success && in.id != "" {
		n := in.Size()
		h := in.request.head()
		in.session.reportTo(in.conn, &h, msrpwire.Range{Start: 1, End: n, Total: n}) // [MSRP-RPT-02]
	}
	in.conn.released()
}

// Refuse answers the last chunk with the status of err, 403 if it has none.
// Where no response is due nothing is sent. The Message-ID stays refused for a
// minute. [MSRP-RPT-04] [SW-PUB-19]
func (in *Incoming) Refuse(err error) {
	if in.settled.Swap(true) {
		return
	}
	if in.id != "" {
		in.session.cfg.Seen.forget(in.id)
		in.drop(msrpwire.StatusForbidden)
	}
	e := asError(err)
	in.answer(e.Status, e.Comment)
	in.conn.released()
}

func (in *Incoming) answer(status int, comment string) {
	h := in.request.head()
	in.conn.respond(&h, status, comment)
}

// released notes that a handler owes one response less.
func (c *conn) released() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due--
	if c.draining && c.due == 0 {
		c.wake()
	}
}

// asked is what a response to a request, or a report of it, needs of its head.
type asked struct {
	octets        []byte // transaction identifier, To-Path, From-Path, Message-ID
	tid, to, from int32  // where each of the first three ends
	method        msrpwire.Method
	failure       msrpwire.FailureReport
	success       bool
}

func keep(h *msrpwire.Head) asked {
	b := make([]byte, 0, len(h.TID)+len(h.ToPath)+len(h.FromPath)+len(h.MessageID))
	a := asked{method: h.Method, failure: h.FailureReport, success: h.SuccessReport}
	add := func(p []byte) int32 {
		b = append(b, p...)
		return int32(len(b)) //nolint:gosec // a head is far shorter
	}
	a.tid, a.to, a.from = add(h.TID), add(h.ToPath), add(h.FromPath)
	add(h.MessageID)
	a.octets = b
	return a
}

// head returns the head as far as it is known.
func (a *asked) head() msrpwire.Head {
	return msrpwire.Head{
		TID: a.octets[:a.tid:a.tid], Method: a.method, ToPath: a.octets[a.tid:a.to:a.to], FromPath: a.octets[a.to:a.from:a.from],
		MessageID: a.octets[a.from:], FailureReport: a.failure, SuccessReport: a.success,
	}
}
