package msrpwire

import (
	"errors"
	"fmt"
)

// ErrUnwritable is wrapped by the errors of Append functions that refuse to
// write a value which would break the grammar. [MSRP-FRM-26]
var ErrUnwritable = errors.New("msrp: cannot be written")

func unwritable(what string) error { return fmt.Errorf("%w: %s", ErrUnwritable, what) }

// AppendStart appends the start line of a request.
func AppendStart(dst, tid []byte, m Method) []byte {
	dst = append(dst, "MSRP "...)
	dst = append(dst, tid...)
	dst = append(dst, ' ')
	dst = append(dst, m...)
	return append(dst, crlf...)
}

// AppendPaths appends the To-Path and From-Path lines, which are the same for
// every request of a session and may be rendered once.
func AppendPaths(dst []byte, to, from Path) []byte {
	dst = append(dst, "To-Path: "...)
	dst = append(dst, to...)
	dst = append(dst, "\r\nFrom-Path: "...)
	dst = append(dst, from...)
	return append(dst, crlf...)
}

// AppendEnd appends the end-line, and in front of it the CRLF that ends a body
// if there is one. [MSRP-FRM-12]
func AppendEnd(dst, tid []byte, f Flag, hasBody bool) []byte {
	if hasBody {
		dst = append(dst, crlf...)
	}
	dst = append(dst, endLineHyphens...)
	dst = append(dst, tid...)
	return append(dst, byte(f), '\r', '\n')
}

// AppendCopy appends a whole SEND with a body: paths are rendered once for each
// receiver (AppendPaths), tail once for all of them (Head.AppendFields and the
// body). It allocates nothing but what dst lacks. The end-line leaves together
// with the end of the body, which some peers need. [MSRP-SND-15] The caller has
// made sure that the body does not collide with tid.
func AppendCopy(dst, tid, paths, tail []byte, f Flag) []byte {
	dst = AppendStart(dst, tid, SEND)
	dst = append(dst, paths...)
	dst = append(dst, tail...)
	return AppendEnd(dst, tid, f, true)
}

// Append appends start line and header fields in canonical order and spelling,
// and the empty line if there is a body. The body and AppendEnd follow. If the
// head cannot be written dst is returned as it was, with an error that wraps
// ErrUnwritable.
func (h *Head) Append(dst []byte) ([]byte, error) {
	if err := h.writable(); err != nil {
		return dst, err
	}
	if h.IsRequest() {
		dst = AppendStart(dst, h.TID, h.Method)
	} else {
		dst = appendStatusLine(dst, h.TID, h.Status, h.Comment)
	}
	dst = AppendPaths(dst, h.ToPath, h.FromPath)
	return h.appendFields(dst), nil
}

// AppendFields appends the header fields behind the paths, from Message-ID to
// the empty line if there is a body: the part that copies for many receivers
// share. It fails as Append does.
func (h *Head) AppendFields(dst []byte) ([]byte, error) {
	if err := h.writableFields(); err != nil {
		return dst, err
	}
	return h.appendFields(dst), nil
}

func (h *Head) appendFields(dst []byte) []byte {
	if len(h.MessageID) > 0 {
		dst = appendField(dst, "Message-ID", h.MessageID)
	}
	if !h.ByteRange.IsZero() {
		dst = append(h.ByteRange.Append(append(dst, "Byte-Range: "...)), crlf...)
	}
	if h.SuccessReport {
		dst = append(dst, "Success-Report: yes\r\n"...)
	}
	if h.FailureReport != FailureYes {
		// A literal "yes" makes some peers report every response. [MSRP-RPT-01]
		dst = appendField(dst, "Failure-Report", h.FailureReport.String())
	}
	if !h.ReportStatus.IsZero() {
		dst = append(h.ReportStatus.Append(append(dst, "Status: "...)), crlf...)
	}
	if h.UseNickname != nil {
		dst = appendField(dst, "Use-Nickname", h.UseNickname)
	}
	dst = h.appendOthers(dst, false)
	if !h.HasBody {
		return dst // [MSRP-FRM-10]
	}
	dst = h.appendOthers(dst, true)
	dst = appendField(dst, "Content-Type", h.ContentType) // [MSRP-FRM-09]
	return append(dst, crlf...)
}

func (h *Head) appendOthers(dst []byte, mime bool) []byte {
	for _, f := range h.Fields {
		if isMIMEField(f.Name) == mime {
			dst = appendFieldName(dst, f.Name)
			dst = append(append(append(dst, ": "...), f.Value...), crlf...)
		}
	}
	return dst
}

func appendField[T ~string | ~[]byte](dst []byte, name string, value T) []byte {
	dst = append(append(dst, name...), ": "...)
	return append(append(dst, value...), crlf...)
}

func appendStatusLine[T ~string | ~[]byte](dst, tid []byte, status int, comment T) []byte {
	dst = append(append(dst, "MSRP "...), tid...)
	dst = appendThreeDigits(append(dst, ' '), status)
	if len(comment) > 0 {
		dst = append(append(dst, ' '), comment...)
	}
	return append(dst, crlf...)
}

func (h *Head) writable() error {
	switch {
	case h.IsRequest() && !isStrictIdent(h.TID), !isIdent(h.TID):
		return unwritable("transaction identifier")
	case h.IsRequest() == (h.Status != 0):
		return unwritable("neither request nor response")
	case !h.IsRequest() && (h.Status < 0 || h.Status > statusHighest || hasControl(h.Comment)):
		return unwritable("status")
	case h.IsRequest() && !validMethod(h.Method):
		return unwritable("method")
	case len(h.ToPath) == 0 || hasControl(h.ToPath):
		return unwritable("To-Path")
	case len(h.FromPath) == 0 || hasControl(h.FromPath):
		return unwritable("From-Path")
	}
	return h.writableFields()
}

func (h *Head) writableFields() error {
	switch {
	case len(h.MessageID) > 0 && !isIdent(h.MessageID):
		return unwritable("Message-ID")
	case !h.ByteRange.IsZero() && !h.ByteRange.valid():
		return unwritable("Byte-Range")
	case !h.ReportStatus.IsZero() && !h.ReportStatus.valid():
		return unwritable("Status")
	case hasControl(h.UseNickname):
		return unwritable("Use-Nickname")
	case h.HasBody && h.Status != 0:
		return unwritable("body of a response")
	case h.HasBody && (MediaType(h.ContentType) == nil || hasControl(h.ContentType)):
		return unwritable("Content-Type")
	}
	for i := range h.Fields {
		if !h.Fields[i].writable() {
			return unwritable("header field")
		}
	}
	return nil
}

func (f *Field) writable() bool {
	return isFieldName(f.Name) && identifyField(f.Name) == fieldOther && !hasControl(f.Value)
}

func validMethod(m Method) bool {
	_, ok := parseMethod([]byte(m))
	return ok
}
