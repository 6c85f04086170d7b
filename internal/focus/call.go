package focus

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// call is the INVITE dialog of one endpoint, from the INVITE to the end.
type call struct {
	// fixed after construction
	focus    *Focus
	resource access.Resource
	caller   identity.Identity
	endpoint conference.EndpointID

	invitation *invitation // nil: the endpoint called us

	// owned by whoever has the call's next step; given up with the 200, so that
	// no message stays in memory for as long as the call
	in    *invite.Incoming
	offer *sdp.Session // nil: the INVITE asks for one
	fault *sip.Error   // what is wrong with the INVITE itself

	preconditions preconditions
	replaces      conference.EndpointID // whose dialog is replaced; "": none

	guestList *guestList // whom to invite after the ACK; nil: nobody

	// fixed before the 200
	offered bool // the offer is ours

	mu         sync.Mutex
	inst       *instance.Instance // once admitted
	attendance *attendance
	leg        Leg
	reserving  *reservation // the leg is being waited for
	session    *invite.Session
	dialog     dialog.ID // of the session, also when that has ended
	contact    string
	waiting    *suspension // the 200 waits for resources
	knocking   *knock      // and any answer for approval
	promised   bool        // the caller has our answer and the conference's URI already
	cancelled  bool        // the caller gave up
	over       bool        // the dialog has ended
	bye        string      // Reason of the BYE that is due as soon as there is a session
	verdict    *sip.Error  // why the conference has taken the caller's place back; nil: it has not
	again      bool        // another offer is due as soon as there is a session
	parting    bool        // the BYE waits for its turn, or has left
	parted     func()      // told when the BYE was answered; nil: nobody wants to know
}

// newEndpointID draws an endpoint id that says nothing about the device.
func newEndpointID() conference.EndpointID {
	return conference.EndpointID("ep-" + rand.Text()[:16])
}

// admission lets the caller in as far as its place, if it has not given up when
// its turn comes.
func (c *call) admission() instance.Admission {
	req := c.in.Request()
	admit := conference.Admit{
		At:             c.focus.cfg.Now(),
		Identity:       c.caller.User,
		Private:        c.caller.Privacy,
		Display:        c.caller.Display,
		AssociatedAORs: c.caller.AORs,
		Endpoint:       c.endpoint,
		Referred:       referral(req.Header.Value("Referred-By"), c.focus.cfg.Now()),
		Replaces:       c.replaces,
	}
	if c.caller.Anonymous {
		admit.Identity = ""
	}
	if contacts, err := req.Header.Contacts(); err == nil && len(contacts) == 1 {
		admit.Contact = contacts[0].URI.String()
		admit.Instance = instanceOf(contacts[0])
		if contacts[0].Params.Has("isfocus") {
			admit.Focus = string(identity.Of(contacts[0].URI)) // the conference of another focus [FOC-DSP-08]
		}
	}
	return instance.Admission{Admit: admit, Wanted: c.wanted}
}

// wanted reports whether the caller still waits.
func (c *call) wanted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.cancelled
}

// instanceOf returns what tells a device from others: +sip.instance (RFC 5626
// §4.1), or a Contact with gr (RFC 5627 §3.1). Plain Contacts prove nothing, as
// private addresses repeat. D-55 [FOC-JOI-14]
func instanceOf(contact sipmsg.Address) string {
	if id, ok := contact.Params.Lookup("+sip.instance"); ok {
		return strings.Clone(id)
	}
	if contact.URI.Params.Has("gr") {
		return contact.URI.String()
	}
	return ""
}

// cancel takes back the place of a caller that gave up.
func (c *call) cancel() {
	c.mu.Lock()
	c.cancelled = true
	waiting, knocking := c.waiting, c.knocking
	c.mu.Unlock()
	c.abandon()
	if knocking != nil {
		knocking.end()
	}
	if waiting != nil {
		waiting.end()
	}
	c.withdraw(conference.CauseCancelled)
}

// withdraw takes the endpoint out of the conference before it was connected: leg, place
// and call. [MIX-01]
func (c *call) withdraw(cause conference.Cause) {
	c.finish() // first, so that it does not hear of its own departure
	c.mu.Lock()
	inst, leg := c.inst, c.leg
	c.mu.Unlock()
	if leg != nil {
		leg.Close()
	}
	if inst != nil {
		inst.Do(conference.Withdraw{At: c.focus.cfg.Now(), Endpoint: c.endpoint, Cause: cause}, nil)
	}
}

// legLost takes the endpoint out because nothing ever came of its leg.
func (c *call) legLost(err error) {
	reason := `SIP;cause=408;text="No MSRP connection"`
	if errors.Is(err, msrp.ErrQueueFull) || errors.Is(err, msrp.ErrCongested) || errors.Is(err, msrp.ErrStalled) {
		reason = `SIP;cause=480;text="Too slow to receive messages"` // [SW-FLOW-04]
	}
	c.leave(conference.CauseFailed, reason)
}

// refuse answers the INVITE with an error.
func (c *call) refuse(e *sip.Error) {
	c.focus.log(slog.LevelInfo, "INVITE refused", c.in.Request(),
		slog.Int("status", e.Status), slog.String("user", string(c.caller.User)), slog.String("cause", e.Error()))
	c.in.Reject(e)
}
