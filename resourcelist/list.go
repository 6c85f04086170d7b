package resourcelist

import "github.com/confab-chat/confab/sip/sipmsg"

// CopyControl says what the recipients may know of an entry (RFC 5364 §4). Higher
// values take precedence.
type CopyControl uint8

// The levels of RFC 5364. An entry without one is a blind copy.
const (
	BCC CopyControl = iota // not shown to others
	CC                     // shown as a copy
	To                     // shown as primary recipient
)

// String returns the value of the attribute.
func (c CopyControl) String() string {
	switch c {
	case To:
		return "to"
	case CC:
		return "cc"
	default:
		return "bcc"
	}
}

// Entry is one recipient. Only URI is always there.
type Entry struct {
	// URI of any scheme, with its parameters and headers.
	URI sipmsg.URI
	// Display is the name that the list gives the recipient.
	Display string
	Copy    CopyControl
	// Anonymize asks that others see that there is a recipient, but not who.
	Anonymize bool
	// Count is how many recipients an anonymous entry of a history stands for; 0 is 1.
	Count int
}

// List is a flat list of recipients.
type List []Entry

// Unite returns the entries of all lists in their order, each recipient once. URIs are
// compared by the rules of their scheme. Of the entries for one recipient the first
// one's URI and the first display name count, the strongest copy control, and the wish
// of any of them to be anonymous. [FOC-LST-06]
func Unite(lists ...List) List {
	var out List
	for _, l := range lists {
		for _, e := range l {
			out = out.merge(e)
		}
	}
	return out
}

// merge adds e, or adds it to the entry that has its URI.
func (l List) merge(e Entry) List {
	for i := range l {
		if !l[i].URI.Equal(e.URI) {
			continue
		}
		// RFC 5364 §4: to, cc, bcc is the order of precedence.
		l[i].Copy = max(l[i].Copy, e.Copy)
		l[i].Anonymize = l[i].Anonymize || e.Anonymize
		if l[i].Display == "" {
			l[i].Display = e.Display
		}
		return l
	}
	return append(l, e)
}

// Find returns the entry with that URI.
func (l List) Find(u sipmsg.URI) (Entry, bool) {
	for _, e := range l {
		if e.URI.Equal(u) {
			return e, true
		}
	}
	return Entry{}, false
}
