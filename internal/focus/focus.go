package focus

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Mixer is what the focus needs of the mixer.
type Mixer interface {
	// Check judges a first offer without reserving anything.
	Check(offer *sdp.Session) error
	// Capability describes what a leg could take.
	Capability() *sdp.Session
	// Reserve makes a leg for an endpoint that was admitted, and calls done once with
	// it or with an error: before it returns, or later from any goroutine. It must not
	// block. The error is [ErrMixerFull], a [*conference.Refusal] with CodeFull where
	// the conference has used its share up, an [*sdp.Error] for media that is not
	// supported, [instance.ErrEnded], or whatever else went wrong.
	Reserve(req LegRequest, done func(Leg, error))
}

// LegRequest tells the mixer of the endpoint a leg is for. [MIX-03]
type LegRequest struct {
	Instance   *instance.Instance
	Endpoint   conference.EndpointID
	User       conference.User // as everybody sees it
	Identity   conference.Identity
	Addresses  []string // what the user may write into From
	Conference []string // what means the conference on this leg
	Dialled    string   // by which URI the user knows the conference
	UserAgent  string
	Features   string // Contact and Accept-Contact as they came
	// Preconditions says that descriptions tell of resources (RFC 3312).
	Preconditions bool
	// Lost is called if nothing ever came of the leg; the dialog is to end.
	Lost func(err error)
	// Again is called if an answer to our offer cannot be used as it stands: Offer
	// then makes another one. [CEMA-04]
	Again func()
}

// Leg is the MSRP session of one endpoint. What its descriptions say was settled when
// it was reserved: none of its methods waits for anything. [MIX-02]
type Leg interface {
	// Answer takes an offer and returns our answer, and the direction as the
	// participant sees it.
	Answer(offer *sdp.Session) (*sdp.Session, conference.Direction, error)
	// Offer makes our first offer, or repeats what is in force.
	Offer() (*sdp.Session, error)
	// Accept takes the answer to our offer.
	Accept(answer *sdp.Session) (conference.Direction, error)
	// Description returns our description in force, nil if there is none.
	Description() *sdp.Session
	// Identify tells which client a user has who was called: his User-Agent, and
	// the fields in which feature tags stand.
	Identify(userAgent, features string)
	// Expect tells that the conference is about to be asked to connect the endpoint:
	// what its client says meanwhile waits for that.
	Expect()
	// Close ends the leg; only the first call counts.
	Close()
}

// Config is the configuration of a [Focus]. Gate, Directory and Mixer are
// required.
type Config struct {
	Log       *slog.Logger // discards
	Gate      *access.Gate
	Directory *instance.Directory
	Mixer     Mixer
	DialOut   DialOut
	// Agent is the host that Warning fields name; the domain as a rule.
	Agent string
	// Redirect has the factory answer 302 with the URI of a conference that begins when
	// its caller calls that (RFC 4579 §5.4). D-44
	Redirect bool
	// Preconditions says that preconditions are supported (RFC 3312), and
	// PreconditionWait how long a caller may take to meet his: 60 s. D-39
	Preconditions    bool
	PreconditionWait time.Duration
	// ApprovalWait is how long a caller waits for somebody who approves of him: 60 s.
	// D-18
	ApprovalWait time.Duration
	// MixerWait is how long the mixer may take for a leg: 3 s. [MIX-07]
	MixerWait time.Duration

	Now func() time.Time // time.Now
}

// Focus is the conference focus of this node. It is safe for concurrent use.
type Focus struct {
	// fixed after construction
	cfg Config

	// fixed after Bind
	dialogs  *dialog.Layer
	calls    *invite.Agent
	referrer *refer.Agent

	counts    counts
	dialing   gauge
	referrals referrals

	departed departed

	mu          sync.Mutex
	attendances map[conference.ID]*attendance
}

var _ invite.Handler = (*Focus)(nil)

// New returns a focus. It is to be bound to a SIP stack before the first
// message.
func New(cfg Config) *Focus {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.DialOut.Ring <= 0 {
		cfg.DialOut.Ring = 2 * time.Minute
	}
	if cfg.ApprovalWait <= 0 {
		cfg.ApprovalWait = approvalWait
	}
	if cfg.PreconditionWait <= 0 {
		cfg.PreconditionWait = preconditionWait
	}
	if cfg.MixerWait <= 0 {
		cfg.MixerWait = mixerWait
	}
	f := &Focus{cfg: cfg, attendances: make(map[conference.ID]*attendance)}
	f.dialing.pace = paceOf(cfg.DialOut.Server, cfg.DialOut.Server/10)
	return f
}

// Bind tells the focus the dialog layer that its requests come through, and who
// makes its calls and its REFERs.
func (f *Focus) Bind(dialogs *dialog.Layer, calls *invite.Agent, referrer *refer.Agent) {
	f.dialogs, f.calls, f.referrer = dialogs, calls, referrer
}

func (f *Focus) log(level slog.Level, event string, req *sipmsg.Request, attrs ...slog.Attr) {
	if !f.cfg.Log.Enabled(context.Background(), level) {
		return
	}
	attrs = append(attrs, slog.String("method", string(req.Method)),
		slog.String("uri", req.URI.String()), slog.String("call_id", req.Header.CallID()))
	f.cfg.Log.LogAttrs(context.Background(), level, event, attrs...) //nolint:sloglint // constant at every call
}
