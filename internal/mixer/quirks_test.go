package mixer

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestQuirks(t *testing.T) {
	t.Parallel()
	sipsimple := Quirks{Whole: true, StatusLines: true, Aware: true, NoIMDN: true, UnquotedNick: true}
	blink := sipsimple
	blink.PMUnaware = true
	rcs := Quirks{ExactRanges: true, AnonMeansRoom: true, UnquotedNick: true}
	configured := []QuirkRule{
		{Agent: "Blink 9", Clear: []string{"pm_unaware"}},
		{Agent: "confab-old", Set: []string{"whole", "chunk_cap", "content_disposition"}},
		{Feature: "+g.Example", Clear: []string{"all"}, Set: []string{"conference_aware"}},
	}
	for _, tt := range []struct {
		agent, features string
		rules           []QuirkRule
		want            Quirks
	}{
		{want: Quirks{Whole: true, UnquotedNick: true}},
		{agent: "unheard of/1", want: Quirks{Whole: true, UnquotedNick: true}},
		{agent: "confab/0.1", want: Quirks{UnquotedNick: true}},
		{agent: "Blink Pro 5.0.0 (MacOSX)", want: blink},
		{agent: "Sylkserver-6.6", want: sipsimple},
		{agent: "python-sipsimple 5.3", want: sipsimple},
		{agent: "sipsimple 5.3", want: sipsimple},
		{agent: "IM-client/OMA1.0", features: "<sip:u@h>;+g.oma.sip-im", want: rcs},
		{agent: "x", features: `<sip:u@h>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.OMA.CPM.session"`, want: rcs},
		{agent: "x", features: `<sip:u@h>;+g.3gpp.iari-ref="urn%3Aurn-7%3A3gpp-application.ims.iari.gsma.rcs.im"`, want: rcs},
		{agent: "Blink 9.0", rules: configured, want: sipsimple},
		{agent: "confab-old/0", rules: configured, want: Quirks{Whole: true, ChunkCap: true, Disposition: true, UnquotedNick: true}},
		{agent: "x", features: "<sip:u@h>;+g.example", rules: configured, want: Quirks{Aware: true}},
	} {
		m := New(Config{Quirks: tt.rules})
		if diff := cmp.Diff(tt.want, m.quirksOf(tt.agent, tt.features)); diff != "" {
			t.Errorf("%q, %q (-want +got):\n%s", tt.agent, tt.features, diff)
		}
	}
	for _, name := range QuirkNames() {
		if (&Quirks{}).flag(name) == nil {
			t.Errorf("%s is no quirk", name)
		}
	}
}

func TestFraming(t *testing.T) {
	t.Parallel()
	direct := []msrpwire.URI{{Transport: "TCP"}}
	relayed := []msrpwire.URI{{Transport: "tcp"}, {Transport: "tcp"}}
	web := []msrpwire.URI{{Transport: "ws"}}
	unknown := Quirks{Whole: true}
	blink := Quirks{Whole: true, StatusLines: true}
	for name, tt := range map[string]struct {
		quirks Quirks
		path   []msrpwire.URI
		strict bool
		want   framing
	}{
		"unknown, no path yet":  {unknown, nil, false, framing{whole: true}},
		"unknown, direct":       {unknown, direct, false, framing{whole: true}},
		"unknown, relayed":      {unknown, relayed, false, framing{chunk: maxChunk}},
		"unknown, WebSocket":    {unknown, web, false, framing{chunk: maxChunk}},
		"unknown, strict":       {unknown, direct, true, framing{}},
		"Blink, relayed":        {blink, relayed, false, framing{whole: true}},
		"RCS":                   {Quirks{ExactRanges: true}, direct, false, framing{exact: true}},
		"our own":               {Quirks{}, direct, false, framing{}},
		"small chunks":          {Quirks{ChunkCap: true, Disposition: true}, direct, false, framing{chunk: maxChunk, disposed: true}},
		"whole before all else": {Quirks{Whole: true, ExactRanges: true, ChunkCap: true}, direct, false, framing{whole: true}},
	} {
		if got := tt.quirks.framing(tt.path, tt.strict); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
	conform.Covers(t, "MSRP-SND-15")
}
