package filetransfer

import (
	"errors"
	"io"
	"mime"

	"github.com/confab-chat/confab/cpim"
)

// typeCPIM is the media type of the wrapper.
const typeCPIM = "message/cpim"

var errGap = errors.New("filetransfer: the header of the wrapper does not come in order")

// Body takes the octets of a message and passes on those of the file in it, which may be
// wrapped in message/cpim (RFC 3862). It is not safe for concurrent use.
type Body struct {
	to      io.WriterAt
	scanner cpim.Scanner
	head    []byte // of the wrapper, until it is complete
	content int64  // where the content starts, -1 until that is known
	name    string
}

// NewBody takes a message of a media type, with a Content-Disposition or none, whose
// file goes to w. A file that is itself a message/cpim object must be wrapped, or be
// described as one: then wrapped is false.
func NewBody(w io.WriterAt, wrapped bool, disposition string) *Body {
	b := &Body{to: w, name: filename(disposition)}
	if wrapped {
		b.content = -1
	}
	return b
}

// Wraps reports whether a message of a media type is a wrapper around a file of another.
func Wraps(contentType, file string) bool {
	return essence(contentType) == typeCPIM && essence(file) != typeCPIM
}

// Name is the name in the Content-Disposition of the file, as it was chosen by the
// sender; empty if there is none.
func (b *Body) Name() string { return b.name }

// WriteAt implements [io.WriterAt] for the octets of the message. The error is a
// [*cpim.Error] for a wrapper that cannot be read.
func (b *Body) WriteAt(p []byte, at int64) (int, error) {
	if b.content >= 0 && at < b.content {
		skip := min(b.content-at, int64(len(p)))
		n, err := b.WriteAt(p[skip:], b.content) // the header again
		return int(skip) + n, err
	}
	if b.content >= 0 {
		return b.to.WriteAt(p, at-b.content)
	}
	if at != int64(len(b.head)) {
		return 0, errGap
	}
	b.head = append(b.head, p...)
	complete, err := b.scanner.Scan(b.head)
	if err != nil || !complete {
		return len(p), err
	}
	wrapper, err := cpim.Parse(b.head, cpim.Limits{})
	if err != nil {
		return 0, err
	}
	b.content = int64(wrapper.HeaderLen)
	if name := filename(string(wrapper.Field("content-disposition"))); name != "" {
		b.name = name
	}
	b.head = nil
	if len(wrapper.Content) > 0 {
		_, err = b.to.WriteAt(wrapper.Content, 0)
	}
	return len(p), err
}

// filename is the name in a Content-Disposition (RFC 2183 §2.3).
func filename(disposition string) string {
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil {
		return ""
	}
	return params["filename"]
}
