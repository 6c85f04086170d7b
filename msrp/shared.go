package msrp

import (
	"strings"
	"unicode/utf8"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// maxFixedChunk is the largest chunk that may state its end in advance.
// RFC 4975 §7.1.1. [MSRP-SND-02]
const maxFixedChunk = 2048

// usualHead is enough for the header fields of most messages, in octets.
const usualHead = 192

const inlineName, inlineValue = "Content-Disposition", "inline"

// Message is the content of one message to be sent.
type Message struct {
	ID          string           // Message-ID; empty: a fresh one
	Header      []msrpwire.Field // further header fields, first chunk only
	ContentType string           // empty: a message without body
	Body        []byte           // never changed once handed over
	// Kind is what a peer refuses that answers 415: nothing of the same kind is sent
	// to it again. Default: ContentType, whose wrapper may hold other things, too.
	// [MSRP-RSP-09]
	Kind          string
	SuccessReport bool // ask for a REPORT when all has arrived
	FailureReport msrpwire.FailureReport
}

// Shared is a message rendered once for any number of sessions: everything
// from Message-ID on. It is immutable and safe for concurrent use.
type Shared struct {
	id          string
	contentType string
	kind        string // of its content, in lower case
	head        []byte // header fields of the message in one SEND, with the empty line
	body        []byte
	trace       *trace // what outlives it
	size        int64  // octets of the message, of which body may be a part; see Writer
	fields      []msrpwire.Field
	hasBody     bool
	dashes      bool // a transaction identifier may occur in the body
	text        bool // head and body are valid UTF-8, which is not looked for in a large one
	success     bool
	failure     msrpwire.FailureReport
}

// Prepare renders m. It fails with an error that wraps msrpwire.ErrUnwritable
// if a value cannot stand in a header.
func Prepare(m Message) (*Shared, error) {
	if m.ID == "" {
		m.ID = NewMessageID()
	}
	kind := strings.ToLower(mediaType(m.Kind))
	if kind == "" {
		kind = strings.ToLower(mediaType(m.ContentType))
	}
	sh := &Shared{
		id: m.ID, contentType: m.ContentType, kind: kind, hasBody: m.ContentType != "", fields: m.Header,
		success: m.SuccessReport, failure: m.FailureReport, trace: &trace{id: m.ID, kind: kind},
	}
	if sh.hasBody {
		sh.body, sh.size, sh.dashes = m.Body, int64(len(m.Body)), msrpwire.MayCollide(m.Body)
	}
	// RFC 4975 §7.1.1: above 2,048 octets the end stays open, so that the
	// chunk can be interrupted. The total is always stated, since some
	// receivers fail without. [MSRP-SND-02] [MSRP-SND-03]
	end := int64(len(sh.body))
	if end > maxFixedChunk {
		end = msrpwire.Unknown
	}
	h := sh.chunk(1, end)
	head, err := h.AppendFields(make([]byte, 0, usualHead))
	if err != nil {
		return nil, err
	}
	sh.head = head
	sh.text = len(sh.body) <= maxFlat && utf8.Valid(head) && utf8.Valid(sh.body)
	return sh, nil
}

// NewMessageID returns a fresh Message-ID of 95 random bits. [MSRP-FRM-02]
func NewMessageID() string {
	var buf [24]byte
	return string(msrpwire.AppendMessageID(buf[:0]))
}

// ID returns the Message-ID.
func (sh *Shared) ID() string { return sh.id }

// Size returns the octets of the body.
func (sh *Shared) Size() int { return len(sh.body) }

// chunk returns the header fields of the chunk that begins with octet start.
// RFC 4975 §7.1.1: Message-ID, report fields and Content-Type stand in each of
// them. [MSRP-SND-01] [MSRP-SND-07]
func (sh *Shared) chunk(start, end int64) msrpwire.Head {
	h := msrpwire.Head{
		MessageID: []byte(sh.id), SuccessReport: sh.success, FailureReport: sh.failure,
		ContentType: []byte(sh.contentType), HasBody: sh.hasBody,
		ByteRange: msrpwire.Range{Start: start, End: end, Total: sh.size},
	}
	if start == 1 {
		h.Fields = sh.fields
	}
	return h
}

// appendHead adds the header fields of a chunk. Disposed: the first of several
// has a Content-Disposition, without which there are clients that fail. [WS-04]
func (sh *Shared) appendHead(dst []byte, start, end int64, disposed bool) []byte {
	h := sh.chunk(start, end)
	if disposed && start == 1 && h.Field(inlineName) == nil {
		inline := msrpwire.Field{Name: []byte(inlineName), Value: []byte(inlineValue)}
		h.Fields = append(h.Fields[:len(h.Fields):len(h.Fields)], inline)
	}
	dst, _ = h.AppendFields(dst) // Prepare has shown that they can be written
	return dst
}

// appendBare adds the header fields of a SEND without body that ends the
// message behind its first off octets.
func (sh *Shared) appendBare(dst []byte, off int) []byte {
	h := sh.chunk(int64(off)+1, int64(off))
	h.HasBody, h.ContentType = false, nil
	dst, _ = h.AppendFields(dst)
	return dst
}
