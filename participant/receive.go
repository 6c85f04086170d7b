package participant

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/imdn"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// A Message-ID is remembered as long as the conference is shown, on all its MSRP
// sessions. [MSRP-RCV-11]
const (
	seenIDs = 4096
	seenAge = 365 * 24 * time.Hour
)

// Message implements [msrp.Handler].
func (l *line) Message(in *msrp.Incoming) {
	wrapper, err := cpim.Parse(in.Body(), cpim.Limits{})
	if err != nil {
		in.Refuse(refused(err))
		return
	}
	from, err := wrapper.Sender()
	if err != nil {
		in.Refuse(refused(err))
		return
	}
	in.Accept()
	if name, found := wrapper.Unmet(known); found {
		// It may only be shown by who understands that. [CPIM-08]
		l.c.undelivered(in, wrapper, from)
		l.c.events.put(Problem{Reason: "a message from " + string(from.URI) + " requires " + name + ", which is not understood here"})
		return
	}
	l.c.received(in, wrapper, from)
}

// known tells which CPIM headers we understand.
func known(namespace, name string) bool {
	switch namespace {
	case cpim.Namespace:
		switch name {
		case "From", "To", "cc", "DateTime", "Subject", "NS", "Require":
			return true
		}
	case cpim.NamespaceIMDN:
		switch name {
		case imdn.MessageIDField, imdn.RequestField, imdn.OriginalToField, imdn.RecordRouteField, imdn.RouteField:
			return true
		}
	}
	return false
}

func refused(err error) error {
	if bad := (*cpim.Error)(nil); errors.As(err, &bad) {
		return &msrp.Error{Status: bad.Status, Comment: bad.Comment}
	}
	return err
}

func (c *Conference) received(in *msrp.Incoming, wrapper *cpim.Message, from cpim.Address) {
	m := Message{
		From: string(from.URI), Display: from.Name(),
		ContentType: string(wrapper.ContentType()), Body: wrapper.Content,
		ID: in.ID(), History: isHistory(in),
	}
	if len(wrapper.To) > 0 {
		m.To = string(wrapper.To[0].URI)
	}
	m.Seq, _ = strconv.ParseUint(string(in.Field("Room-Seq")), 10, 64) // 0 without one [SW-HIS-03]
	at, ok := wrapper.DateTime()
	if !ok {
		at = time.Now() // an unreadable date is a missing one [CPIM-06]
	}
	m.Time = at
	c.mu.Lock()
	m.Private = !c.isConference(m.To)
	for i := range c.users {
		if sameURI(c.users[i].URI, m.From) {
			m.Nickname = c.users[i].Nickname
			break
		}
	}
	c.mu.Unlock()
	if mediaType(m.ContentType) == imdn.ComposingType {
		c.writers.hear(&m)
		return
	}
	if c.noted(in, wrapper, &m) {
		c.writers.sent(&m)
		c.events.put(m)
	}
}

// isHistory reports whether a message is from before the join. [SW-HIS-03]
func isHistory(in *msrp.Incoming) bool { return string(in.Field("Room-History")) == "yes" }

// mediaType is the type of a content, in lower case, without parameters.
func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// isConference tells whether a recipient is the conference, under one of the names
// we know it by. Called with mu held.
func (c *Conference) isConference(to string) bool {
	return sameURI(to, c.canonical) || sameURI(to, c.focus.String()) || sameURI(to, c.dialled.String())
}

// sameURI compares addresses by the rules of their scheme.
func sameURI(a, b string) bool {
	if a == b {
		return a != ""
	}
	x, errX := sipmsg.ParseURI(a)
	y, errY := sipmsg.ParseURI(b)
	return errX == nil && errY == nil && x.Address().Equal(y.Address())
}

// Sent implements [msrp.Handler].
func (l *line) Sent(ref uint64, err error) {
	if err != nil {
		l.c.fail(ref, err)
		return
	}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.c.pending.answer(ref)
}

// Report implements [msrp.Reporter]. A report that nobody asked for is ignored.
// [MSRP-RPT-11]
func (l *line) Report(r msrp.Report) {
	c := l.c
	failed := r.Status < 200 || r.Status > 299
	if !failed && !r.Complete {
		return
	}
	c.mu.Lock()
	known := c.pending.takeID(r.MessageID)
	c.mu.Unlock()
	switch {
	case !known:
		c.log.Debug("report on an unknown message", slog.String("message_id", r.MessageID))
	case failed:
		c.events.put(Failed{ID: r.MessageID, Status: r.Status, Reason: r.Comment})
	default:
		c.events.put(Delivered{ID: r.MessageID})
	}
}

// fail tells that a message did not get through.
func (c *Conference) fail(ref uint64, err error) {
	c.mu.Lock()
	id, ok := c.pending.take(ref)
	c.mu.Unlock()
	if !ok {
		return
	}
	e := Failed{ID: id, Reason: err.Error()}
	if bad := (*msrp.Error)(nil); errors.As(err, &bad) {
		e.Status, e.Reason = bad.Status, bad.Comment
	}
	c.events.put(e)
}
