package msrpwire

// Event says what Decoder.Next found.
type Event uint8

const (
	// NeedMore says that nothing can be made of the octets behind those
	// consumed. Read more and call again with all unconsumed octets.
	NeedMore Event = iota
	// GotHead says that a message begins; Decoder.Head describes it.
	GotHead
	// GotBody says that the n consumed octets are the next ones of the body.
	GotBody
	// GotEnd says that the message is complete; Decoder.Flag tells how it ended.
	GotEnd
)

// Flag is the continuation flag of an end-line (RFC 4975 §7.1).
type Flag byte

// Continuation flags.
const (
	Last      Flag = '$' // the last chunk of the message
	Continues Flag = '+' // more chunks follow
	Aborted   Flag = '#' // the message is given up
)

func (f Flag) valid() bool { return f == Last || f == Continues || f == Aborted }

type decoderState uint8

const (
	stateHead    decoderState = iota // between messages or in a head
	stateBody                        // the body is handed out
	stateSkip                        // the body is dropped, its end is told
	stateRefused                     // an error was returned: the rest is dropped, without GotEnd
	stateBroken                      // a fatal error was returned
)

// Decoder splits one direction of a connection into messages. It works in place
// on the octets the caller passes to Next, and what it says does not depend on
// how they were cut by the transport. [MSRP-FRM-14]
//
// A message is GotHead, any number of GotBody and GotEnd; or it is refused with
// an error, which may come instead of any of these and ends the message. The
// zero value is a Decoder with default limits.
type Decoder struct {
	limits  Limits
	ready   bool
	state   decoderState
	started bool // something of the body was seen
	flag    Flag
	head    Head
	octets  int64 // body octets handed out or dropped

	seen  int // octets of an unfinished head that were looked at
	retry int // octets at which it is worth another look without a new line
	blank int // CRLFs skipped in front of the message

	marker    [markerMax]byte // CRLF, seven hyphens, transaction identifier
	markerLen int

	paths   pathCache
	own     []byte // memory of a head whose octets had to be given back
	owned   bool
	failure *Error
}

// NewDecoder returns a Decoder with the given limits.
func NewDecoder(l Limits) *Decoder {
	return &Decoder{limits: l.withDefaults(), ready: true}
}

// Next looks at b, the octets of the stream that were not consumed yet, and
// returns what it found and how many octets that took. The caller drops those
// n octets and calls again, until the event is NeedMore and err is nil.
//
// A non-nil err is an *Error that ends the current message: Head describes it as
// far as it could be read. Unless the error is Fatal the decoder goes on behind
// its end-line, silently. After a fatal error every call returns the same one.
func (d *Decoder) Next(b []byte) (ev Event, n int, err error) {
	if !d.ready {
		d.limits, d.ready = d.limits.withDefaults(), true
	}
	var e *Error
	switch d.state {
	case stateHead:
		ev, n, e = d.nextHead(b)
	case stateBody:
		ev, n, e = d.nextBody(b)
	case stateSkip, stateRefused:
		ev, n, e = d.nextDropped(b)
	default:
		e = d.failure
	}
	if e != nil {
		d.refuse(e)
		return NeedMore, n, e
	}
	return ev, n, nil
}

// Head returns the head of the current message. Its views are valid from
// GotHead until Next is called after GotEnd or an error: they point into the
// octets passed to Next, and are moved to memory of the decoder before NeedMore
// is returned in the middle of a message, so that the caller may reuse its
// buffer then. What is to live longer has to be copied.
func (d *Decoder) Head() *Head { return &d.head }

// Flag returns the flag of the message that ended with GotEnd. Anything but a
// SEND ends with Last. [MSRP-FRM-16]
func (d *Decoder) Flag() Flag { return d.flag }

// Open reports whether a message has begun whose end was not seen. A stream may
// end where Open is false and no octets are left over.
func (d *Decoder) Open() bool { return d.state != stateHead }

// Skip makes the decoder drop the rest of the body of the current message
// instead of handing it out; GotEnd still comes. More than Limits.Skipped octets
// are a fatal error. [MSRP-RCV-15]
func (d *Decoder) Skip() {
	if d.state == stateBody {
		d.state, d.octets = stateSkip, 0
	}
}

func (d *Decoder) refuse(e *Error) {
	switch {
	case e.Fatal:
		d.state, d.failure = stateBroken, e
	case d.state == stateBody, d.state == stateSkip:
		d.state, d.octets = stateRefused, 0
	}
}

// nextDropped drops body octets up to the end-line. Of a refused message nothing
// more is said; of a skipped one GotEnd is, and never an error, since its caller
// has made up its mind.
func (d *Decoder) nextDropped(b []byte) (Event, int, *Error) {
	dropped := 0
	for {
		ev, n := d.scanBody(b[dropped:])
		dropped += n
		switch ev {
		case GotBody:
			if d.octets += int64(n); d.octets > d.limits.Skipped {
				return NeedMore, dropped, unreadable("Too much of a refused message")
			}
		case GotEnd:
			refused := d.state == stateRefused
			_ = d.finish()
			if !refused {
				return GotEnd, dropped, nil
			}
			next, m, e := d.nextHead(b[dropped:])
			return next, dropped + m, e
		default:
			if d.state == stateSkip {
				d.keepHead()
			}
			return NeedMore, dropped, nil
		}
	}
}

// nextBody hands out body octets and the end of the message.
func (d *Decoder) nextBody(b []byte) (Event, int, *Error) {
	ev, n := d.scanBody(b)
	switch ev {
	case GotBody:
		d.octets += int64(n)
		if e := d.checkBody(); e != nil {
			return NeedMore, 0, e
		}
	case GotEnd:
		if e := d.finish(); e != nil {
			return NeedMore, n, e
		}
	default:
		d.keepHead()
	}
	return ev, n, nil
}

// checkBody says whether a request may have the body octets it has.
func (d *Decoder) checkBody() *Error {
	switch h := &d.head; {
	case !h.HasBody:
		return badRequest("Body without Content-Type") // [MSRP-FRM-27]
	case h.ByteRange.empty():
		return badRequest("Body in an empty Byte-Range") // [MSRP-FRM-19]
	case h.Method != SEND && d.octets > d.limits.OtherBody:
		// RFC 4975 §7.1: only a SEND may have a body over 10,240 octets.
		// [MSRP-FRM-17]
		return &Error{Status: StatusBadRequest, Comment: "Body too long", Fatal: true}
	default:
		return nil
	}
}

// finish closes the message whose end-line was consumed.
func (d *Decoder) finish() *Error {
	d.state, d.seen = stateHead, 0
	h := &d.head
	if h.Method != SEND {
		d.flag = Last // [MSRP-FRM-16]
		return nil
	}
	if d.flag != Last && len(h.MessageID) == 0 {
		return badRequest("Chunk without Message-ID") // [MSRP-FRM-21]
	}
	return nil
}

// Keep moves the head of the message that has just ended to memory of the
// decoder, so that the caller may reuse its buffer before it acts upon it.
func (d *Decoder) Keep() { d.keepHead() }

// keepHead moves the head to memory of the decoder, because the caller is about
// to reuse its buffer.
func (d *Decoder) keepHead() {
	if !d.owned {
		d.own, d.owned = d.head.detach(d.own), true
	}
}
