package filetransfer

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sdp"
)

// described is a file with its digest.
func described(content string) *sdp.File {
	sum := sha1.Sum([]byte(content))
	return &sdp.File{Name: "a.txt", Size: int64(len(content)), Hashes: []sdp.FileHash{{Algorithm: SHA1, Digest: sum[:]}}}
}

// piece is some octets of what comes, and where.
type piece struct {
	text string
	at   int64
}

func TestSink(t *testing.T) {
	conform.Covers(t, "FT-06")
	unnamed := described("hello world")
	unnamed.Name = ""
	sized := &sdp.File{Size: -1}
	for name, tt := range map[string]struct {
		want   *sdp.File
		pieces []piece
		err    error
	}{
		"in order":        {described("hello world"), []piece{{"hello ", 0}, {"world", 6}}, nil},
		"not in order":    {described("hello world"), []piece{{"world", 6}, {"hello ", 0}}, nil},
		"twice":           {described("hello world"), []piece{{"hellO ", 0}, {"hello world", 0}}, nil},
		"without a name":  {unnamed, []piece{{"hello world", 0}}, nil},
		"nothing":         {described(""), nil, nil},
		"size not known":  {sized, []piece{{"hello", 0}}, nil},
		"others":          {described("hello world"), []piece{{"hello World", 0}}, ErrMismatch},
		"too few":         {described("hello world"), []piece{{"hello worl", 0}}, ErrMismatch},
		"too many":        {described("hello world"), []piece{{"hello worlds", 0}}, ErrMismatch},
		"above the limit": {sized, []piece{{"hello world, hello", 0}}, ErrMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := Target{Dir: dir}.Create(tt.want, 16)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range tt.pieces {
				if _, err = s.WriteAt([]byte(p.text), p.at); err != nil {
					break
				}
			}
			if err != nil && errors.Is(err, tt.err) {
				if left := s.Discard(); left != "" {
					t.Errorf("left: %s", left)
				}
				holds(t, dir)
				return
			}
			path, err := s.Finish("a.txt")
			if !errors.Is(err, tt.err) {
				t.Fatalf("finished: %v", err)
			}
			if err != nil {
				holds(t, dir)
				return
			}
			if path != filepath.Join(dir, "a.txt") {
				t.Errorf("it is at %s", path)
			}
			holds(t, dir, "a.txt")
		})
	}
}

// holds reports that a folder holds those files only.
func holds(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, "|") != strings.Join(names, "|") {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

// TestNothingOverwritten: not even what is no file.
func TestNothingOverwritten(t *testing.T) {
	conform.Covers(t, "FT-06")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "a (2).txt")); err != nil {
		t.Skip(err)
	}
	path := received(t, Target{Dir: dir}, described("hello"), "hello")
	if path != filepath.Join(dir, "a (3).txt") {
		t.Errorf("it is at %s", path)
	}
	if mine, err := os.ReadFile(filepath.Join(dir, "a.txt")); string(mine) != "mine" {
		t.Errorf("overwritten: %s, %v", mine, err)
	}
	holds(t, dir, "a (2).txt", "a (3).txt", "a.txt")
}

