package resourcelist

import "github.com/confab-chat/confab/sip/sipmsg"

// anonymous is what stands in a history for those who are not to be named
// (RFC 5364 §4).
func anonymous() sipmsg.URI {
	return sipmsg.URI{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}
}

// History returns what the recipients may know of the list: primary recipients and
// copies, those who wish so merged into one anonymous entry of each level, and no
// blind copies, whatever else these ask for. The list without anybody to show is
// empty. The header part of a URI is for the server only and left out.
// [FOC-LST-13] [FOC-LST-14]
func (l List) History() List {
	var out List
	for _, level := range [...]CopyControl{To, CC} {
		hidden := 0
		for _, e := range l {
			switch {
			case e.Copy != level:
			case e.Anonymize:
				hidden += max(e.Count, 1)
			default:
				e.URI.Headers = nil
				out = append(out, Entry{URI: e.URI, Copy: level})
			}
		}
		if hidden > 0 {
			out = append(out, Entry{URI: anonymous(), Copy: level, Count: hidden})
		}
	}
	return out
}
