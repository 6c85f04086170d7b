package imdn_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/imdn"
	"github.com/confab-chat/confab/internal/conform"
)

// The examples of RFC 5438 §7.2.1.1 and §7.2.1.2.
const (
	deliveryExample = `<?xml version="1.0" encoding="UTF-8"?>
   <imdn xmlns="urn:ietf:params:xml:ns:imdn">
         <message-id>34jk324j</message-id>
         <datetime>2008-04-04T12:16:49-05:00</datetime>
        <recipient-uri>im:bob@example.com</recipient-uri>

         <original-recipient-uri
           >im:bob@example.com</original-recipient-uri>
         <delivery-notification>
            <status>
               <delivered/>
            </status>
         </delivery-notification>
       </imdn>
`
	displayExample = `<?xml version="1.0" encoding="UTF-8"?>
   <imdn xmlns="urn:ietf:params:xml:ns:imdn">
         <message-id>34jk324j</message-id>
         <datetime>2008-04-04T12:16:49-05:00</datetime>
        <recipient-uri>im:bob@example.com</recipient-uri>
         <original-recipient-uri
            >im:bob@example.com</original-recipient-uri>
         <display-notification>
            <status>
               <displayed/>
            </status>
         </display-notification>
       </imdn>
`
)

func example(d imdn.Disposition, s imdn.Status) imdn.Notification {
	return imdn.Notification{
		MessageID: "34jk324j", DateTime: "2008-04-04T12:16:49-05:00",
		Recipient: "im:bob@example.com", Original: "im:bob@example.com", Disposition: d, Status: s,
	}
}

