package sdp

import "slices"

// Prefer chooses the format of a content that exists in several, the best first:
// one that the describing side lists, else one that a wildcard of it covers.
// RFC 4975 §8.6. [MSRP-SND-13]
func (m *Message) Prefer(types ...string) (mediaType string, ok bool) {
	for _, t := range types {
		if m.AcceptTypes.lists(t) || m.AcceptWrappedTypes.lists(t) {
			return t, true
		}
	}
	for _, t := range types {
		if m.AcceptsWrapped(t) {
			return t, true
		}
	}
	return "", false
}

// lists reports whether an entry names mediaType itself.
func (l TypeList) lists(mediaType string) bool {
	named := slices.DeleteFunc(slices.Clone(l), func(entry string) bool { return entry[len(entry)-1] == '*' })
	return named.Match(mediaType)
}
