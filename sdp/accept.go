package sdp

import (
	"slices"
	"strings"
)

// TypeCPIM is the media type every conference stream carries at its root.
const TypeCPIM = "message/cpim"

// TypeList is the value of a=accept-types or a=accept-wrapped-types: entries
// "type/subtype", "type/*" and "*", in lower case, without parameters.
type TypeList []string

// ParseTypeList reads the value of either attribute. Entries that are no media
// type are left out. A leading blank is tolerated.
func ParseTypeList(value string) TypeList {
	var list TypeList
	for _, entry := range splitQuoted(value) {
		// RFC 4975 §8.6: parameters play no role in the comparison. [SDP-04]
		entry, _, _ = strings.Cut(entry, ";")
		major, minor, ok := strings.Cut(entry, "/")
		if entry == "*" || ok && major != "" && minor != "" {
			list = append(list, strings.ToLower(entry))
		}
	}
	return list
}

// Match reports whether the list covers mediaType, "type/subtype" in any case;
// parameters and white space around it are ignored.
func (l TypeList) Match(mediaType string) bool {
	mediaType, _, _ = strings.Cut(mediaType, ";")
	mediaType = strings.Trim(mediaType, " \t")
	for _, entry := range l {
		if matchType(entry, mediaType) {
			return true
		}
	}
	return false
}

// String returns the list as the attribute's value.
func (l TypeList) String() string { return strings.Join(l, " ") }

func (l TypeList) onlyCPIM() bool {
	return len(l) > 0 && !slices.ContainsFunc(l, func(e string) bool { return e != TypeCPIM })
}

func matchType(entry, mediaType string) bool {
	if entry == "*" {
		return true
	}
	if major, ok := strings.CutSuffix(entry, "*"); ok && strings.HasSuffix(major, "/") {
		return len(mediaType) > len(major) && strings.EqualFold(mediaType[:len(major)], major)
	}
	return strings.EqualFold(entry, mediaType)
}

// Accepts reports whether the describing side takes mediaType at the root of a
// message. [MSRP-SND-12]
func (m *Message) Accepts(mediaType string) bool { return m.AcceptTypes.Match(mediaType) }

// AcceptsWrapped reports whether the describing side takes mediaType inside a
// message/cpim wrapper.
func (m *Message) AcceptsWrapped(mediaType string) bool {
	// RFC 4975 §8.6: accept-wrapped-types adds to accept-types. [MSRP-SND-12] [SW-PUB-17]
	if m.AcceptTypes.Match(mediaType) || m.AcceptWrappedTypes.Match(mediaType) {
		return true
	}
	// A client that names only the wrapper can show text. [SW-PUB-17]
	return len(m.AcceptWrappedTypes) == 0 && m.AcceptTypes.onlyCPIM() &&
		TypeList{"text/plain", "text/html"}.Match(mediaType)
}

// splitQuoted splits at blanks that stand outside of quotes.
func splitQuoted(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t')
	})
}
