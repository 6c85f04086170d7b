package server

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// soakUser is a participant with one device, who talks, listens, comes and goes.
type soakUser struct {
	room   *soakRoom
	index  int
	name   string
	random *rand.Rand

	// owned by his goroutine
	call     *soakCall
	session  *soakSession
	sessions int
	n        int
	pending  []*utterance // not answered yet

	mu        sync.Mutex
	came      time.Time
	heard     []uint64 // places of what was heard, each once
	known     map[said]bool
	confirmed uint64 // the server knows that everything up to here was heard
	left      []absence
	diary     []string // the last things that he did
}

// utterance is a request of a user's.
type utterance struct {
	head msrpwire.Head
	body string
	said said
	to   int
}

func (u *soakUser) aor() string { return "sip:" + u.name + "@example.test" }

func (u *soakUser) note(what string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.diary = append(u.diary, what)
	u.diary = u.diary[max(0, len(u.diary)-8):]
}

// absence is when a user began to hang up, and when that was answered.
type absence struct{ from, until time.Time }

// leftAround reports whether the user may have been gone when something reached him
// that was begun at a time.
func (u *soakUser) leftAround(begun time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.ContainsFunc(u.left, func(a absence) bool {
		return a.from.Before(begun.Add(testnet.Patience)) && !a.until.Before(begun)
	})
}

// take is what the reader of a session does with a whole message.
func (u *soakUser) take(s *soakSession, h *msrpwire.Head, body []byte) {
	if h.Method == msrpwire.REPORT {
		u.reported(string(h.MessageID), h.ReportStatus.Code)
		return
	}
	if len(body) == 0 {
		return
	}
	if err := u.hear(s, h, body); err != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.room.t.Errorf("%s: %s: %v; he was %q", u.room.uri, u.name, err, u.diary)
	}
}

func (u *soakUser) hear(s *soakSession, h *msrpwire.Head, body []byte) error {
	_, rest, _ := strings.Cut(string(body), "\r\n\r\n")
	_, content, _ := strings.Cut(rest, "\r\n\r\n")
	var room string
	var m said
	var to, size int
	if _, err := fmt.Sscan(content, &room, &m.user, &m.n, &to, &size); err != nil {
		return fmt.Errorf("%.200q: %w", content, err)
	}
	if room != u.room.uri || content != soakText(room, m, to, size) {
		return fmt.Errorf("heard %.200q", content)
	}
	if to != everybody {
		if to != u.index {
			return fmt.Errorf("overheard %v to %d", m, to)
		}
		if err := u.room.whispered(m, to); err != nil {
			return err
		}
		return u.first(m)
	}
	at, err := strconv.ParseUint(string(h.Field("Room-Seq")), 10, 64)
	if err != nil {
		return err
	}
	if err := u.room.place(at, m, string(h.MessageID)); err != nil {
		return err
	}
	if m.user == u.index {
		return fmt.Errorf("his own %v came back", m)
	}
	if at <= s.last {
		return fmt.Errorf("%v at %d after %d in one session", m, at, s.last)
	}
	s.last = at
	return u.inOrder(m, at)
}

// first checks that a private message is not heard again, unless a session broke.
func (u *soakUser) first(m said) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	m.n = -m.n // other numbers than those of messages to everybody
	if u.known[m] && u.sessions == 1 {
		return fmt.Errorf("%v again", m)
	}
	u.known[m] = true
	return nil
}

func (u *soakUser) inOrder(m said, at uint64) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.known[m] && at <= u.confirmed:
		return fmt.Errorf("%v at %d again, though confirmed up to %d", m, at, u.confirmed)
	case u.known[m]:
		u.room.mu.Lock()
		u.room.repeated++
		u.room.mu.Unlock()
		return nil
	case len(u.heard) > 0 && at <= u.heard[len(u.heard)-1]:
		return fmt.Errorf("%v at %d after %d", m, at, u.heard[len(u.heard)-1])
	}
	u.known[m] = true
	u.heard = append(u.heard, at)
	return nil
}

func (u *soakUser) reported(id string, status int) {
	var m said
	if _, err := fmt.Sscanf(id, "w%d.%d", &m.user, &m.n); err != nil || status == 200 {
		return
	}
	u.room.mu.Lock()
	defer u.room.mu.Unlock()
	if w := u.room.whispers[m]; w != nil {
		w.reported = true
	}
}

