package refer

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const (
	// mostPublished bounds the referrals that may be subscribed to; when there are as
	// many, further REFERs that require it are answered 503.
	mostPublished = 1 << 14
	// mostReaders bounds the subscriptions to one referral.
	mostReaders = 8
	// eventParam is the URI parameter that tells the referrals of one address apart.
	eventParam = "refer"
	// secret is the length of its value: what cannot be guessed (RFC 7614 §8).
	secret = 26
)

// retention is how long the outcome of a referral can still be subscribed to
// (RFC 7614 §4.7). [FOC-REF-12]
func (c Config) retention() time.Duration { return 2 * 64 * c.T1 }

// publication says where a Referral may be subscribed to.
type publication struct {
	token   string // value of the URI parameter; empty: nowhere
	contact string
	admit   Admit
}

// published are the referrals that may be subscribed to. The zero value is empty.
type published struct {
	mu      sync.Mutex
	byToken map[string]*Referral
}

func (p *published) full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.byToken) >= mostPublished
}

func (p *published) add(token string, r *Referral) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byToken == nil {
		p.byToken = make(map[string]*Referral)
	}
	p.byToken[token] = r
}

func (p *published) remove(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byToken, token)
}

// find returns the referral that uri names, nil if there is none.
func (p *published) find(uri sipmsg.URI) *Referral {
	token, ok := uri.Params.Lookup(eventParam)
	if !ok {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byToken[token]
}

// publish makes the referral one that is subscribed to explicitly, and returns the value
// of Refer-Events-At: our Contact with a parameter that nobody can guess, so that it
// leads here as surely as that (RFC 7614 §4.3). [FOC-REF-12]
func (r *Referral) publish(contact string, admit Admit) string {
	r.where = publication{token: sipid.Token(secret), contact: contact, admit: admit}
	r.agent.published.add(r.where.token, r)
	r.agent.dl.After(r.callID, &r.expiry, hour*time.Second, func() {
		r.close() // whoever was to report has forgotten it
	})
	address, err := sipmsg.ParseAddress(contact)
	if err != nil {
		return contact // Contacts are of our own making
	}
	uri := address.URI
	uri.Params = uri.Params.With(eventParam, r.where.token)
	return "<" + uri.String() + ">"
}

// retain keeps the outcome for who subscribes late (RFC 7614 §4.7).
func (r *Referral) retain() {
	if token := r.where.token; token != "" {
		r.agent.dl.After(r.callID, &r.expiry, r.agent.cfg.retention(), func() { r.agent.published.remove(token) })
	}
}

// publishes reports whether uri is one that a Refer-Events-At of ours named.
func (a *Agent) publishes(uri sipmsg.URI) bool { return a.published.find(uri) != nil }

// Subscribe implements event.Notifier for the package refer: who has been given the URI
// of a referral may subscribe to it, and nobody to anything else (RFC 7614 §4.5, §7).
// [FOC-REF-12] [FOC-REF-13]
func (a *Agent) Subscribe(in *event.Incoming) {
	r := a.published.find(in.Request().URI)
	if r == nil {
		in.Reject(&sip.Error{Status: 403, Reason: "Only by REFER"})
		return
	}
	if r.where.admit != nil {
		if refused := r.where.admit(in.Request(), in.Source()); refused != nil {
			in.Reject(refused)
			return
		}
	}
	r.serve(in)
}

// serve takes a subscription, which ends at once if there is nothing more to tell.
func (r *Referral) serve(in *event.Incoming) {
	w := &reader{Referral: r}
	r.mu.Lock()
	over, crowded := r.over, len(r.readers) >= mostReaders
	r.mu.Unlock()
	switch {
	case over:
		in.Tell(w, event.NoResource, r.where.contact)
	case crowded:
		in.Reject(&sip.Error{Status: 503, RetryAfter: r.agent.cfg.retention()})
	default:
		w.sub = in.Accept(w, r.where.contact)
		r.join(w)
	}
}
