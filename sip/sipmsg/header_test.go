package sipmsg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip/sipmsg"
)

func text(h *sipmsg.Header) (s string) {
	for _, f := range h.Fields {
		s += f.Name + ": " + f.Value + "|"
	}
	return s
}

func TestHeaderEditing(t *testing.T) {
	var h sipmsg.Header
	h.Add("Via", "1")
	h.Add("Route", "r")
	h.Add("Via", "2")
	h.Prepend("Via", "0")
	h.Prepend("Record-Route", "x")
	steps := []struct {
		do   func()
		want string
	}{
		{func() {}, "Record-Route: x|Via: 0|Via: 1|Route: r|Via: 2|"},
		{func() { h.Set("Route", "q") }, "Record-Route: x|Via: 0|Via: 1|Route: q|Via: 2|"},
		{func() { h.Set("Via", "9") }, "Record-Route: x|Via: 9|Route: q|"},
		{func() { h.Set("To", "t") }, "Record-Route: x|Via: 9|Route: q|To: t|"},
		{func() { h.Del("Route"); h.Del("Route") }, "Record-Route: x|Via: 9|To: t|"},
	}
	for _, step := range steps {
		if step.do(); text(&h) != step.want {
			t.Fatalf("got %s, want %s", text(&h), step.want)
		}
	}
	c := h.Clone()
	c.Set("Via", "changed")
	if h.Value("Via") != "9" {
		t.Error("the clone shares its fields")
	}
}

func TestValuesSplitListsOnly(t *testing.T) {
	h := sipmsg.Header{Fields: []sipmsg.Field{
		{Name: "Contact", Value: `"a, \"b" <sip:a,b@h>;x="1,2" , <sip:c@h>`},
		{Name: "Contact", Value: "sip:d@h"},
		{Name: "Subject", Value: "one, two"},
		{Name: "Allow", Value: " INVITE ,, ACK,"},
	}}
	if diff := cmp.Diff([]string{`"a, \"b" <sip:a,b@h>;x="1,2"`, "<sip:c@h>", "sip:d@h"}, h.Values("Contact")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"one, two"}, h.Values("Subject")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"INVITE", "ACK"}, h.Tokens("Allow")); diff != "" {
		t.Error(diff)
	}
	if !h.HasToken("Allow", "ack") || h.HasToken("Allow", "BYE") || h.HasToken("Supported", "") {
		t.Error("HasToken")
	}
}

func TestSetTopVia(t *testing.T) {
	h := sipmsg.Header{Fields: []sipmsg.Field{{Name: "Via", Value: "SIP/2.0/UDP a;branch=z9hG4bK1 , SIP/2.0/UDP b"}}}
	v := must(h.Via())
	v.Params = v.Params.With("received", "192.0.2.1")
	h.SetTopVia(v)
	vias := must(h.Vias())
	if len(vias) != 2 || vias[0].String() != "SIP/2.0/UDP a;branch=z9hG4bK1;received=192.0.2.1" || vias[1].Host != "b" {
		t.Errorf("Via %q", h.Value("Via"))
	}
	var empty sipmsg.Header
	if empty.SetTopVia(v); empty.Value("Via") != v.String() {
		t.Errorf("Via %q", empty.Value("Via"))
	}
}

func TestTags(t *testing.T) {
	h := sipmsg.Header{Fields: []sipmsg.Field{{Name: "From", Value: "<sip:a@h;tag=no>;x;tag=f"}, {Name: "To", Value: "sip:b@h"}}}
	if h.FromTag() != "f" || h.ToTag() != "" {
		t.Errorf("tags %q, %q", h.FromTag(), h.ToTag())
	}
	h.AddToTag("t")
	h.AddToTag("again")
	if h.ToTag() != "t" || h.Value("To") != "sip:b@h;tag=t" {
		t.Errorf("To %q", h.Value("To"))
	}
}

func TestClonesHaveTheirOwnHeader(t *testing.T) {
	req := &sipmsg.Request{Header: sipmsg.Header{Fields: []sipmsg.Field{{Name: "To", Value: "a"}}}}
	resp := &sipmsg.Response{Header: req.Header.Clone()}
	req.Clone().Header.Set("To", "b")
	resp.Clone().Header.Set("To", "b")
	if req.Header.Value("To") != "a" || resp.Header.Value("To") != "a" {
		t.Error("a change of the clone changed the original")
	}
}