// join calls the conference and connects.
func (u *soakUser) join(ctx context.Context) error {
	old := u.call
	u.call = u.room.line.call(u.aor(), u.room.uri)
	if err := u.invite(ctx); err != nil {
		return err
	}
	if old != nil {
		old.done()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.came.IsZero() {
		u.came = time.Now()
	}
	return nil
}

// invite offers a new path, in a new call or in the one there is, and connects.
func (u *soakUser) invite(ctx context.Context) error {
	remote, err := u.offer()
	if err != nil {
		return err
	}
	return u.connect(ctx, remote)
}

// offer offers a new path and returns that of the answer.
func (u *soakUser) offer() (remote string, err error) {
	u.sessions++
	description := strings.Replace(offer(u.name, u.path()), " 1 1 ", fmt.Sprintf(" 1 %d ", u.sessions), 1) + "a=x:1\r\n"
	description = strings.Replace(description, "a=chatroom:private-messages", "a=chatroom:private-messages nickname", 1)
	contact := fmt.Sprintf("Contact: <sip:%s@%s;transport=tcp>;+sip.instance=\"<urn:uuid:%s>\"", u.name, u.room.line.Addr(), u.name)
	resp, err := u.call.ask(u.call.Offer(sipmsg.INVITE, description, contact))
	if err != nil {
		return "", err
	}
	u.call.Learn(resp)
	u.room.line.Send(u.call.Ack())
	return attribute(u.room.t, resp.Body, "path"), nil
}

func (u *soakUser) path() string {
	return fmt.Sprintf("msrp://127.0.0.1:9/%s.%d;tcp", u.name, u.sessions)
}

// connect binds a new session in the place of the old one.
func (u *soakUser) connect(ctx context.Context, remote string) error {
	old := u.session
	if old != nil && u.random.IntN(2) == 0 {
		old.close()
	}
	if old != nil {
		old.deafen() // what comes now was not heard
	}
	s, err := bindSoakSession(ctx, u.path(), remote, 8<<10<<u.random.IntN(6), u.take)
	if err != nil {
		return err
	}
	if u.session = s; old != nil {
		old.close()
	}
	return nil
}

// ask has requests answered, again in new sessions until they are.
func (u *soakUser) ask() error {
	for end := time.Now().Add(testnet.Patience); len(u.pending) > 0; {
		if time.Now().After(end) {
			return fmt.Errorf("%d requests not taken: %.300q", len(u.pending), u.pending[0].body)
		}
		open, by := u.write()
		status, err := u.session.await(open)
		if err != nil {
			return err
		}
		var again []*utterance
		for tid, x := range by {
			ok, err := u.outcome(x, status[tid])
			if err != nil {
				return err
			}
			if !ok {
				again = append(again, x)
			}
			u.mu.Lock()
			u.confirmed = max(u.confirmed, u.session.confirmed(tid))
			u.mu.Unlock()
		}
		if u.pending = again; len(again) > 0 {
			<-time.After(20 * time.Millisecond) // the ACK may take another way than the media
		}
	}
	return nil
}

// write sends what is pending, in chunks where it is large.
func (u *soakUser) write() (open map[string]bool, by map[string]*utterance) {
	open, by = make(map[string]bool), make(map[string]*utterance)
	for _, x := range u.pending {
		total := int64(len(x.body))
		size := total
		if total > 4096 {
			size = 2048
		}
		for at := int64(0); ; at += size {
			h, flag := x.head, msrpwire.Last
			end := min(at+size, total)
			if end < total {
				flag = msrpwire.Continues
			}
			if h.Method == msrpwire.SEND {
				h.ByteRange = msrpwire.Range{Start: at + 1, End: end, Total: total}
			}
			tid := u.session.send(&h, []byte(x.body[at:end]), flag)
			open[tid] = true
			if flag == msrpwire.Last {
				by[tid] = x
				break
			}
		}
	}
	return open, by
}

// outcome notes a response, and reports false if the request has to be repeated.
func (u *soakUser) outcome(x *utterance, status int) (done bool, err error) {
	switch {
	case status == msrpwire.StatusForbidden:
		return false, nil // the dialog is not confirmed yet, for the server
	case x.head.Method == msrpwire.NICKNAME && status == msrpwire.StatusOK:
		u.room.name(x.nickname(), u.index)
	case x.head.Method == msrpwire.NICKNAME && status == msrpwire.StatusNicknameInUse:
	case x.to == everybody && status == msrpwire.StatusOK:
	case x.to >= 0 && status == msrpwire.StatusOK:
		u.room.mu.Lock()
		u.room.whispers[x.said].accepted = true
		u.room.mu.Unlock()
	case x.to >= 0 && status == msrpwire.StatusNotFound:
	default:
		return false, fmt.Errorf("%s %.100q: %d", x.head.Method, x.body, status)
	}
	return true, nil
}

func (x *utterance) nickname() string { return strings.Trim(string(x.head.UseNickname), `"`) }

// say adds a message to what is pending.
func (u *soakUser) say(to, size int) {
	u.n++
	m := said{u.index, u.n}
	id, recipient := fmt.Sprintf("p%d.%d", u.index, u.n), u.room.uri
	u.room.mu.Lock()
	if to == everybody {
		u.room.begun[m] = time.Now()
	} else {
		u.room.whispers[m] = &whisper{to: to, begun: time.Now()}
		id, recipient = fmt.Sprintf("w%d.%d", u.index, u.n), u.room.users[to].aor()
	}
	u.room.mu.Unlock()
	u.pending = append(u.pending, &utterance{
		head: msrpwire.Head{Method: msrpwire.SEND, MessageID: []byte(id)},
		body: cpim(u.aor(), recipient, soakText(u.room.uri, m, to, size)), said: m, to: to,
	})
}

// rename asks for a nickname.
func (u *soakUser) rename() {
	u.room.unname(u.index)
	u.pending = append(u.pending, &utterance{
		head: msrpwire.Head{Method: msrpwire.NICKNAME, UseNickname: []byte(fmt.Sprintf(`"nick%d"`, u.random.IntN(len(u.room.users))))}, to: -2,
	})
}

// leave hangs up.
func (u *soakUser) leave() error {
	from := time.Now()
	u.room.unname(u.index)
	_, err := u.call.ask(u.call.Request(sipmsg.BYE))
	u.mu.Lock()
	u.left = append(u.left, absence{from, time.Now()})
	u.mu.Unlock()
	u.session.close()
	u.call.done()
	return err
}
