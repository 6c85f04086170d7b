package confinfo

import (
	"strconv"
	"strings"
	"time"
)

// Unmarshal reads a document. Elements and attributes it does not know are
// skipped, and so are values the schema does not name; a missing state is full.
// It is an [*Error] if b is no well-formed XML in UTF-8, has a document type
// declaration, is no conference-info, or passes a limit; the zero Limits stand
// for their defaults. [PAR-SUB-08] [PAR-SUB-09]
func Unmarshal(b []byte, lim Limits) (*Document, error) {
	root, err := parseTree(b, lim.withDefaults())
	if err != nil {
		return nil, err
	}
	if root.name != "conference-info" {
		return nil, &Error{"root is not conference-info"}
	}
	entity := root.attr("entity")
	if entity == "" {
		return nil, &Error{"no entity"}
	}
	d := &Document{Entity: entity, State: root.state(), Version: parseNumber(root.attr("version"))}
	if d.State == Deleted {
		return d, nil // RFC 4575 §4.4: what a deleted parent holds is ignored
	}
	for _, n := range root.children {
		switch n.name {
		case "conference-description":
			d.Description = n.description()
		case "host-info":
			d.Host = &Host{
				DisplayText: n.textOf("display-text"),
				WebPage:     n.textOf("web-page"),
				URIs:        n.child("uris").uris(),
			}
		case "conference-state":
			d.ConferenceState = &ConferenceState{
				UserCount: parseNumber(n.textOf("user-count")),
				Active:    parseBool(n.textOf("active")),
				Locked:    parseBool(n.textOf("locked")),
			}
		case "users":
			d.Users = n.users()
		}
	}
	return d, nil
}

func (n *node) state() State {
	switch n.attr("state") {
	case "partial":
		return Partial
	case "deleted":
		return Deleted
	}
	return Full // RFC 4575 §4.4: the default, and what an unknown value is taken for [PAR-SUB-08]
}

func (n *node) description() *Description {
	d := &Description{
		DisplayText:      n.textOf("display-text"),
		Subject:          n.textOf("subject"),
		FreeText:         n.textOf("free-text"),
		Keywords:         strings.Fields(n.textOf("keywords")),
		ConferenceURIs:   n.child("conf-uris").uris(),
		ServiceURIs:      n.child("service-uris").uris(),
		MaximumUserCount: parseNumber(n.textOf("maximum-user-count")),
	}
	for _, e := range n.child("available-media").all("entry") {
		d.AvailableMedia = append(d.AvailableMedia, AvailableMedia{
			Label:       e.attr("label"),
			DisplayText: e.textOf("display-text"),
			Type:        e.textOf("type"),
			Status:      MediaStatus(e.textOf("status")).known(),
		})
	}
	return d
}

func (n *node) uris() []URI {
	var list []URI
	for _, e := range n.all("entry") {
		list = append(list, URI{
			URI:         e.textOf("uri"),
			DisplayText: e.textOf("display-text"),
			Purpose:     e.textOf("purpose"),
			Modified:    e.child("modified").execution(),
		})
	}
	return list
}

func (n *node) execution() Execution {
	return Execution{When: parseTime(n.textOf("when")), Reason: n.textOf("reason"), By: n.textOf("by")}
}

func (n *node) users() *Users {
	u := &Users{State: n.state()}
	if u.State == Deleted {
		return u
	}
	for _, e := range n.all("user") {
		u.List = append(u.List, e.user())
	}
	return u
}

func (n *node) user() User {
	u := User{Entity: n.attr("entity"), State: n.state()}
	if u.State == Deleted {
		return u
	}
	u.Nickname = n.nickname
	u.DisplayText = n.textOf("display-text")
	u.AssociatedAORs = n.child("associated-aors").uris()
	for _, e := range n.child("roles").all("entry") {
		if e.text != "" {
			u.Roles = append(u.Roles, e.text)
		}
	}
	for _, tag := range strings.Fields(n.textOf("languages")) {
		if isLanguage(tag) {
			u.Languages = append(u.Languages, tag)
		}
	}
	u.CascadedFocus = n.textOf("cascaded-focus")
	for _, e := range n.all("endpoint") {
		u.Endpoints = append(u.Endpoints, e.endpoint())
	}
	return u
}

func (n *node) endpoint() Endpoint {
	e := Endpoint{Entity: n.attr("entity"), State: n.state()}
	if e.State == Deleted {
		return e
	}
	e.DisplayText = n.textOf("display-text")
	e.Referred = n.child("referred").execution()
	e.Status = Status(n.textOf("status")).known()
	e.JoiningMethod = JoiningMethod(n.textOf("joining-method")).known()
	e.JoiningInfo = n.child("joining-info").execution()
	e.DisconnectionMethod = DisconnectionMethod(n.textOf("disconnection-method")).known()
	e.DisconnectionInfo = n.child("disconnection-info").execution()
	for _, m := range n.all("media") {
		e.Media = append(e.Media, Media{
			ID:          m.attr("id"),
			DisplayText: m.textOf("display-text"),
			Type:        m.textOf("type"),
			Label:       m.textOf("label"),
			SourceID:    m.textOf("src-id"),
			Status:      MediaStatus(m.textOf("status")).known(),
		})
	}
	if sip := n.child("call-info").child("sip"); sip != nil {
		e.CallInfo = CallInfo{
			DisplayText: sip.textOf("display-text"),
			CallID:      sip.textOf("call-id"),
			FromTag:     sip.textOf("from-tag"),
			ToTag:       sip.textOf("to-tag"),
		}
	}
	return e
}

func parseNumber(s string) uint32 {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func parseBool(s string) bool { return s == "true" || s == "1" }

// parseTime takes xs:dateTime with and without zone; without one it is UTC. What
// cannot be read is the zero time.
func parseTime(s string) time.Time {
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
