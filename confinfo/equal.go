package confinfo

import "slices"

// Equal reports whether both hold the same, instants compared by value.
func (e Execution) Equal(f Execution) bool {
	return e.When.Equal(f.When) && e.Reason == f.Reason && e.By == f.By
}

func (u URI) equal(v URI) bool {
	return u.URI == v.URI && u.DisplayText == v.DisplayText && u.Purpose == v.Purpose && u.Modified.Equal(v.Modified)
}

func equalURIs(a, b []URI) bool { return slices.EqualFunc(a, b, URI.equal) }

func (d *Description) equal(e *Description) bool {
	if d == nil || e == nil {
		return d == e
	}
	return d.DisplayText == e.DisplayText && d.Subject == e.Subject && d.FreeText == e.FreeText &&
		slices.Equal(d.Keywords, e.Keywords) &&
		equalURIs(d.ConferenceURIs, e.ConferenceURIs) && equalURIs(d.ServiceURIs, e.ServiceURIs) &&
		d.MaximumUserCount == e.MaximumUserCount && slices.Equal(d.AvailableMedia, e.AvailableMedia)
}

func (h *Host) equal(i *Host) bool {
	if h == nil || i == nil {
		return h == i
	}
	return h.DisplayText == i.DisplayText && h.WebPage == i.WebPage && equalURIs(h.URIs, i.URIs)
}

func (s *ConferenceState) equal(t *ConferenceState) bool {
	if s == nil || t == nil {
		return s == t
	}
	return *s == *t
}
