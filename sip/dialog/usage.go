package dialog

import (
	"slices"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// Usage is application state in a dialog: a session, a subscription (RFC 5057).
// It is called on the dialog's shard and must not block.
type Usage interface {
	// Serve is offered each request of the dialog whose CSeq is in order, and
	// tells whether the request is this usage's business. If so it is answered,
	// now or later, through [Dialog.Respond].
	Serve(tx *transaction.ServerTx) bool
}

// Acknowledged is implemented by a usage that waits for the ACK to a 2xx.
type Acknowledged interface {
	// Ack is handed each ACK of the dialog, repetitions included.
	Ack(ack *sipmsg.Request)
}

// Attach adds a usage. Requests are offered to the usages in the order in which
// they were attached.
func (d *Dialog) Attach(u Usage) {
	if len(d.usages) == 0 {
		d.usages = d.first[:0]
	}
	d.usages = append(d.usages, u)
}

// Detach removes a usage; the dialog ends with its last one (RFC 5057 §4.1).
func (d *Dialog) Detach(u Usage) {
	i := slices.Index(d.usages, u)
	if i < 0 {
		return
	}
	// A copy: the caller may be iterating over the old one.
	d.usages = slices.Concat(d.usages[:i], d.usages[i+1:])
	if len(d.usages) == 0 {
		d.usages, d.first[0] = nil, nil
		d.end()
	}
}

// Replace puts a usage in another's place without ending the dialog between.
func (d *Dialog) Replace(old, u Usage) {
	i := slices.Index(d.usages, old)
	if i < 0 {
		d.Attach(u)
		return
	}
	d.usages[i] = u
}

// Usages returns how many usages the dialog has.
func (d *Dialog) Usages() int { return len(d.usages) }

// Serves tells whether the dialog has the usage.
func (d *Dialog) Serves(u Usage) bool { return slices.Contains(d.usages, u) }
