package mixer

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// firstLetter is the reference of the first private message on a session; below
// stand the places of messages to everybody.
const firstLetter = 1 << 63

// What waits for a user whose leg was lost, at most; one message of any size is
// taken as long as all that waits in the conference has room.
const (
	mailOctets = 64 << 10
	mailCount  = 100
	mailTotal  = 16 << 20
)

// letter is a private message, on its way to the sessions of one user.
type letter struct {
	arrived atomic.Bool // on one of them
	shared  *msrp.Shared
	content content
	from    *Leg
	in      *msrp.Incoming
	until   time.Time // waits no longer; guarded by the mix's mutex
}

// letters are the private messages that a leg has not answered yet. Guarded by
// the leg's mutex.
type letters struct {
	next uint64
	open map[uint64]*letter
}

// postLetter sends a private message to the leg, so that it comes back if the session
// is lost before the answer.
func (l *Leg) postLetter(x *letter) error {
	l.mu.Lock()
	l.letters.next++
	ref := firstLetter + l.letters.next
	if l.letters.open == nil {
		l.letters.open = make(map[uint64]*letter)
	}
	l.letters.open[ref] = x
	l.mu.Unlock()
	err := l.send(x.shared, ref)
	if err != nil {
		l.settleLetter(ref, false)
	}
	return err
}

// settleLetter forgets a private message whose outcome is known.
func (l *Leg) settleLetter(ref uint64, arrived bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if x := l.letters.open[ref]; x != nil && arrived {
		x.arrived.Store(true)
	}
	delete(l.letters.open, ref)
}

// returned keeps the private messages among what an ended session has left
// unconfirmed for the user's next session. [SW-PRV-10]
func (l *Leg) returned(refs []uint64) {
	var back []*letter
	l.mu.Lock()
	for _, ref := range refs {
		if x := l.letters.open[ref]; x != nil {
			delete(l.letters.open, ref)
			back = append(back, x)
		}
	}
	l.mu.Unlock()
	for _, x := range back {
		if !l.mix.await(l.user(), x) {
			x.fail() // too much waits already
		}
	}
	if len(back) > 0 && l.current.Load() != nil && l.isBound() {
		l.mix.deliverLetters(l) // the next session is there already
	}
}

// mail is what waits for a user.
type mail struct {
	letters []*letter // in the order in which they came
	octets  int
}

// await keeps a private message until the user has a session again, or the
// grace time is over. It reports false if too much waits already.
func (x *mix) await(u conference.User, l *letter) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if l.until.IsZero() {
		l.until = time.Now().Add(x.policy.Load().Grace)
	}
	box := x.mail[u]
	if box != nil && slices.Contains(box.letters, l) {
		return true // it comes back from another session of his
	}
	if x.ended || box != nil && (len(box.letters) >= mailCount || box.octets+l.shared.Size() > mailOctets) {
		return false
	}
	total := l.shared.Size()
	for _, other := range x.mail {
		total += other.octets
	}
	if total > mailTotal {
		return false
	}
	if box == nil {
		if x.mail == nil {
			x.mail = make(map[conference.User]*mail)
		}
		box = &mail{}
		x.mail[u] = box
	}
	box.letters = append(box.letters, l)
	box.octets += l.shared.Size()
	if x.sweep == nil {
		x.sweep = time.AfterFunc(time.Until(l.until), x.sweepMail)
	}
	return true
}

// deliverLetters hands a leg whose session is bound what waits for its user.
// [SW-PRV-10]
func (x *mix) deliverLetters(l *Leg) {
	x.mu.Lock()
	box := x.mail[l.user()]
	if box == nil || !l.takesPrivate() {
		x.mu.Unlock()
		return
	}
	delete(x.mail, l.user())
	x.mu.Unlock()
	for _, m := range box.letters {
		err := error(msrp.ErrTooLarge) //nolint:unconvert // it takes other errors, too
		if l.terms.Load().wants(m.content) {
			err = l.postLetter(m)
		}
		if err != nil && (!errors.Is(err, msrp.ErrClosed) || !x.await(l.user(), m)) {
			m.fail()
		}
	}
}

// sweepMail gives up what has waited for too long.
func (x *mix) sweepMail() {
	now := time.Now()
	var over []*letter
	x.mu.Lock()
	x.sweep = nil
	var next time.Time
	for u, box := range x.mail {
		box.letters = slices.DeleteFunc(box.letters, func(l *letter) bool {
			if now.Before(l.until) {
				if next.IsZero() || l.until.Before(next) {
					next = l.until
				}
				return false
			}
			over = append(over, l)
			box.octets -= l.shared.Size()
			return true
		})
		if len(box.letters) == 0 {
			delete(x.mail, u)
		}
	}
	if !next.IsZero() && !x.ended {
		x.sweep = time.AfterFunc(next.Sub(now), x.sweepMail)
	}
	x.mu.Unlock()
	for _, l := range over {
		l.fail()
	}
}

// discard gives up what waits for a user who has left for good.
func (x *mix) discard(u conference.User) {
	x.mu.Lock()
	box := x.mail[u]
	delete(x.mail, u)
	x.mu.Unlock()
	if box == nil {
		return
	}
	for _, l := range box.letters {
		l.fail()
	}
}

// fail tells the sender that his message did not reach anybody, though it had
// been answered well. RFC 7701 §6.2. [SW-PRV-06] [SW-PRV-10] [MSRP-RPT-06]
func (l *letter) fail() {
	h := l.from.current.Load()
	if l.arrived.Load() || h == nil || l.in.ID() == "" || !l.in.WantsFailure() {
		return
	}
	n := int64(len(l.in.Body()))
	_ = h.session.SendReport(msrp.Report{
		MessageID: l.in.ID(), Range: msrpwire.Range{Start: 1, End: n, Total: n},
		Status: msrpwire.StatusNotFound, Comment: msrpwire.StatusComment(msrpwire.StatusNotFound),
		ContentType: sdp.TypeCPIM, Body: addressed(l.in.Body()),
	}) // whose session has ended need not know
}

// addressed is the From and To of a message, with nothing in it.
func addressed(body []byte) []byte {
	var b strings.Builder
	m, err := cpim.Parse(body, cpim.Limits{})
	if err != nil {
		return nil // it was parsed before
	}
	for _, h := range m.Headers {
		if name := string(h.Name); h.Namespace == cpim.Namespace && (name == "From" || name == "To") {
			b.WriteString(name + ": " + string(h.Value) + "\r\n")
		}
	}
	b.WriteString("\r\nContent-Type: text/plain\r\n\r\n")
	return []byte(b.String())
}
