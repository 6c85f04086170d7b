package filetransfer

import (
	"crypto/sha1" //nolint:gosec // the digest that RFC 5547 §5 names; it finds faults, not forgers
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/confab-chat/confab/sdp"
)

// Why a file is not received.
var (
	// ErrNoSpace: the file system has less room than the file takes.
	ErrNoSpace = errors.New("filetransfer: not enough space")
	// ErrMismatch: what came is not what was described: it is corrupt, or another file.
	ErrMismatch = errors.New("filetransfer: not the file that was described")
	// ErrPartial: the part that is there does not end where the rest begins.
	ErrPartial = errors.New("filetransfer: the part does not fit")
)

// Target says where a received file is put. Dir is required and must exist.
type Target struct {
	Dir string
	// Partial is a file with the octets in front of those that come, which it is
	// completed with, in the same file system as Dir; empty: there is none.
	Partial string
	// Keep leaves what has come when the transfer breaks off, for another Target's
	// Partial. A Partial is kept in any case.
	Keep bool
	// Free returns how many octets there is room for in a folder; nil asks the system.
	Free func(dir string) (int64, error)
}

// Sink takes the octets of one file. Until Finish it has a name of its own, with a dot
// in front. It is not safe for concurrent use.
type Sink struct {
	target Target
	file   *os.File
	want   *sdp.File
	before int64 // octets of the file in front of those that come
	octets int64 // how many are to come, -1 if that is not known
	limit  int64 // how many may come at most
	whole  bool  // what comes, and what is there, is the whole file

	sum    hash.Hash // of the first summed octets
	summed int64     // as long as they came in order, else -1
	seen   int64     // octets of our file that are there without a gap
	stored int64     // end of the last octet that came
}

// Create opens a file for what is described, of which at most limit octets are taken.
// Free space is looked at first. Errors: [ErrNoSpace], [ErrPartial], [ErrMismatch] for a
// range that the file cannot have, and those of the file system. [FT-06]
func (t Target) Create(want *sdp.File, limit int64) (*Sink, error) {
	s := &Sink{target: t, limit: limit, sum: sha1.New()} //nolint:gosec // see the import
	if err := s.Expect(want); err != nil {
		return nil, err
	}
	return s, s.open()
}

// Expect tells more about the file, before the first octet comes. The errors are those
// of [Target.Create].
func (s *Sink) Expect(want *sdp.File) error {
	s.want, s.octets = want, -1
	r, ok := sdp.ParseFileRange(want.Range)
	switch {
	case ok && want.Size >= 0:
		s.before, s.octets, ok = r.Of(want.Size)
	case ok && r.Stop > 0:
		s.before, s.octets = r.Start-1, r.Stop-r.Start+1
	case ok:
		s.before = r.Start - 1
	}
	if !ok {
		return ErrMismatch
	}
	ends := r.Stop == 0 || want.Size >= 0 && s.before+s.octets == want.Size
	s.whole = ends && s.offset() == s.before
	if s.octets > s.limit {
		return fmt.Errorf("%w: larger than %d octets", ErrNoSpace, s.limit)
	}
	return s.target.room(s.octets)
}

// room reports whether there is space for so many octets.
func (t Target) room(octets int64) error {
	ask := t.Free
	if ask == nil {
		ask = free
	}
	left, err := ask(t.Dir)
	if err != nil {
		return fmt.Errorf("filetransfer: %w", err)
	}
	if left < max(octets, 1) {
		return ErrNoSpace
	}
	return nil
}

// open opens the partial file, or a new one.
func (s *Sink) open() (err error) {
	if s.target.Partial == "" {
		s.file, err = os.CreateTemp(s.target.Dir, ".transfer-*.part")
		return err
	}
	if s.file, err = os.OpenFile(s.target.Partial, os.O_RDWR, 0); err != nil {
		return err
	}
	n, err := io.Copy(s.sum, s.file)
	if err == nil && n != s.before {
		err = ErrPartial
	}
	if err != nil {
		return errors.Join(err, s.file.Close())
	}
	s.summed, s.seen = n, n
	return nil
}

// offset is where the octets that come stand in our file: a range of which we do not
// have the beginning is kept alone.
func (s *Sink) offset() int64 {
	if s.target.Partial == "" {
		return 0
	}
	return s.before
}

// WriteAt stores octets, counted from the first one that comes. It implements
// [io.WriterAt].
func (s *Sink) WriteAt(p []byte, at int64) (int, error) {
	if end := at + int64(len(p)); s.octets >= 0 && end > s.octets || end > s.limit {
		return 0, fmt.Errorf("%w: more octets than that", ErrMismatch)
	}
	to := s.offset() + at
	n, err := s.file.WriteAt(p, to)
	end := to + int64(n)
	switch {
	case n == 0:
	case to == s.summed:
		_, _ = s.sum.Write(p[:n]) // never fails
		s.summed = end
	default:
		s.summed = -1 // not in order, or twice: all is read again in the end
	}
	if to <= s.seen {
		s.seen = max(s.seen, end)
	}
	s.stored = max(s.stored, at+int64(n))
	return n, err
}

// Octets returns how many octets have come, and how many are to come, -1 if that is not
// known.
func (s *Sink) Octets() (stored, of int64) { return s.stored, s.octets }
