package resourcelist

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// The namespaces of what is written.
const (
	Namespace            = "urn:ietf:params:xml:ns:resource-lists"
	NamespaceCopyControl = "urn:ietf:params:xml:ns:copycontrol"
)

// Append appends the document: one flat list. The attributes of RFC 5364 are written
// where they differ from their defaults. [PAR-CRE-04]
func (l List) Append(dst []byte) []byte {
	dst = append(dst, xml.Header+`<resource-lists xmlns="`+Namespace+`"`...)
	if l.marked() {
		dst = append(dst, ` xmlns:cp="`+NamespaceCopyControl+`"`...)
	}
	dst = append(dst, ">\n  <list>\n"...)
	for i := range l {
		dst = l[i].append(dst)
	}
	return append(dst, "  </list>\n</resource-lists>\n"...)
}

// marked reports whether an entry needs the attributes of RFC 5364.
func (l List) marked() bool {
	for i := range l {
		if l[i].Copy != BCC || l[i].Anonymize || l[i].Count > 0 {
			return true
		}
	}
	return false
}

func (e *Entry) append(dst []byte) []byte {
	dst = append(dst, `    <entry uri="`...)
	dst = appendText(dst, e.URI.String())
	dst = append(dst, '"')
	if e.Copy != BCC {
		dst = append(dst, ` cp:copyControl="`+e.Copy.String()+`"`...)
	}
	if e.Anonymize {
		dst = append(dst, ` cp:anonymize="true"`...)
	}
	if e.Count > 0 {
		dst = append(dst, ` cp:count="`...)
		dst = append(strconv.AppendInt(dst, int64(e.Count), 10), '"')
	}
	if e.Display == "" {
		return append(dst, "/>\n"...)
	}
	dst = append(dst, "><display-name>"...)
	dst = appendText(dst, e.Display)
	return append(dst, "</display-name></entry>\n"...)
}

// appendText writes s as character data or attribute value. What is no UTF-8, and
// characters that XML cannot hold, become U+FFFD.
func appendText(dst []byte, s string) []byte {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder does not fail
	return append(dst, b.String()...)
}
