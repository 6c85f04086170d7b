package filetransfer

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // the digest that RFC 5547 §5 names; it finds faults, not forgers
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/confab-chat/confab/sdp"
)

// SHA1 is the algorithm of digests, the only one that RFC 5547 §5 knows.
const SHA1 = "sha-1"

// ErrIrregular is returned for folders, devices and the like.
var ErrIrregular = errors.New("filetransfer: not a regular file")

// Source is a file to be sent. [Open] makes one of a file on the disk.
type Source struct {
	Name     string    // without folders; may be empty
	Type     string    // media type, with its parameters
	Size     int64     // octets
	Modified time.Time // zero: not known
	// Content holds Size octets. It is read from any goroutine.
	Content io.ReaderAt
	// SHA1 is the digest of the content; [Source.Hash] finds it out.
	SHA1 []byte
}

// Open opens a regular file. Its media type is that of its name, or else what it looks
// like. The caller closes it when its transfers have ended.
func Open(path string) (*Source, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s", ErrIrregular, path) // to open a pipe would wait for who writes to it
	}
	f, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: %s", ErrIrregular, path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s := &Source{
		Name: filepath.Base(path), Type: mime.TypeByExtension(filepath.Ext(path)),
		Size: info.Size(), Modified: info.ModTime(), Content: f,
	}
	if s.Type == "" {
		head := make([]byte, 512) // as many as are looked at
		n, _ := f.ReadAt(head, 0)
		s.Type = http.DetectContentType(head[:n])
	}
	return s, nil
}

// Close closes the content, if that can be closed.
func (s *Source) Close() error {
	if c, ok := s.Content.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Hash reads the content to find out its digest, unless that is known, and ends early
// when ctx does. It is not safe for concurrent use.
func (s *Source) Hash(ctx context.Context) error {
	if s.SHA1 != nil {
		return nil
	}
	sum := sha1.New() //nolint:gosec // see the import
	n, err := io.Copy(sum, &interruptible{ctx, io.NewSectionReader(s.Content, 0, s.Size)})
	if err == nil && n != s.Size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("filetransfer: %w", err)
	}
	s.SHA1 = sum.Sum(nil)
	return nil
}

// interruptible is a reader that ends with its context.
type interruptible struct {
	ctx context.Context //nolint:containedctx // the reader lives for one call
	r   io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Describe returns the selectors of the file: all of them, but the digest only once it
// is known. [FT-03]
func (s *Source) Describe() *sdp.File {
	f := &sdp.File{Name: s.Name, Type: selector(s.Type), Size: s.Size}
	if s.SHA1 != nil {
		f.Hashes = []sdp.FileHash{{Algorithm: SHA1, Digest: s.SHA1}}
	}
	return f
}

// Disposition is the Content-Disposition of the message with the file; kind is
// "attachment" or "render" (RFC 5547 §7, RFC 2183).
func (s *Source) Disposition(kind string) string {
	params := map[string]string{"size": strconv.FormatInt(s.Size, 10)}
	if s.Name != "" {
		params["filename"] = s.Name
	}
	if !s.Modified.IsZero() {
		params["modification-date"] = s.Modified.Format(time.RFC1123Z)
	}
	return mime.FormatMediaType(kind, params)
}

// Meets reports whether the file is what selectors ask for: all of them have to match
// (RFC 5547 §5, §8.3.2). Parameters of the type play no role, and a digest only once
// that of the file is known.
func (s *Source) Meets(f *sdp.File) bool {
	digest := f.Digest(SHA1)
	return (f.Name == "" || f.Name == s.Name) &&
		(f.Type == "" || essence(f.Type) == essence(s.Type)) &&
		(f.Size < 0 || f.Size == s.Size) &&
		(digest == nil || s.SHA1 == nil || bytes.Equal(digest, s.SHA1))
}

// Range returns the octets of the file that a range asks for. The error is for a range
// that leaves the file. RFC 5547 §8.7. [FT-07]
func (s *Source) Range(r sdp.FileRange) (*io.SectionReader, error) {
	before, octets, ok := r.Of(s.Size)
	if !ok {
		return nil, fmt.Errorf("filetransfer: %d octets have no range %d-%d", s.Size, r.Start, r.Stop)
	}
	return io.NewSectionReader(s.Content, before, octets), nil
}
