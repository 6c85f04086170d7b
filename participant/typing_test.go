package participant

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

func TestComposingIndications(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COMP-01")
	const namespace = ` xmlns="urn:ietf:params:xml:ns:im-iscomposing"`
	for body, want := range map[string]bool{
		"<isComposing" + namespace + "><state>active</state></isComposing>":                                                           true,
		`<?xml version="1.0" encoding="UTF-8"?>` + "\n<isComposing" + namespace + ">\n<state> active </state></isComposing>":          true,
		"<isComposing" + namespace + "><state>active</state><contenttype>text/plain</contenttype><refresh>60</refresh></isComposing>": true,
		"<isComposing" + namespace + ` xmlns:x="urn:x"><x:state>idle</x:state><x:new/><state>active</state></isComposing>`:            true,
		"<isComposing" + namespace + ` xmlns:x="urn:x"><x:new>idle</x:new><state>active</state></isComposing>`:                        true,
		"<isComposing" + namespace + "><state>idle</state><lastactive>2026-01-02T03:04:05Z</lastactive></isComposing>":                false,
		"<isComposing" + namespace + "><state>thinking</state></isComposing>":                                                         false,
		"<isComposing" + namespace + "/>":      false,
		"<other><state>active</state></other>": false,
		"active":                               false,
		"":                                     false,
		"<isComposing><state>active</state>":   false,
		`<!DOCTYPE x [<!ENTITY a "active">]><isComposing><state>&a;</state></isComposing>`:          false,
		"<isComposing><state>active</state>" + strings.Repeat(" ", maxComposing) + "</isComposing>": false,
	} {
		m := &Message{From: "sip:bob@ims.example", ContentType: "application/im-iscomposing+xml; x=y", Body: []byte(body)}
		got, ok := typing(m)
		if !ok || got.Active != want || got.From != m.From {
			t.Errorf("%.120q: %+v, want %v", body, got, want)
		}
	}
	if _, ok := typing(&Message{ContentType: "text/plain"}); ok {
		t.Error("text taken for an indication")
	}
}
