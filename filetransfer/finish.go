package filetransfer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxTries is how many names are tried for a file.
const maxTries = 1000

// Finish checks size and digest of what has come and gives it its name in the folder,
// which it returns as a path: the name that was described or, if none was, the given
// one, made safe, and another one if there is such a file. After an error, which is
// [ErrMismatch] for what is not the file, nothing is left, but a Partial that is
// complete and cannot have that name. RFC 5547 §8.3.1. [FT-06]
func (s *Sink) Finish(name string) (path string, err error) {
	if err = errors.Join(s.verify(), s.file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(s.file.Name()))
	}
	if s.want.Name != "" {
		name = s.want.Name
	}
	path, err = s.settle(SafeName(name))
	if err != nil && s.target.Partial == "" {
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	return path, err
}

// verify compares what is there with what was described. The digest is of the whole
// file, so it says nothing about a part (RFC 5547 §6).
func (s *Sink) verify() error {
	if s.octets >= 0 && s.stored != s.octets {
		return fmt.Errorf("%w: %d octets instead of %d", ErrMismatch, s.stored, s.octets)
	}
	want := s.want.Digest(SHA1)
	if want == nil || !s.whole {
		return nil
	}
	if s.summed != s.before+s.stored {
		s.sum.Reset()
		if _, err := io.Copy(s.sum, io.NewSectionReader(s.file, 0, s.before+s.stored)); err != nil {
			return err
		}
	}
	if !bytes.Equal(s.sum.Sum(nil), want) {
		return fmt.Errorf("%w: its digest differs", ErrMismatch)
	}
	return nil
}

// settle gives the file the first name that is free. The name is taken by an empty file
// before, so that nothing is ever overwritten.
func (s *Sink) settle(name string) (string, error) {
	for n := 1; n <= maxTries; n++ {
		path := filepath.Join(s.target.Dir, numbered(name, n))
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) //nolint:gosec // made safe
		switch {
		case errors.Is(err, fs.ErrExist):
			continue
		case err != nil:
			return "", err
		}
		if err = errors.Join(f.Close(), os.Rename(s.file.Name(), path)); err != nil {
			return "", errors.Join(err, os.Remove(path))
		}
		return path, nil
	}
	return "", fmt.Errorf("filetransfer: %w: %s and the like", fs.ErrExist, name)
}

// Discard gives the file up. It returns the path of what is left of it: with Keep, or a
// Partial before, the octets that have come without a gap, else nothing.
func (s *Sink) Discard() (partial string) {
	keep := s.target.Partial != "" || s.target.Keep && s.seen > 0
	if keep {
		keep = s.file.Truncate(s.seen) == nil
	}
	if s.file.Close() != nil || !keep {
		_ = os.Remove(s.file.Name()) // nobody can do anything about it
		return ""
	}
	return s.file.Name()
}
