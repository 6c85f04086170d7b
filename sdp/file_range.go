package sdp

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// FileRange is which octets of a file are transferred (RFC 5547 §6). The first octet
// of a file is 1; both ends are included.
type FileRange struct {
	Start int64 // at least 1
	Stop  int64 // 0: up to the end of the file
}

// ParseFileRange reads the value of a=file-range; empty means all octets. A range that
// holds no octet is none.
func ParseFileRange(value string) (r FileRange, ok bool) {
	if value == "" {
		return FileRange{Start: 1}, true
	}
	start, stop, ok := strings.Cut(value, "-")
	if !ok {
		return FileRange{}, false
	}
	if r.Start, ok = offset(start); !ok {
		return FileRange{}, false
	}
	if stop == "*" {
		return r, true
	}
	r.Stop, ok = offset(stop)
	return r, ok && r.Start <= r.Stop
}

// offset reads the ordinal number of an octet.
func offset(digits string) (int64, bool) {
	n, err := strconv.ParseUint(digits, 10, 63)
	return int64(n), err == nil && n > 0
}

// String returns the value of the attribute, empty for all octets.
func (r FileRange) String() string {
	switch {
	case r.Start <= 1 && r.Stop == 0:
		return ""
	case r.Stop == 0:
		return strconv.FormatInt(r.Start, 10) + "-*"
	}
	return strconv.FormatInt(max(r.Start, 1), 10) + "-" + strconv.FormatInt(r.Stop, 10)
}

// Of returns how many octets the range has of a file, and how many stand in front of
// them; ok is false if the file ends before the range does. A file without octets has
// the range of all.
func (r FileRange) Of(size int64) (before, octets int64, ok bool) {
	before = max(r.Start-1, 0)
	stop := r.Stop
	if stop == 0 {
		stop = size
	}
	return before, stop - before, before <= stop && stop <= size && (before < stop || before == 0)
}

// FileDate is the value of a=file-date for a file that was last modified at t.
func FileDate(t time.Time) string { return `modification:"` + t.Format(time.RFC1123Z) + `"` }

// Mirror is the description in the answer of who receives the file, or turns it down:
// nothing is said back but what names it (RFC 5547 §8.3.1). [FT-04]
func (f *File) Mirror() *File {
	return &File{Name: f.Name, Type: f.Type, Size: f.Size, Hashes: f.Hashes, TransferID: f.TransferID, Range: f.Range}
}

// Same reports whether both descriptions can be of one file: nothing that both say
// differs. A selector may be added later (RFC 5547 §8.1). [FT-04]
func (f *File) Same(g *File) bool {
	return (f.Name == "" || g.Name == "" || f.Name == g.Name) &&
		(f.Type == "" || g.Type == "" || strings.EqualFold(f.Type, g.Type)) &&
		(f.Size < 0 || g.Size < 0 || f.Size == g.Size) &&
		f.sameRange(g) && !slices.ContainsFunc(f.Hashes, g.denies)
}

// sameRange reports whether both speak of the same octets.
func (f *File) sameRange(g *File) bool {
	r, ok := ParseFileRange(f.Range)
	s, fine := ParseFileRange(g.Range)
	return ok && fine && r == s
}

// denies reports whether f has another digest by the algorithm of h.
func (f *File) denies(h FileHash) bool {
	return slices.ContainsFunc(f.Hashes, func(own FileHash) bool {
		return own.Algorithm == h.Algorithm && !slices.Equal(own.Digest, h.Digest)
	})
}

// Digest returns the digest by an algorithm, in lower case; nil if there is none.
func (f *File) Digest(algorithm string) []byte {
	for _, h := range f.Hashes {
		if h.Algorithm == algorithm {
			return h.Digest
		}
	}
	return nil
}
