package refer

import (
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/wheel"
)

// reports is the subscription that one receiver of a REFER of ours has made: a usage
// of its dialog. It is not refreshed: a referral that outlives it is forgotten.
type reports struct {
	// fixed after construction
	sent   *Sent
	d      *dialog.Dialog
	inside bool   // other usages may share the dialog
	first  uint32 // CSeq number of the REFER as it was sent at first

	// owned by the shard
	id     string // that of the REFER that was accepted, as it turned out
	heard  bool
	expiry wheel.Timer
	over   bool
}

// Serve takes the NOTIFYs. [PAR-REF-03]
func (r *reports) Serve(tx *transaction.ServerTx) bool {
	req := tx.Request()
	if req.Method != sipmsg.NOTIFY || r.over {
		return false
	}
	ev, err := req.Header.Event()
	if err != nil || ev.Package != packageName || r.inside && !r.mine(ev.ID()) {
		return false
	}
	state, err := req.Header.SubscriptionState()
	if err != nil {
		dialog.Reply(tx, 400, "Bad Subscription-State")
		return true
	}
	r.d.Respond(tx, sipmsg.NewResponse(req, 200, ""))
	r.heard = true
	r.sent.take(req)
	if state.State == "terminated" {
		// RFC 3515 §2.4.7: that was the last, and nothing is subscribed again.
		r.close()
		r.sent.check()
		return true
	}
	r.expect(state)
	return true
}

// expect waits for the next report as long as the receiver says, but for no more than an
// hour since the last: it may have forgotten us.
func (r *reports) expect(state sipmsg.SubscriptionState) {
	seconds, ok := state.Expires()
	if !ok || seconds > hour {
		seconds = hour
	}
	r.sent.agent.dl.After(r.sent.callID, &r.expiry, time.Duration(seconds)*time.Second, func() {
		r.close()
		r.sent.check()
	})
}

// mine tells whether an id of Event names the REFER: its CSeq number, which is not
// known for sure before the answer if it was challenged. The first REFER of a dialog
// may be reported on without id (RFC 3515 §2.4.6).
func (r *reports) mine(id string) bool {
	if id == "" || id == r.id {
		return true
	}
	n, err := strconv.ParseUint(id, 10, 32)
	return err == nil && r.id == "" && uint32(n) >= r.first
}

// report keeps the best news: of several receivers one that succeeded is what counts.
func (s *Sent) report(status int, reason string) {
	if was := s.outcome.Status; was < 200 || was >= 300 {
		s.outcome.Status, s.outcome.Reason = status, reason
	}
	s.watcher.Progress(status, reason)
}

func (r *reports) close() {
	if r.over {
		return
	}
	r.over = true
	r.expiry.Stop()
	r.d.Detach(r)
}

// noSubscription reports whether a 2xx says that nothing will be reported
// (RFC 4488 §4).
func noSubscription(h *sipmsg.Header) bool {
	value, _, _ := strings.Cut(h.Value("Refer-Sub"), ";")
	return strings.EqualFold(strings.TrimSpace(value), "false")
}
