package participant

import (
	"strings"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/imdn"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Notified tells what became of a message of ours at one recipient, as [Message.Ask]
// asked for (RFC 5438). Nothing says when it comes, or that it comes at all.
type Notified struct {
	// ID is that of the message.
	ID string
	// By is the URI of the recipient, as the conference lets him write it.
	By          string
	Disposition imdn.Disposition
	Status      imdn.Status
}

func (e Notified) octets() int { return eventSize + len(e.ID) + len(e.By) }

// Displayed tells the sender of a message, by its ID, that the user has seen it, if
// that was asked for; a second call does nothing, nor does one for a message that came
// long ago or from before the join. It does not block. Errors: [ErrLeft], [ErrType],
// msrp.ErrQueueFull and the like, after which it may be called again. RFC 5438
// §7.2.1.2. [IMDN-02]
func (c *Conference) Displayed(id string) error {
	c.mu.Lock()
	r := c.requests.display(id)
	c.mu.Unlock()
	if r == nil {
		return nil
	}
	err := c.notify(r, imdn.OfDisplay, imdn.Displayed)
	if err != nil {
		c.mu.Lock()
		r.displayed = false
		c.mu.Unlock()
	}
	return err
}

// noted notes what a message asks for, and reports whether it is a message: not a
// notification for one of ours, which is dealt with. Ask is filled in.
func (c *Conference) noted(in *msrp.Incoming, wrapper *cpim.Message, m *Message) bool {
	if documents, is := notificationsIn(wrapper, m); is {
		for _, document := range documents { // none is ever answered [IMDN-02]
			c.notified(m, document)
		}
		return false
	}
	r := requestIn(wrapper, m)
	if r == nil {
		return true
	}
	m.Ask = r.wants
	c.mu.Lock()
	fresh := !m.History && !c.ue.silent() && !sameURI(m.From, c.self.URI.String()) && c.requests.add(r)
	c.mu.Unlock()
	if fresh && r.wants.Has(imdn.PositiveDelivery) {
		c.answer(in, r, imdn.Delivered)
	}
	return true
}

// undelivered tells the sender of a message that it cannot be shown.
func (c *Conference) undelivered(in *msrp.Incoming, wrapper *cpim.Message, from cpim.Address) {
	m := Message{From: string(from.URI), ContentType: string(wrapper.ContentType()), ID: in.ID(), History: isHistory(in)}
	if _, is := notificationsIn(wrapper, &m); is {
		return
	}
	r := requestIn(wrapper, &m)
	if r == nil || m.History || c.ue.silent() || !r.wants.Has(imdn.NegativeDelivery) {
		return
	}
	c.mu.Lock()
	r.displayed = true // it never will be
	fresh := c.requests.add(r)
	c.mu.Unlock()
	if fresh {
		c.answer(in, r, imdn.Failed)
	}
}

// answer sends a delivery notification.
func (c *Conference) answer(in *msrp.Incoming, r *request, s imdn.Status) {
	if err := c.notify(r, imdn.OfDelivery, s); err != nil {
		c.log.Debug("notification not sent", "message_id", in.ID(), "reason", err)
	}
}

// notificationsIn returns the documents of a notification, of which there may be several
// in one (RFC 5438 §7.1.4), and whether the message is one at all.
func notificationsIn(wrapper *cpim.Message, m *Message) (documents [][]byte, is bool) {
	t, err := sipmsg.ParseMediaType(m.ContentType)
	if err != nil {
		return nil, false
	}
	disposition, _, _ := strings.Cut(string(wrapper.Field("content-disposition")), ";")
	switch {
	case t.Type+"/"+t.Subtype == imdn.MediaType:
		return [][]byte{m.Body}, true
	case t.Type != "multipart" || !strings.EqualFold(strings.TrimSpace(disposition), "notification"):
		return nil, false
	}
	parts, err := sipmsg.ParseMultipart(t, m.Body, sipmsg.Limits{})
	if err != nil {
		return nil, true
	}
	for i := range parts {
		if mediaType(parts[i].Header.Value("Content-Type")) == imdn.MediaType {
			documents = append(documents, parts[i].Body)
		}
	}
	return documents, true
}

// notified tells of a notification for a message of ours.
func (c *Conference) notified(m *Message, document []byte) {
	n, err := imdn.Parse(document)
	if err != nil || m.History || !m.Private {
		c.log.Debug("notification ignored", "from", m.From, "reason", err)
		return
	}
	c.events.put(Notified{ID: n.MessageID, By: m.From, Disposition: n.Disposition, Status: n.Status})
}

// silent reports whether notifications are neither sent nor asked for. Anonymous users
// would tell who they are by them. [IMDN-07]
func (u *UE) silent() bool { return u.cfg.Anonymous || u.cfg.NoNotifications }

// asking puts into a message what asks for notifications (RFC 5438 §7.1.1). [IMDN-01]
func (m *Message) asking(d *cpim.Draft) {
	d.Bindings = imdnBinding()
	d.Headers = []cpim.Pair{
		{Name: "imdn." + imdn.MessageIDField, Value: m.ID},
		{Name: "imdn." + imdn.RequestField, Value: m.Ask.String()},
	}
}

func imdnBinding() []cpim.Binding {
	return []cpim.Binding{{Prefix: "imdn", Namespace: cpim.NamespaceIMDN}}
}

// notify sends a notification to the author of a message. [IMDN-02]
func (c *Conference) notify(r *request, about imdn.Disposition, s imdn.Status) error {
	c.mu.Lock()
	l := c.line
	takes := l != nil && l.stream.Peer.AcceptsWrapped(imdn.MediaType)
	c.mu.Unlock()
	switch {
	case l == nil:
		return ErrLeft
	case !takes:
		return ErrType
	}
	me := c.sender()
	n := imdn.Notification{
		MessageID: r.id, DateTime: r.dateTime, Recipient: me.URI, Original: r.original, Disposition: about, Status: s,
	}
	content, err := n.Append(nil)
	if err != nil {
		return err //nolint:wrapcheck // says whose it is
	}
	d := cpim.Draft{
		From: me, To: []cpim.Party{{URI: r.author}}, DateTime: time.Now(),
		Bindings:    imdnBinding(),
		Headers:     []cpim.Pair{{Name: "imdn." + imdn.MessageIDField, Value: msrp.NewMessageID()}},
		MIME:        []cpim.Pair{{Name: "Content-Disposition", Value: "notification"}},
		ContentType: imdn.MediaType, Content: content,
	}
	for _, route := range r.routes {
		d.Headers = append(d.Headers, cpim.Pair{Name: "imdn." + imdn.RouteField, Value: route})
	}
	return c.sendAside(l, &d)
}
