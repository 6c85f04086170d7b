package sdp

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

func TestParseTypeList(t *testing.T) {
	conform.Covers(t, "SDP-04")
	got := ParseTypeList(` Message/CPIM;x=y text/* * image/png;name="a b;c" /x x/ junk text/plain`)
	want := TypeList{"message/cpim", "text/*", "*", "image/png", "text/plain"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMatch(t *testing.T) {
	conform.Covers(t, "MSRP-SND-12")
	for _, tt := range []struct {
		list, mediaType string
		want            bool
	}{
		{"text/plain", "text/plain", true},
		{"text/plain", "Text/PLAIN; charset=utf-8", true},
		{"text/plain", "text/plainer", false},
		{"text/plain", "text/plai", false},
		{"text/*", "TEXT/html", true},
		{"text/*", "text", false},
		{"text/*", "text/", false},
		{"text/*", "texts/x", false},
		{"*", "application/x", true},
		{"", "text/plain", false},
		{"image/png message/cpim", " message/cpim ;a=b", true},
	} {
		if got := ParseTypeList(tt.list).Match(tt.mediaType); got != tt.want {
			t.Errorf("%q against %q: %t", tt.mediaType, tt.list, got)
		}
	}
}

func TestAcceptsWrapped(t *testing.T) {
	conform.Covers(t, "MSRP-SND-12", "SW-PUB-17")
	for _, tt := range []struct {
		types, wrapped string
		accepted       []string
		refused        []string
	}{
		{"message/cpim", "", []string{"text/plain", "text/html;charset=utf-8", "message/cpim"}, []string{"text/x", "image/png", "message/imdn+xml"}},
		{"message/cpim", "text/plain", []string{"text/plain"}, []string{"text/html", "image/png"}},
		{"message/cpim image/*", "text/plain", []string{"text/plain", "image/png"}, []string{"text/html"}},
		{"message/cpim image/*", "", []string{"image/png"}, []string{"text/plain"}},
		{"message/cpim", "*", []string{"text/plain", "a/b"}, nil},
		{"*", "", []string{"text/plain", "a/b"}, nil},
		{"message/cpim text/*", "image/*", []string{"text/plain", "text/x", "image/gif"}, []string{"application/x"}},
	} {
		m := Message{AcceptTypes: ParseTypeList(tt.types), AcceptWrappedTypes: ParseTypeList(tt.wrapped)}
		for _, mediaType := range tt.accepted {
			if !m.AcceptsWrapped(mediaType) {
				t.Errorf("types %q, wrapped %q: %s refused", tt.types, tt.wrapped, mediaType)
			}
		}
		for _, mediaType := range tt.refused {
			if m.AcceptsWrapped(mediaType) {
				t.Errorf("types %q, wrapped %q: %s accepted", tt.types, tt.wrapped, mediaType)
			}
		}
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	m := Message{AcceptTypes: TypeList{TypeCPIM}, AcceptWrappedTypes: TypeList{"text/html", "image/*", "application/x"}}
	if n := testing.AllocsPerRun(100, func() {
		m.AcceptsWrapped("Text/Plain; charset=utf-8")
		m.Accepts("message/cpim")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
