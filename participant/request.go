package participant

import (
	"slices"
	"strings"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/imdn"
)

// request is what a message that came in asks to be told of it (RFC 5438).
type request struct {
	message string // our ID of the message
	wants   imdn.Request

	// for the notifications
	id       string // imdn.Message-ID
	author   string // where they go
	dateTime string // of the message
	original string
	routes   []string // IMDN-Record-Route

	displayed bool // no display notification is due any more
}

// requestIn reads what a message asks for; nil if that is nothing that could be served.
func requestIn(w *cpim.Message, m *Message) *request {
	r := &request{
		message: m.ID, author: m.From,
		wants:    imdn.ParseRequest(value(w, cpim.NamespaceIMDN, imdn.RequestField)),
		id:       value(w, cpim.NamespaceIMDN, imdn.MessageIDField),
		original: value(w, cpim.NamespaceIMDN, imdn.OriginalToField),
		dateTime: value(w, cpim.Namespace, "DateTime"),
	}
	if r.wants == 0 || r.id == "" {
		return nil
	}
	if r.dateTime == "" {
		r.dateTime = time.Now().Format(time.RFC3339) // missing although it must not be
	}
	for h := range w.All(cpim.NamespaceIMDN, imdn.RecordRouteField) {
		r.routes = append(r.routes, cpim.Unescape(h.Value))
	}
	r.original = strings.TrimSuffix(strings.TrimPrefix(r.original, "<"), ">")
	return r
}

func value(w *cpim.Message, namespace, name string) string {
	return cpim.Unescape(w.Value(namespace, name))
}

// octets is about what the request takes in memory.
func (r *request) octets() int {
	n := eventSize + len(r.message) + len(r.id) + len(r.author) + len(r.dateTime) + len(r.original)
	for _, route := range r.routes {
		n += len(route)
	}
	return n
}

// requestsSize bounds what is remembered of requests, in octets; the oldest are
// forgotten, and displays that were asked for by them are not told any more.
const requestsSize = 512 << 10

// requests are those of the last messages, so that each disposition is told once. They
// are guarded by the mutex of the conference.
type requests struct {
	items []*request // oldest first
	size  int
}

// add notes a request and reports whether it is a new one: at most one notification is
// sent of each kind (RFC 5438 §7.2.1). [IMDN-02]
func (q *requests) add(r *request) bool {
	if slices.ContainsFunc(q.items, func(o *request) bool { return o.id == r.id && o.author == r.author }) {
		return false
	}
	q.items = append(q.items, r)
	for q.size += r.octets(); q.size > requestsSize; {
		q.size -= q.items[0].octets()
		q.items[0] = nil
		q.items = q.items[1:]
	}
	return true
}

// display returns the request for a message whose display is to be told, and notes that
// it is; nil if it is not.
func (q *requests) display(message string) *request {
	for _, r := range q.items {
		if r.message == message && r.wants.Has(imdn.Display) && !r.displayed {
			r.displayed = true
			return r
		}
	}
	return nil
}
