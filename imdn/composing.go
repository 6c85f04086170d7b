package imdn

import (
	"strconv"
	"strings"
	"time"
)

// ComposingType is the media type of composing indications (RFC 3994 §4).
const ComposingType = "application/im-iscomposing+xml"

const composingNamespace = "urn:ietf:params:xml:ns:im-iscomposing"

// maxRefresh is the longest refresh interval that is believed.
const maxRefresh = 24 * time.Hour

// Composing is a composing indication (RFC 3994 §3.5).
type Composing struct {
	// Active says that its sender writes. States other than "active" mean that he
	// does not. [COMP-01]
	Active bool
	// LastActive is when he last wrote; the zero time if that is not told.
	LastActive time.Time
	// ContentType is what he writes, "text/plain" or just "audio"; optional.
	ContentType string
	// Refresh is the time within which he will repeat an active indication, in
	// seconds and up to a day; 0: not told.
	Refresh time.Duration
}

// ParseComposing reads an indication; a missing namespace is tolerated. Elements
// that are not known, or of other namespaces, are passed over, and so are values
// that cannot be read. The error wraps [ErrUnreadable]; see [Parse]. [COMP-01]
func ParseComposing(b []byte) (Composing, error) {
	var c Composing
	stated := false
	err := walk(b, "isComposing", []string{composingNamespace, ""}, func(path, text string) {
		text = strings.TrimSpace(text)
		switch path {
		case "state":
			c.Active = c.Active || text == "active" && !stated
			stated = true // the first one counts
		case "lastactive":
			c.LastActive, _ = time.Parse(time.RFC3339, text)
		case "contenttype":
			c.ContentType = text
		case "refresh":
			c.Refresh = seconds(text)
		}
	})
	if err != nil {
		return Composing{}, err
	}
	return c, nil
}

// seconds reads a positive number of seconds; 0 if it is none.
func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxRefresh)
}

// Append appends the document. A fraction of a second is left out, and so is a
// content type that XML cannot hold.
func (c *Composing) Append(dst []byte) []byte {
	w := writer{b: dst}
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>`, "\r\n", `<isComposing xmlns="`, composingNamespace, `">`)
	state := "idle"
	if c.Active {
		state = "active"
	}
	w.element("state", state)
	if !c.LastActive.IsZero() {
		w.element("lastactive", c.LastActive.Format(time.RFC3339))
	}
	if isText(c.ContentType) {
		w.optional("contenttype", c.ContentType)
	}
	if c.Refresh >= time.Second {
		w.element("refresh", strconv.FormatInt(int64(c.Refresh/time.Second), 10))
	}
	w.raw("</isComposing>")
	return w.b
}
