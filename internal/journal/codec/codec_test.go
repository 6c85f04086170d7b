package codec_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal/codec"
)

// samples is one event of each kind. The test fills in every field.
func samples() []conference.Event {
	return []conference.Event{
		conference.Created{},
		conference.Admitted{},
		conference.Advanced{},
		conference.Connected{},
		conference.Departed{},
		conference.LegLost{},
		conference.LegBack{},
		conference.MediaSet{},
		conference.Posted{},
		conference.LockSet{},
		conference.Barred{},
		conference.Unbarred{},
		conference.RoleSet{},
		conference.ApprovalSet{},
		conference.Changed{},
		conference.Resumed{},
		conference.Snapshot{},
		conference.Nicknamed{},
		conference.Masked{},
		conference.Acknowledged{},
		conference.Ended{},
	}
}

// filled returns the event with a value in every field, so that one that does not
// come back is noticed.
func filled(e conference.Event) conference.Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	fill(v, new(1))
	out, _ := v.Interface().(conference.Event)
	return out
}

func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 3, 1, 12, 0, *n, 123456789, time.UTC)))
		return
	case conference.Join:
		v.Set(reflect.ValueOf(conference.JoinModerated))
		return
	case conference.Right:
		v.Set(reflect.ValueOf(conference.OwnerOnly))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, n)
		fill(value, n)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(fmt.Sprint("text<&>\x00\u2028 ", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(uint64(1 + *n%2))
	default:
		panic("no value for " + v.Kind().String())
	}
}

// kinds reads the kinds of events out of the model's source.
func kinds(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../conference/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	var found []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Kind") {
				return true
			}
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				kind, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, kind)
			}
			return true
		})
	}
	return found
}

// TestEveryKindComesBack: what is written is what is read, for every kind that
// the model has.
func TestEveryKindComesBack(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, e := range samples() {
		for _, e := range []conference.Event{filled(e), e} {
			if p, ok := e.(conference.Posted); ok && p.Message == nil {
				e = conference.Posted{Message: &conference.Message{}}
			}
			b, err := codec.Append([]byte("before"), e)
			if err != nil {
				t.Fatal(err)
			}
			got := decoded(t, b[len("before"):])
			if diff := cmp.Diff(e, got); diff != "" {
				t.Errorf("%s:\n%s", e.Kind(), diff)
			}
		}
		seen[string(e.Kind())] = true
	}
	all := kinds(t)
	if len(all) < len(seen) {
		t.Fatalf("only %d kinds in the source", len(all))
	}
	for _, kind := range all {
		if !seen[kind] {
			t.Errorf("kind %q has no codec, or no sample here", kind)
		}
	}
}

// decoded reads an event behind which nothing stands.
func decoded(t *testing.T, b []byte) conference.Event {
	t.Helper()
	e, rest, err := codec.Decode(b)
	if err != nil || len(rest) > 0 {
		t.Fatalf("%v, and %q is left of\n%q", err, rest, b)
	}
	return e
}