// received receives a file whose octets come at once.
func received(t *testing.T, target Target, want *sdp.File, content string) string {
	t.Helper()
	s, err := target.Create(want, 1000)
	if err == nil {
		_, err = s.WriteAt([]byte(content), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	path, err := s.Finish("")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestResume(t *testing.T) {
	conform.Covers(t, "FT-07")
	dir := t.TempDir()
	want := described("hello world")
	s, err := Target{Dir: dir, Keep: true}.Create(want, 1000)
	if err == nil {
		_, err = s.WriteAt([]byte("hello"), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	part := s.Discard()
	want.Range = "7-*"
	if _, err = (Target{Dir: dir, Partial: part}).Create(want, 1000); !errors.Is(err, ErrPartial) {
		t.Errorf("an octet is missing: %v", err)
	}
	want.Range = "6-*"
	path := received(t, Target{Dir: dir, Partial: part}, want, " world")
	if got, err := os.ReadFile(path); string(got) != "hello world" {
		t.Errorf("%s, %v", got, err)
	}
	holds(t, dir, "a.txt")
	// A part alone is not compared with the digest of the whole.
	want.Range = "1-5"
	if path = received(t, Target{Dir: dir}, want, "hello"); filepath.Base(path) != "a (2).txt" {
		t.Error(path)
	}
}

// A part stays what it was, whatever comes out of order or twice behind it.
func TestPartialSurvives(t *testing.T) {
	conform.Covers(t, "FT-07")
	dir := t.TempDir()
	part := filepath.Join(dir, "part")
	want := described("hello world")
	want.Range = "6-*"
	for _, tt := range []struct {
		first, then int64 // where octets are written
		left        string
	}{
		{3, -1, "hello"}, {3, 0, "hello**"}, {0, -1, "hello**"}, {0, 1, "hello***"},
	} {
		if err := os.WriteFile(part, []byte("hello"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Target{Dir: dir, Partial: part}.Create(want, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int64{tt.first, tt.then} {
			if at < 0 {
				continue
			}
			if _, err := s.WriteAt([]byte("**"), at); err != nil {
				t.Fatal(err)
			}
		}
		if left := s.Discard(); left != part {
			t.Errorf("%+v: %q is left", tt, left)
		}
		if got, err := os.ReadFile(part); string(got) != tt.left {
			t.Errorf("%+v: %q, %v", tt, got, err)
		}
	}
}

// A file that is complete, and right, is not lost for want of a name.
func TestCompletePartialStays(t *testing.T) {
	conform.Covers(t, "FT-07")
	dir, part := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "part")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(part, []byte("hello"), 0o600)); err != nil {
		t.Fatal(err)
	}
	want := described("hello world")
	want.Range = "6-*"
	s, err := Target{Dir: dir, Partial: part}.Create(want, 1000)
	if err == nil {
		_, err = s.WriteAt([]byte(" world"), 0)
	}
	if err = errors.Join(err, os.Remove(dir)); err != nil {
		t.Fatal(err)
	}
	if path, err := s.Finish(""); err == nil {
		t.Errorf("it is in %s", path)
	}
	if got, err := os.ReadFile(part); string(got) != "hello world" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRoom(t *testing.T) {
	conform.Covers(t, "FT-06")
	dir := t.TempDir()
	full := errors.New("full")
	for _, tt := range []struct {
		size, left int64
		err, want  error
	}{
		{10, 10, nil, nil}, {10, 9, nil, ErrNoSpace}, {-1, 0, nil, ErrNoSpace}, {-1, 1, nil, nil}, {10, 10, full, full}, {101, 1 << 40, nil, ErrNoSpace},
	} {
		s, err := Target{Dir: dir, Free: func(string) (int64, error) { return tt.left, tt.err }}.Create(&sdp.File{Size: tt.size}, 100)
		if !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
		if err == nil {
			s.Discard()
		}
	}
	if left, err := free(dir); err != nil || left <= 0 {
		t.Errorf("%d octets are free here: %v", left, err)
	}
	if _, err := (Target{Dir: filepath.Join(dir, "missing")}).Create(&sdp.File{Size: 1}, 1); err == nil {
		t.Error("there is no such folder")
	}
	holds(t, dir)
}

func TestSource(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "note.txt")
	if err := os.WriteFile(path, []byte("hello world"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err = s.Hash(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := described("hello world")
	if d := s.Describe(); d.Name != "note.txt" || d.Size != 11 || d.Type != `text/plain;charset="utf-8"` || !bytes.Equal(d.Digest(SHA1), want.Digest(SHA1)) {
		t.Errorf("%+v", d)
	}
	s.Modified = time.Time{}
	if got := s.Disposition("attachment"); got != "attachment; filename=note.txt; size=11" {
		t.Error(got)
	}
	for _, tt := range []struct {
		f    sdp.File
		want bool
	}{
		{sdp.File{Size: -1}, true},
		{sdp.File{Size: 11, Name: "note.txt", Type: "Text/Plain"}, true},
		{sdp.File{Size: 12}, false},
		{sdp.File{Size: -1, Name: "x"}, false},
		{sdp.File{Size: -1, Type: "text/html"}, false},
		{sdp.File{Size: -1, Hashes: want.Hashes}, true},
		{sdp.File{Size: -1, Hashes: described("x").Hashes}, false},
	} {
		if got := s.Meets(&tt.f); got != tt.want {
			t.Errorf("%+v: %t", tt.f, got)
		}
	}
	if _, err = s.Range(sdp.FileRange{Start: 12}); err == nil {
		t.Error("a range behind the end")
	}
	if _, err = Open(dir); !errors.Is(err, ErrIrregular) {
		t.Errorf("a folder: %v", err)
	}
	s.SHA1 = nil
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err = s.Hash(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

func TestMediaTypes(t *testing.T) {
	for header, want := range map[string]string{
		"text/plain; charset=utf-8": `text/plain;charset="utf-8"`, `a/b; z="x y"; c="q\"%"`: `a/b;c="q%22%25";z="x y"`, "nonsense": "", "": "",
	} {
		if got := selector(header); got != want {
			t.Errorf("%s becomes %s", header, got)
		}
	}
	for value, want := range map[string]string{
		`text/plain;charset="utf-8"`: "text/plain; charset=utf-8", `a/b;c="q%22%25"`: `a/b; c="q\"%"`, "": "application/octet-stream", "x": "application/octet-stream",
	} {
		if got := ContentType(value); got != want {
			t.Errorf("%s becomes %s", value, got)
		}
	}
}

// TestBody: the file comes out of its wrapper, wherever that is cut.
func TestBody(t *testing.T) {
	d := cpim.Draft{
		From: cpim.Party{URI: "sip:a@b"}, To: []cpim.Party{{URI: "sip:c@d"}}, ContentType: "text/plain", Content: []byte("hello world"),
		MIME: []cpim.Pair{{Name: "Content-Disposition", Value: `attachment; filename="x y"`}},
	}
	object, err := d.Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(object) {
		dir := t.TempDir()
		s, err := Target{Dir: dir}.Create(described("hello world"), 1000)
		if err != nil {
			t.Fatal(err)
		}
		b := NewBody(s, true, "")
		for _, p := range []piece{{string(object[:cut]), 0}, {string(object[cut:]), int64(cut)}, {string(object), 0}} {
			if _, err := b.WriteAt([]byte(p.text), p.at); err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
		}
		if _, err := s.Finish(""); err != nil || b.Name() != "x y" {
			t.Fatalf("cut at %d: %s, %v", cut, b.Name(), err)
		}
	}
	if !Wraps("Message/CPIM; x=y", "") || Wraps("message/cpim", "message/cpim") || Wraps("text/plain", "text/plain") {
		t.Error("wrapper not known")
	}
	if _, err := NewBody(nil, true, "").WriteAt([]byte("x"), 5); err == nil {
		t.Error("a gap in the header")
	}
	if _, err := NewBody(nil, true, "").WriteAt(bytes.Repeat([]byte("x"), 9000), 0); !errors.As(err, new(*cpim.Error)) {
		t.Errorf("an endless header: %v", err)
	}
}
