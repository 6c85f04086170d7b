package participant

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/wheel"
)

// Errors of calls and conferences.
var (
	// ErrNoFocus: who answered is no conference focus.
	ErrNoFocus = errors.New("participant: the answer does not come from a conference focus")
	// ErrLeft: the conference has been left.
	ErrLeft = errors.New("participant: not in the conference any more")
)

// Options of a call to a conference. The zero value works.
type Options struct {
	// Subject is that of the INVITE; for a new conference its subject, if the focus
	// takes it.
	Subject string
	// NoSubscribe leaves the roster alone.
	NoSubscribe bool
	// Invite names users that [UE.Create] asks the focus to call, in the INVITE itself
	// or, if the focus does not take that, by [Conference.Invite]. [PAR-CRE-04]
	Invite []Invitee
	// Replaces is that of the user's other device, which this one takes the place of; see
	// [Conference.Replaces]. [PAR-CRE-08]
	Replaces string
	// ReferInside sends what [Conference.Invite] and the like ask for inside the dialog
	// with the focus instead of in a new one. A focus that knows how is asked to keep
	// the reports out of that dialog (RFC 7614): they are subscribed to.
	ReferInside bool

	ordinary bool // a session of two is wanted, not a conference

	fields []sipmsg.Field // of the INVITE besides
	parts  []sipmsg.Part  // of its body besides
}

// Invitee is a user to be invited. Only URI is required.
type Invitee struct {
	// URI of the user, Display the name under which the others may see him.
	URI, Display string
	// Copy says what the others invited see of him: "to", "cc" or, the default, nothing.
	Copy string
	// Anonymous shows the others that somebody was invited, but not who.
	Anonymous bool
}

// Conference is a conference that the UE is in. Its methods are safe for concurrent
// use.
type Conference struct {
	// fixed after construction
	ue      *UE
	log     *slog.Logger
	self    sipmsg.Address // as the conference knows us
	dialled sipmsg.URI
	options Options
	next    sipmsg.URI // next hop of requests outside dialogs
	events  *queue
	outcome chan error    // of the call, capacity 1
	done    chan struct{} // closed when the conference has been left
	quiet   chan struct{} // closed when there is no subscription any more
	seen    *msrp.Seen
	writers *writers

	// session is set once, on the shard of the call, before the stream is connected
	// and before anybody else can know of the conference.
	session *invite.Session

	// owned by the shard of the call
	talk      sdp.Negotiation
	early     []*early                        // branches that answered before the 2xx
	unready   bool                            // the resources of the call are not reserved yet
	confirm   func(ack *sipmsg.Request) error // of a call of the focus; nil: our own call
	previous  *msrp.Session                   // lives until the one that replaces it is bound
	plain     bool                            // our offers do not let media be anchored any more [CEMA-04]
	unbound   bool                            // the present MSRP session has not been bound yet
	abandoned bool                            // nobody waits for the call any more
	reason    error                           // why we hang up, nil: since we were asked to
	ending    bool                            // the notification service says that the conference is gone
	over      bool
	timer     wheel.Timer // of the next subscription, or for its end
	composing composition
	failures  int // subscriptions in a row that failed

	// guarded by mu
	mu        sync.Mutex
	line      *line // nil without a stream
	focus     sipmsg.URI
	multiple  bool   // the focus takes many targets in one REFER
	explicit  bool   // the focus says where its reports can be subscribed to
	canonical string // the conference's own spelling of its URI
	mask      string // the URI under which the others see us, if we are anonymous
	nickname  string
	roster    *confinfo.Document
	users     []User
	watcher   *watcher // of the present subscription
	hushed    bool     // quiet is closed
	pending   outbox
	requests  requests
}

// Join calls a conference by its URI and returns when the MSRP session stands. A
// refusal is a [*sip.Error], in whose Header further fields are. When ctx ends first
// the call is cancelled. [PAR-CRE-06]
func (u *UE) Join(ctx context.Context, conferenceURI string, o Options) (*Conference, error) {
	return u.call(ctx, conferenceURI, o)
}

// Create calls a conference factory, which makes a new conference; see [UE.Join].
// [PAR-CRE-01]
func (u *UE) Create(ctx context.Context, factoryURI string, o Options) (*Conference, error) {
	return u.call(ctx, factoryURI, o)
}

// URI returns the URI by which others join: as the focus spells it, as far as that
// is known.
func (c *Conference) URI() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name()
}

// name is URI with mu held.
func (c *Conference) name() string {
	if c.canonical != "" {
		return c.canonical
	}
	return c.focus.String()
}

// FocusURI returns the Contact of the focus, the URI of requests to the conference.
func (c *Conference) FocusURI() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.focus.String()
}

// Events returns the channel of what happens. It ends with [Left] and is closed
// behind it. Up to 8 MiB of events wait for their receiver; further ones are dropped
// and counted in an [Overflow].
func (c *Conference) Events() <-chan Event { return c.events.out }

// Done is closed when the conference has been left.
func (c *Conference) Done() <-chan struct{} { return c.done }

// Roster returns the users of the conference, in the order of its documents; empty
// before the first one came.
func (c *Conference) Roster() []User {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.users)
}