// TestWhatWasWritten: the events of earlier versions are read for ever. A new
// kind, or field, adds to the file; a line of it is never changed.
func TestWhatWasWritten(t *testing.T) {
	t.Parallel()
	written, err := os.ReadFile("testdata/events.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range samples() {
		b, err := codec.Append(nil, filled(e))
		if err != nil {
			t.Fatal(err)
		}
		if frame := string(b[:2+len(e.Kind())]); !strings.Contains(string(written), strings.Trim(strconv.Quote(frame), `"`)) {
			t.Errorf("%s has no line in the file: %q", e.Kind(), b)
		}
	}
	for line := range strings.Lines(string(written)) {
		text, err := strconv.Unquote(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		e := decoded(t, []byte(text))
		if again, err := codec.Append(nil, e); err != nil || !cmp.Equal(decoded(t, again), e) {
			t.Errorf("%q is not what was read: %v", again, err)
		}
		if text[0] == 1 && !within(data(t, text), fields(t, e)) {
			t.Errorf("something of\n%s\nis lost in\n%+v", line, e)
		}
	}
}

// data returns the JSON of an event of version 1.
func data(t *testing.T, event string) any {
	t.Helper()
	begin, end := strings.IndexByte(event, '{'), strings.LastIndexByte(event, '}')
	return unmarshalled(t, []byte(event[begin:end+1]))
}

// fields returns what an event is, as it would be in JSON.
func fields(t *testing.T, e conference.Event) any {
	t.Helper()
	var v any = e
	if p, ok := e.(conference.Posted); ok {
		v = p.Message
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return unmarshalled(t, b)
}

func unmarshalled(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// within reports whether all of a is in b, which may hold more fields.
func within(a, b any) bool {
	some, ok := a.(map[string]any)
	if !ok {
		return cmp.Equal(a, b)
	}
	more, _ := b.(map[string]any)
	for name, v := range some {
		if !within(v, more[name]) {
			return false
		}
	}
	return true
}

// TestMessagesInARow: messages stand behind each other, whatever follows.
func TestMessagesInARow(t *testing.T) {
	t.Parallel()
	var b []byte
	for _, body := range []string{"a", "", strings.Repeat("x", 300)} {
		var err error
		if b, err = codec.Append(b, conference.Posted{Message: &conference.Message{ID: body, Body: []byte(body)}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"a", "", strings.Repeat("x", 300)} {
		e, rest, err := codec.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := e.(conference.Posted); !ok || p.Message.ID != want || string(p.Message.Body) != want {
			t.Errorf("read %+v, want %q", p.Message, want)
		}
		b = rest
	}
	if len(b) > 0 {
		t.Errorf("%q is left", b)
	}
}

func TestBodyIsNotCopied(t *testing.T) {
	t.Parallel()
	b, err := codec.Append(nil, conference.Posted{Message: &conference.Message{ID: "1", Body: []byte("\x00\xffhello")}})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(b, []byte("\x00\xffhello")) {
		t.Errorf("body is not raw: %q", b)
	}
	p, ok := decoded(t, b).(conference.Posted)
	if !ok || &p.Message.Body[0] != &b[len(b)-7] || cap(p.Message.Body) != 7 {
		t.Error("body was copied")
	}
}

func TestForeignOctets(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text    string
		version bool
		kind    bool
	}{
		{"", false, false},
		{"\x01", false, false},
		{"\x01\x05", false, false},
		{"\x01\x05ended\x02{", false, false},
		{"\x01\x05ended\x02{}x", false, false},
		{"\x01\x05ended\x02[]", false, false},
		{"\x01\x06posted\x0b{\"Body\":\"\"}", false, false},
		{"\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01ended\x02{}", false, false},
		{"\x01\x06posted\x02[]", false, false},
		{"\x02\x06posted\x02\x00\x00", false, false},
		{"\x02\x06posted\x02\x00\x00\x01", false, false},
		{"\x02\x06posted\x00\x00", false, false},
		{"\x02\x06posted\x01\x00\x00", false, false},
		{"\x02\x06posted\x06\x00\x80\x94\xeb\xdc\x03\x00", false, false},
		{"\x02\x06posted\x04\x00\x00\x02x\x00", false, false},
		{"\x02\x08teleport\x00\x00", false, true},
		{"\x03whatever", true, false},
		{"\x01\x08teleport\x02{}", false, true},
	} {
		_, _, err := codec.Decode([]byte(tt.text))
		_, newer := errors.AsType[*codec.VersionError](err)
		_, unknown := errors.AsType[*codec.KindError](err)
		if newer != tt.version || unknown != tt.kind || !newer && !unknown && !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("%q: %v", tt.text, err)
		}
		if newer || unknown {
			if !strings.Contains(err.Error(), "this version") {
				t.Errorf("%q: the error does not say why: %v", tt.text, err)
			}
		}
	}
	if _, err := codec.Append(nil, conference.Posted{}); err == nil {
		t.Error("a Posted without message was written")
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range samples() {
		b, err := codec.Append(nil, filled(e))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\x01\x06posted\x0a{\"ID\":\"1\"}body"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, rest, err := codec.Decode(b)
		if err != nil {
			return
		}
		if len(rest) >= len(b) {
			t.Fatalf("%d octets are left of %d", len(rest), len(b))
		}
		again, err := codec.Append(nil, e)
		if err != nil {
			t.Fatalf("%#v was read, and cannot be written: %v", e, err)
		}
		e2, rest, err := codec.Decode(again)
		if err != nil || len(rest) > 0 || cmp.Diff(e, e2) != "" {
			t.Fatalf("%#v comes back as %#v, %v", e, e2, err)
		}
	})
}