func TestExamples(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]imdn.Notification{
		deliveryExample: example(imdn.OfDelivery, imdn.Delivered),
		displayExample:  example(imdn.OfDisplay, imdn.Displayed),
	} {
		got, err := imdn.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// document is a notification with something in it.
func document(inside string) string {
	return `<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>1</message-id>` + inside + "</imdn>"
}

const delivered = "<delivery-notification><status><delivered/></status></delivery-notification>"

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]imdn.Status{
		document(delivered): imdn.Delivered,
		document("<delivery-notification><status><failed/></status></delivery-notification>"):              imdn.Failed,
		document("<display-notification><status><forbidden/></status></display-notification>"):             imdn.Forbidden,
		document("<processing-notification><status><stored/></status></processing-notification>"):          imdn.Stored,
		document(`<x:new xmlns:x="urn:x"><status><failed/></status></x:new>` + delivered):                  imdn.Delivered,
		document(delivered + "<display-notification><status><displayed/></status></display-notification>"): imdn.Delivered,
		"\ufeff" + document(delivered): imdn.Delivered,
		document("<display-notification><status><delivered/></status></display-notification>"):                 "",
		document("<delivery-notification><delivered/></delivery-notification>"):                                "",
		document(`<delivery-notification xmlns="urn:x"><status><delivered/></status></delivery-notification>`): "",
		document(""): "",
		strings.Replace(document(delivered), ">1<", "> <", 1):                        "",
		strings.Replace(document(delivered), "urn:ietf", "urn:other", 1):             "",
		"<!DOCTYPE imdn>" + document(delivered):                                      "",
		document(delivered) + document(delivered):                                    "",
		document(delivered) + "x":                                                    "",
		document(strings.Repeat("<a>", 20) + strings.Repeat("</a>", 20) + delivered): "",
		document(delivered + strings.Repeat(" ", 16<<10)):                            "",
		document(delivered)[:100]:                                                    "",
		document("&unknown;" + delivered):                                            "",
		"":                                                                           "",
	} {
		got, err := imdn.Parse([]byte(text))
		if got.Status != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, imdn.ErrUnreadable) {
			t.Errorf("%.200q: %+v, %v; want %q", text, got, err, want)
		}
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	n := imdn.Notification{
		MessageID: "a<b", DateTime: "2008-04-04T12:16:49-05:00", Recipient: "sip:bob@example.com",
		Disposition: imdn.OfDelivery, Status: imdn.Delivered,
	}
	got, err := n.Append([]byte("> "))
	const want = `> <?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<imdn xmlns="urn:ietf:params:xml:ns:imdn">` +
		"<message-id>a&lt;b</message-id><datetime>2008-04-04T12:16:49-05:00</datetime><recipient-uri>sip:bob@example.com</recipient-uri>" +
		"<delivery-notification><status><delivered/></status></delivery-notification></imdn>"
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	for name, change := range map[string]func(*imdn.Notification){
		"no id":                  func(n *imdn.Notification) { n.MessageID = "" },
		"no date":                func(n *imdn.Notification) { n.DateTime = "" },
		"a status of another":    func(n *imdn.Notification) { n.Status = imdn.Displayed },
		"an unknown disposition": func(n *imdn.Notification) { n.Disposition = "reply" },
		"a control character":    func(n *imdn.Notification) { n.Subject = "\x01" },
		"bad UTF-8":              func(n *imdn.Notification) { n.Recipient = "\xff" },
	} {
		bad := n
		change(&bad)
		if b, err := bad.Append([]byte("x")); !errors.Is(err, imdn.ErrUnwritable) || string(b) != "x" {
			t.Errorf("%s: %v, %s", name, err, b)
		}
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]imdn.Request{
		"positive-delivery, negative-delivery":          imdn.PositiveDelivery | imdn.NegativeDelivery,
		"display,processing":                            imdn.Display | imdn.Processing,
		" Display ; x=y , reply":                        imdn.Display,
		"positive-delivery,positive-delivery,negative-": imdn.PositiveDelivery,
		"": 0, ",": 0, "delivery": 0,
	} {
		got := imdn.ParseRequest(value)
		if got != want || imdn.ParseRequest(got.String()) != got {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
	all := imdn.PositiveDelivery | imdn.NegativeDelivery | imdn.Display | imdn.Processing
	if all.String() != "positive-delivery, negative-delivery, display, processing" || all.Has(0) || !all.Has(imdn.Display) {
		t.Errorf("%s", all)
	}
}

// The examples of RFC 3994 §5.
const (
	activeExample = `<?xml version="1.0" encoding="UTF-8"?>
   <isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"
   xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
   xsi:schemaLocation="urn:ietf:params:xml:ns:im-composing
   iscomposing.xsd">
     <state>active</state>
     <contenttype>text/plain</contenttype>
     <refresh>90</refresh>
   </isComposing>
`
	idleExample = `<?xml version="1.0" encoding="UTF-8"?>
   <isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"
   xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
   xsi:schemaLocation="urn:ietf:params:xml:ns:im-composing
   iscomposing.xsd">
     <state>idle</state>
     <lastactive>2003-01-27T10:43:00Z</lastactive>
     <contenttype>audio</contenttype>
   </isComposing>
`
)

func TestComposing(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COMP-01")
	const namespace = ` xmlns="urn:ietf:params:xml:ns:im-iscomposing"`
	active := &imdn.Composing{Active: true}
	idle := &imdn.Composing{}
	for text, want := range map[string]*imdn.Composing{
		activeExample: {Active: true, ContentType: "text/plain", Refresh: 90 * time.Second},
		idleExample:   {LastActive: time.Date(2003, 1, 27, 10, 43, 0, 0, time.UTC), ContentType: "audio"},
		"<isComposing" + namespace + ">\n<state> active </state></isComposing>":                                              active,
		"<isComposing" + namespace + ` xmlns:x="urn:x"><x:state>idle</x:state><x:new/><state>active</state></isComposing>`:   active,
		"<isComposing" + namespace + ` xmlns:x="urn:x"><x:new>idle</x:new><state>active</state></isComposing>`:               active,
		"<isComposing" + namespace + "><state>active</state><state>idle</state></isComposing>":                               active,
		"<isComposing><state>active</state></isComposing>":                                                                   active,
		"<isComposing" + namespace + "><state>active</state><refresh>-1</refresh><lastactive>now</lastactive></isComposing>": active,
		"<isComposing" + namespace + "><state>active</state><refresh>4000000000</refresh></isComposing>":                     {Active: true, Refresh: 24 * time.Hour},
		"<isComposing" + namespace + "><state>thinking</state><state>active</state></isComposing>":                           idle,
		"<isComposing" + namespace + "/>":                                idle,
		"<other><state>active</state></other>":                           nil,
		"<isComposing xmlns='urn:x'><state>active</state></isComposing>": nil,
		"active":                             nil,
		"":                                   nil,
		"<isComposing><state>active</state>": nil,
		`<!DOCTYPE x [<!ENTITY a "active">]><isComposing><state>&a;</state></isComposing>`:            nil,
		"<isComposing><state>active</state>" + strings.Repeat(" ", 16<<10) + "</isComposing>":         nil,
		`<?xml version="1.0" encoding="ISO-8859-1"?><isComposing><state>active</state></isComposing>`: nil,
	} {
		got, err := imdn.ParseComposing([]byte(text))
		if want == nil {
			if !errors.Is(err, imdn.ErrUnreadable) || got != (imdn.Composing{}) {
				t.Errorf("%.120q: %+v, %v", text, got, err)
			}
			continue
		}
		if err != nil || !cmp.Equal(got, *want) {
			t.Errorf("%.120q: %+v, %v; want %+v", text, got, err, *want)
		}
	}
}

func TestAppendComposing(t *testing.T) {
	t.Parallel()
	c := imdn.Composing{Active: true, LastActive: time.Date(2003, 1, 27, 10, 43, 0, 5, time.UTC), ContentType: "text/plain", Refresh: 90*time.Second + 1}
	const want = `> <?xml version="1.0" encoding="UTF-8"?>` + "\r\n" + `<isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>active</state>` +
		"<lastactive>2003-01-27T10:43:00Z</lastactive><contenttype>text/plain</contenttype><refresh>90</refresh></isComposing>"
	if got := string(c.Append([]byte("> "))); got != want {
		t.Error(got)
	}
	c = imdn.Composing{ContentType: "\x00"}
	if got := string(c.Append(nil)); !strings.HasSuffix(got, `iscomposing"><state>idle</state></isComposing>`) {
		t.Error(got)
	}
}
