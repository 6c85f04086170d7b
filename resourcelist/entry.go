package resourcelist

import (
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// entry takes the attributes of an <entry>.
func (p *parser) entry(attrs []xml.Attr) error {
	if len(p.list) == p.room {
		return p.lim.tooMany()
	}
	var e Entry
	found := false
	for _, a := range attrs {
		value := strings.Trim(a.Value, " \t\r\n")
		switch {
		case a.Name.Space == "" && a.Name.Local == "uri":
			u, err := sipmsg.ParseURI(value)
			if err != nil {
				return bad("uri")
			}
			e.URI, found = u, true
		case copyControl(a.Name.Space):
			e.mark(a.Name.Local, value)
		}
	}
	if !found {
		return bad("entry without uri")
	}
	p.list = append(p.list, e)
	return nil
}

// copyControl recognises the namespace also as an example of RFC 5366 misprints it.
// [FOC-LST-05]
func copyControl(space string) bool {
	return space == NamespaceCopyControl || space == "urn:ietf:params:xml:ns:copyControl"
}

// mark takes an attribute of RFC 5364. A value that cannot be read is taken for the
// one that shows least.
func (e *Entry) mark(name, value string) {
	switch name {
	case "copyControl":
		switch value {
		case "to":
			e.Copy = To
		case "cc":
			e.Copy = CC
		}
	case "anonymize":
		e.Anonymize = value != "false" && value != "0"
	case "count":
		if n, err := strconv.ParseUint(value, 10, 16); err == nil {
			e.Count = int(n)
		}
	}
}
