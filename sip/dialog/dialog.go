package dialog

import (
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// State of a dialog (RFC 3261 §12).
type State uint8

// The states, in the order in which a dialog passes through them.
const (
	Early     State = iota // made by a provisional response
	Confirmed              // made or confirmed by a 2xx, or by the NOTIFY of a new subscription
	Ended                  // its last usage is gone; nothing may be sent any more
)

// String returns the state in lower case.
func (s State) String() string {
	switch s {
	case Early:
		return "early"
	case Confirmed:
		return "confirmed"
	default:
		return "ended"
	}
}

// Dialog is one dialog of ours. Apart from [Dialog.ID] and [Dialog.Do], its
// methods are called on the shard of its Call-ID.
type Dialog struct {
	layer *Layer
	next  *Dialog // same local tag: another branch of a forked request; guarded by the table's lock

	// fixed after construction
	id     ID
	local  string // From value of our requests
	remote string // To value of our requests
	caller bool   // the Call-ID is ours

	// owned by the shard
	state     State
	remoteCSq bool // remoteSeq is known
	viaFlow   bool // the remote target cannot be reached: behind a NAT, or it was tried
	localSeq  uint32
	remoteSeq uint32
	contact   string   // our Contact value
	target    string   // remote target URI
	routes    []string // route set, URIs without brackets
	charging  string   // P-Charging-Vector value, "" for peers that get none
	owner     string   // see Own
	source    transport.Source
	usages    []Usage
	first     [1]Usage // room for usages: one is the rule
	hop       *hop

	login       func() Authorizer // nil: challenges are final
	credentials []sipmsg.Field    // of the INVITE sent last inside the dialog
}

// ID returns the dialog's name. It may be called from any goroutine.
func (d *Dialog) ID() ID { return d.id }

// Layer returns the layer that keeps the dialog. It may be called from any goroutine.
func (d *Dialog) Layer() *Layer { return d.layer }

// Do runs f on the dialog's shard. It may be called from any goroutine.
func (d *Dialog) Do(f func()) { d.layer.Do(d.id.CallID, f) }

// State returns how far the dialog is.
func (d *Dialog) State() State { return d.state }

// Local returns our address, tag included.
func (d *Dialog) Local() sipmsg.Address { return parseAddress(d.local) }

// Remote returns the peer's address, tag included.
func (d *Dialog) Remote() sipmsg.Address { return parseAddress(d.remote) }

// OwnsCallID tells whether the Call-ID was made by us (RFC 3261 §14.1).
func (d *Dialog) OwnsCallID() bool { return d.caller }

// Target returns the remote target as the peer wrote it, parameters included.
func (d *Dialog) Target() sipmsg.URI {
	u, err := sipmsg.ParseURI(d.target)
	if err != nil {
		return sipmsg.URI{Opaque: d.target} // not reached: checked before it was stored
	}
	return u
}

// Contact returns the Contact value that we write in this dialog.
func (d *Dialog) Contact() string { return d.contact }

// SetContact changes the Contact value of later requests and responses.
func (d *Dialog) SetContact(c string) { d.contact = strings.Clone(c) }

// Routes returns the route set: URIs in the order in which a request passes them.
// The caller does not change the slice.
func (d *Dialog) Routes() []string { return d.routes }

// Source tells where the message came from that formed or last refreshed the dialog.
func (d *Dialog) Source() transport.Source { return d.source }

// Own notes who the peer has proved to be, where its address in the dialog does not say
// so: it may hide that. Call it on the shard.
func (d *Dialog) Own(peer string) { d.owner = strings.Clone(peer) }

// Owner returns what Own was told last, "" if nothing. Call it on the shard.
func (d *Dialog) Owner() string { return d.owner }

// newDialog fills in what both roles have in common and enters the dialog into the table.
func (l *Layer) newDialog(d Dialog) *Dialog {
	pack(&d.id.CallID, &d.id.Local, &d.id.Remote, &d.local, &d.remote, &d.contact, &d.target)
	for i, r := range d.routes {
		d.routes[i] = strings.Clone(r)
	}
	d.layer = l
	if d.login == nil {
		d.login = l.cfg.Login
	}
	l.table.add(&d)
	l.dialogs.add(1)
	return &d
}

// end removes the dialog. Responses to requests under way still arrive.
func (d *Dialog) end() {
	if d.state == Ended {
		return
	}
	d.state = Ended
	d.layer.table.remove(d)
	d.layer.dialogs.add(-1)
}

// pack copies strings into one allocation, so that a dialog does not keep the
// messages alive that made it.
func pack(ss ...*string) {
	n := 0
	for _, s := range ss {
		n += len(*s)
	}
	var b strings.Builder
	b.Grow(n)
	for _, s := range ss {
		b.WriteString(*s)
	}
	all := b.String()
	for _, s := range ss {
		*s, all = all[:len(*s)], all[len(*s):]
	}
}

func parseAddress(value string) sipmsg.Address {
	a, err := sipmsg.ParseAddress(value)
	if err != nil {
		return sipmsg.Address{}
	}
	return a
}

// clip returns a copy of s that shares no memory with a message, or old if it is equal.
func clip(old, s string) string {
	if s == old {
		return old
	}
	return strings.Clone(s)
}
