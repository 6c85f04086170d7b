package focus

import (
	"slices"
	"sync"
	"time"

	"github.com/confab-chat/confab/wheel"
)

// pace spreads events evenly: burst at once, then one every so often (the
// generic cell rate algorithm).
type pace struct {
	every time.Duration // 0: no limit
	burst int
	due   time.Time // when the next one would come if they came evenly
}

func paceOf(perSecond, burst int) pace {
	if perSecond <= 0 {
		return pace{}
	}
	return pace{every: time.Second / time.Duration(perSecond), burst: max(burst, 1)}
}

// wait returns how long it is until the next event may happen.
func (p *pace) wait(now time.Time) time.Duration {
	if p.due.Before(now) {
		return 0
	}
	return max(0, p.due.Sub(now)-time.Duration(p.burst-1)*p.every)
}

// take counts an event that happens now.
func (p *pace) take(now time.Time) {
	if p.due.Before(now) {
		p.due = now
	}
	p.due = p.due.Add(p.every)
}

// gauge is the pace of the whole server.
type gauge struct {
	mu   sync.Mutex
	pace pace
}

// try counts an event if it may happen now, and else returns how long to wait.
func (g *gauge) try(now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := g.pace.wait(now)
	if wait == 0 {
		g.pace.take(now)
	}
	return wait
}

// line is where the invitations of a conference wait until they may leave: so
// many a second, of the server too, and so many without any answer yet. One that
// rings holds nobody up. D-06 [FOC-LST-12]
type line struct {
	// fixed after construction
	focus *Focus
	key   string // of the executor that the timer runs on

	timer wheel.Timer

	mu         sync.Mutex
	pace       pace
	waiting    []*invitation
	unanswered int
}

func newLine(f *Focus, key string) *line {
	return &line{focus: f, key: key, pace: paceOf(f.cfg.DialOut.PerSecond, 1)}
}

// add puts an invitation at the end of the line.
func (l *line) add(i *invitation) {
	l.mu.Lock()
	l.waiting = append(l.waiting, i)
	l.mu.Unlock()
	l.release()
}

// drop takes an invitation out of the line, and reports whether it was in it.
func (l *line) drop(i *invitation) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := slices.Index(l.waiting, i)
	if k >= 0 {
		l.waiting = slices.Delete(l.waiting, k, k+1)
	}
	return k >= 0
}

// heard makes room for another one: one that had left was answered.
func (l *line) heard() {
	l.mu.Lock()
	l.unanswered--
	l.mu.Unlock()
	l.release()
}

// release lets go who may.
func (l *line) release() {
	for i := l.next(); i != nil; i = l.next() {
		i.send()
	}
}

// next takes the first in line if it may leave now, and else sets the timer.
func (l *line) next() *invitation {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := l.focus.cfg.DialOut.Unanswered
	if len(l.waiting) == 0 || most > 0 && l.unanswered >= most {
		return nil
	}
	now := time.Now()
	wait := l.pace.wait(now)
	if wait == 0 {
		wait = l.focus.dialing.try(now)
	}
	if wait > 0 {
		l.focus.dialogs.After(l.key, &l.timer, wait, l.release)
		return nil
	}
	l.pace.take(now)
	i := l.waiting[0]
	l.waiting[0] = nil
	l.waiting = l.waiting[1:]
	l.unanswered++
	i.call.mu.Lock()
	i.counted = true
	i.call.mu.Unlock()
	return i
}
