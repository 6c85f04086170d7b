package resourcelist

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// sent is the list L1 of flow F-D, history the L2 that everybody gets.
const sent = `<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
  <list>
    <entry uri="sip:bob@ims.example" cp:copyControl="to"><display-name>Bob</display-name></entry>
    <entry uri="sip:carol@ims.example" cp:copyControl="to" cp:anonymize="true"/>
    <entry uri="sip:dave@ims.example" cp:copyControl="cc"/>
    <entry uri="sip:erin@ims.example"/>
  </list>
</resource-lists>
`

const history = `<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
  <list>
    <entry uri="sip:bob@ims.example" cp:copyControl="to"/>
    <entry uri="sip:anonymous@anonymous.invalid" cp:copyControl="to" cp:count="1"/>
    <entry uri="sip:dave@ims.example" cp:copyControl="cc"/>
  </list>
</resource-lists>
`

func TestHistory(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LST-14")
	l := mustParse(t, sent)
	if diff := cmp.Diff(sent, string(l.Append(nil))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(history, string(l.History().Append(nil))); diff != "" {
		t.Error(diff)
	}
}

// TestHistoryMerges plays the example of RFC 5364 §6, with a blind copy that asks for
// anonymity, too, and a URI with headers for the server.
func TestHistoryMerges(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LST-14")
	l := List{
		{URI: uri(t, "sip:carol@example.net"), Copy: CC, Anonymize: true},
		{URI: uri(t, "sip:bill@example.com?Replaces=x"), Copy: To},
		{URI: uri(t, "sip:randy@example.net"), Copy: To, Anonymize: true},
		{URI: uri(t, "sip:eddy@example.com"), Copy: To, Anonymize: true},
		{URI: uri(t, "sip:joe@example.org"), Copy: CC},
		{URI: uri(t, "sip:ted@example.net"), Copy: BCC},
		{URI: uri(t, "sip:andy@example.com"), Copy: BCC, Anonymize: true},
	}
	want := List{
		{URI: uri(t, "sip:bill@example.com"), Copy: To},
		{URI: uri(t, "sip:anonymous@anonymous.invalid"), Copy: To, Count: 2},
		{URI: uri(t, "sip:joe@example.org"), Copy: CC},
		{URI: uri(t, "sip:anonymous@anonymous.invalid"), Copy: CC, Count: 1},
	}
	if diff := cmp.Diff(want, l.History()); diff != "" {
		t.Error(diff)
	}
	if h := l[5:].History(); len(h) != 0 {
		t.Errorf("blind copies shown: %v", h)
	}
}

func TestUnite(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LST-06")
	got := Unite(
		List{
			{URI: uri(t, "sip:bob@x"), Copy: BCC},
			{URI: uri(t, "sip:bob@x;method=BYE")},
			{URI: uri(t, "sip:carol@x"), Copy: CC, Anonymize: true},
		},
		List{
			{URI: uri(t, "sip:bob@X;foo=1"), Display: "Bob", Copy: CC},
			{URI: uri(t, "sip:%62ob@x"), Display: "B", Copy: To},
			{URI: uri(t, "sip:carol@x")},
			{URI: uri(t, "sip:Bob@x")},
		},
	)
	want := List{
		{URI: uri(t, "sip:bob@x"), Display: "Bob", Copy: To},
		{URI: uri(t, "sip:bob@x;method=BYE")},
		{URI: uri(t, "sip:carol@x"), Copy: CC, Anonymize: true},
		{URI: uri(t, "sip:Bob@x")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if e, ok := got.Find(uri(t, "sip:carol@X")); !ok || e.Copy != CC {
		t.Errorf("found %v, %v", e, ok)
	}
	if _, ok := got.Find(uri(t, "sip:dave@x")); ok {
		t.Error("found dave")
	}
}

func part(contentType, disposition, body string) sipmsg.Part {
	p := sipmsg.Part{Body: []byte(body)}
	p.Header.Add("Content-Type", contentType)
	if disposition != "" {
		p.Header.Add("Content-Disposition", disposition)
	}
	return p
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LST-05", "FOC-LST-06")
	const one = head + `<list><entry uri="sip:a@x"/></list></resource-lists>`
	tests := []struct {
		name   string
		parts  []sipmsg.Part
		lim    Limits
		n      int
		found  bool
		status int
	}{
		{name: "none", parts: []sipmsg.Part{part("application/sdp", "", "v=0")}},
		{name: "recipient-list", parts: []sipmsg.Part{part(MediaType, "recipient-list", sent)}, n: 4, found: true},
		{name: "uri-list", parts: []sipmsg.Part{part(MediaType, "uri-list", sent)}, n: 4, found: true},
		{name: "no disposition", parts: []sipmsg.Part{part(MediaType+";charset=UTF-8", "", sent)}, n: 4, found: true},
		{name: "history", parts: []sipmsg.Part{part(MediaType, HistoryList, history)}},
		{name: "empty", parts: []sipmsg.Part{part(MediaType, "recipient-list", head+"<list/></resource-lists>")}, found: true},
		{name: "union", parts: []sipmsg.Part{part(MediaType, "recipient-list", sent), part(MediaType, "", one), part(MediaType, "", one)}, n: 5, found: true},
		{name: "unknown", parts: []sipmsg.Part{part("application/x-list", "recipient-list", "a")}, status: 415},
		{name: "unknown, optional", parts: []sipmsg.Part{part("application/x-list", "recipient-list;handling=optional", "a")}},
		{name: "charset", parts: []sipmsg.Part{part(MediaType+";charset=UTF-16", "recipient-list", "a")}, status: 415},
		{name: "malformed", parts: []sipmsg.Part{part(MediaType, "recipient-list", "a")}, status: 400},
		{name: "sum", parts: []sipmsg.Part{part(MediaType, "", sent), part(MediaType, "", one)}, lim: Limits{Entries: 4}, status: 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, found, err := Recipients(tt.parts, tt.lim)
			if tt.status != 0 {
				if e := sip.AsError(err); e.Status != tt.status || tt.status == 415 && len(e.Header) == 0 {
					t.Errorf("%v, want %d", err, tt.status)
				}
				return
			}
			if err != nil || len(l) != tt.n || found != tt.found {
				t.Errorf("%v, %v, %v; want %d, %v", l, found, err, tt.n, tt.found)
			}
		})
	}
}

func TestHistories(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-INC-05")
	parts := []sipmsg.Part{
		part("application/sdp", "", "v=0"),
		part(MediaType, "recipient-list", sent),
		part(MediaType, HistoryList, "damaged"),
		mustParse(t, history).Part(HistoryList),
	}
	l := Histories(parts, Limits{})
	if len(l) != 3 || l[1].Count != 1 {
		t.Errorf("history %v", l)
	}
}
