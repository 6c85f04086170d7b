package notify

import "github.com/confab-chat/confab/confinfo"

// snapshot is the roster at one moment, as documents that subscribers share.
// Guarded by board.mu.
type snapshot struct {
	document *confinfo.Document
	whole    *confinfo.Template
	changes  map[*snapshot]*confinfo.Template // by where a subscriber comes from; nil: no change
}

// full returns the whole state. It is written once.
func (s *snapshot) full() confinfo.Template {
	if s.whole == nil {
		t := confinfo.NewTemplate(s.document)
		s.whole = &t
	}
	return *s.whole
}

// since returns what has changed since an earlier snapshot; ok is false if
// nothing has. Subscribers that come from the same state share it. [NOT-NFY-03]
func (s *snapshot) since(earlier *snapshot) (change confinfo.Template, ok bool) {
	if earlier == s {
		return confinfo.Template{}, false
	}
	t, known := s.changes[earlier]
	if !known {
		if partial, changed := confinfo.Diff(earlier.document, s.document); changed {
			written := confinfo.NewTemplate(partial)
			t = &written
		}
		if s.changes == nil {
			s.changes = make(map[*snapshot]*confinfo.Template)
		}
		s.changes[earlier] = t
	}
	if t == nil {
		return confinfo.Template{}, false
	}
	return *t, true
}
