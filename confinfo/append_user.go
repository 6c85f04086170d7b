package confinfo

import (
	"slices"
	"strings"
)

// tailRoom is what the end tags after the last user take, and a little more.
const tailRoom = 64

// Append writes the user's element, to be used in [Users.Written].
func (u *User) Append(dst []byte) []byte {
	w := writer{b: dst}
	w.user(u)
	return w.b
}

// hasNickname reports whether the namespace of RFC 6501 may be needed.
func (d *Document) hasNickname() bool {
	if d.Users == nil || d.State == Deleted {
		return false
	}
	if len(d.Users.Written) > 0 {
		return true
	}
	for i := range d.Users.List {
		if d.Users.List[i].Nickname != "" {
			return true
		}
	}
	return false
}

func (w *writer) users(u *Users) {
	w.raw("<users")
	w.attr("state", u.State.String())
	if len(u.List)+len(u.Written) == 0 || u.State == Deleted {
		w.raw("/>")
		return
	}
	w.raw(">")
	for i := range u.List {
		w.user(&u.List[i])
	}
	n := 0
	for _, b := range u.Written {
		n += len(b)
	}
	w.b = slices.Grow(w.b, n+tailRoom)
	for _, b := range u.Written {
		w.b = append(w.b, b...)
	}
	w.close("users")
}

func (w *writer) user(u *User) {
	w.raw("<user")
	w.uriAttr("entity", u.Entity)
	w.attr("state", u.State.String())
	if u.State == Deleted {
		w.raw("/>")
		return
	}
	if u.Nickname != "" {
		w.attr("xcon:nickname", u.Nickname)
	}
	w.raw(">")
	w.text("display-text", u.DisplayText)
	w.uris("associated-aors", u.AssociatedAORs)
	if len(u.Roles) > 0 {
		w.open("roles")
		for _, r := range u.Roles {
			w.text("entry", r)
		}
		w.close("roles")
	}
	w.languages(u.Languages)
	w.uri("cascaded-focus", u.CascadedFocus)
	for i := range u.Endpoints {
		w.endpoint(&u.Endpoints[i])
	}
	w.close("user")
}

// languages leaves out what is no language tag, since the schema is strict here
// and the tags come from the user's Accept-Language. [NOT-NFY-10]
func (w *writer) languages(list []string) {
	tags := make([]string, 0, len(list))
	for _, tag := range list {
		if isLanguage(tag) {
			tags = append(tags, tag)
		}
	}
	w.text("languages", strings.Join(tags, " "))
}

// isLanguage: xs:language is [a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*.
func isLanguage(tag string) bool {
	first := true
	for part := range strings.SplitSeq(tag, "-") {
		if part == "" || len(part) > 8 {
			return false
		}
		for i := range len(part) {
			c := part[i] | 0x20
			if (c < 'a' || c > 'z') && (first || part[i] < '0' || part[i] > '9') {
				return false
			}
		}
		first = false
	}
	return true
}

func (w *writer) endpoint(e *Endpoint) {
	w.raw("<endpoint")
	w.attr("entity", e.Entity)
	w.attr("state", e.State.String())
	if e.State == Deleted {
		w.raw("/>")
		return
	}
	w.raw(">")
	w.text("display-text", e.DisplayText)
	w.execution("referred", &e.Referred)
	w.word("status", string(e.Status.known()))
	w.word("joining-method", string(e.JoiningMethod.known()))
	w.execution("joining-info", &e.JoiningInfo)
	w.word("disconnection-method", string(e.DisconnectionMethod.known()))
	w.execution("disconnection-info", &e.DisconnectionInfo)
	for i := range e.Media {
		w.media(&e.Media[i])
	}
	if c := e.CallInfo; c != (CallInfo{}) {
		w.raw("<call-info><sip>")
		w.text("display-text", c.DisplayText)
		w.raw("<call-id>")
		w.escape(c.CallID)
		w.raw("</call-id><from-tag>")
		w.escape(c.FromTag)
		w.raw("</from-tag><to-tag>")
		w.escape(c.ToTag)
		w.raw("</to-tag></sip></call-info>")
	}
	w.close("endpoint")
}

func (w *writer) media(m *Media) {
	w.raw("<media")
	w.attr("id", m.ID)
	w.raw(">")
	w.text("display-text", m.DisplayText)
	w.text("type", m.Type)
	w.text("label", m.Label)
	w.text("src-id", m.SourceID)
	w.word("status", string(m.Status.known()))
	w.close("media")
}
