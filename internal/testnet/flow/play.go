package flow

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Stage is what a flow is played on.
type Stage struct {
	// Subject is the name of the one under test: "focus", or a user.
	Subject string
	// Dial connects an actor of the player's to the subject, or listens for it
	// ([testnet.Listen]). The network is that of the file.
	Dial func(actor, network string) *testnet.SIPPeer
	// Web opens a connection for "over wss", up to the handshake of WebSocket; nil: there
	// is none.
	Web func() net.Conn
	// Words are known from the start.
	Words map[string]string
	// Cue has the subject do what the file says, with the words that it has there; nil:
	// such lines only tell. It is called in order on a goroutine of its own, so that it may
	// wait for what the player does.
	Cue func(what string) error
}

// player plays one flow.
type player struct {
	tb     testing.TB
	stage  Stage
	script *script
	words  words
	actors map[string]*actor
	cues   chan step
}

// Play plays the flow of a file. The first step that is not met ends the test, with the
// file's line, what was expected and what came.
func Play(tb testing.TB, file string, stage Stage) {
	tb.Helper()
	s, err := read(file)
	if err == nil {
		err = s.known(stage.Subject)
	}
	if err != nil {
		tb.Fatal(err)
	}
	p := &player{tb: tb, stage: stage, script: s, words: words{}, actors: make(map[string]*actor)}
	maps.Copy(p.words, stage.Words)
	done := p.prompt()
	for i := 0; i < len(s.steps); {
		n := 1
		for i+n < len(s.steps) && s.steps[i+n].any {
			n++
		}
		p.play(s.steps[i : i+n])
		i += n
	}
	close(p.cues)
	for err := range done {
		tb.Error(err)
	}
}

// prompt starts who gives the subject its cues.
func (p *player) prompt() (done <-chan error) {
	p.cues = make(chan step, len(p.script.steps))
	failed := make(chan error, len(p.script.steps))
	go func() {
		defer close(failed)
		for s := range p.cues {
			if err := p.stage.Cue(s.what); err != nil {
				failed <- p.fault(&s, err)
				return
			}
		}
	}()
	p.tb.Cleanup(func() { // after a step that waited for the subject in vain
		select {
		case err := <-failed:
			if err != nil {
				p.tb.Error(err)
			}
		default:
		}
	})
	return failed
}

// play plays a step, or several that may change places.
func (p *player) play(group []step) {
	p.tb.Helper()
	var awaited []step
	for i := range group {
		s := &group[i]
		subject := p.stage.Subject
		switch {
		case s.to == "" && s.from == subject:
			if p.stage.Cue != nil {
				cue := *s
				cue.what = p.words.expand(s.what)
				p.cues <- cue
			}
		case s.to == "":
			p.act(s)
		case s.to == subject:
			if err := p.actor(s.from, s).send(s, p.words); err != nil {
				p.tb.Fatal(p.fault(s, err))
			}
		case s.from == subject:
			awaited = append(awaited, *s)
		}
	}
	for len(awaited) > 0 {
		awaited = p.await(awaited)
	}
}

// await takes the message that one of the steps is about, the first one's actor's, and
// returns the others.
func (p *player) await(steps []step) []step {
	p.tb.Helper()
	first := &steps[0]
	a := p.actor(first.to, first)
	if strings.HasPrefix(first.what, "HTTP/") {
		if err := a.opened(first, p.words); err != nil {
			p.tb.Fatal(p.fault(first, err))
		}
		return steps[1:]
	}
	for {
		m, err := a.next()
		if err != nil {
			p.tb.Fatal(p.fault(first, fmt.Errorf("has not come: %w", err)))
		}
		i, fault := p.fitting(a, steps, m)
		if fault == nil {
			a.remember(m, false)
			return slices.Delete(steps, i, i+1)
		}
		fault = p.fault(first, fault)
		req, ok := m.(*sipmsg.Request)
		if !ok || !first.last || req.Method != sipmsg.NOTIFY {
			p.tb.Fatalf("%v\n%s got:\n%s", fault, a.name, m.Append(nil))
		}
		p.tb.Log("passed over: ", fault)
		a.remember(m, false)
		a.peer.Answer(req, 200)
	}
}

// fitting finds the step that a message is about, and learns from it. The error is why
// it is not the first one.
func (p *player) fitting(a *actor, steps []step, m sipmsg.Message) (int, error) {
	var fault error
	for i := range steps {
		if steps[i].to != a.name {
			continue
		}
		learned := maps.Clone(p.words)
		err := a.fits(&steps[i], m, learned)
		if err == nil {
			p.words = learned
			return i, nil
		}
		if fault == nil {
			fault = err
		}
	}
	return 0, fault
}

// actor returns one of the player's actors.
func (p *player) actor(name string, s *step) *actor {
	p.tb.Helper()
	a := p.actors[name]
	if a == nil {
		p.tb.Fatal(p.fault(s, fmt.Errorf("%s is not cast", name)))
	}
	return a
}

// act has an actor do what a cue says.
func (p *player) act(s *step) {
	p.tb.Helper()
	verb, rest, _ := strings.Cut(p.words.expand(s.what), " ")
	switch verb {
	case "over":
		p.cast(s.from, rest)
		return
	case "drops":
		p.actor(s.from, s).peer.Close()
		return
	}
	if !speaks(verb) {
		if a := p.actors[s.from]; a != nil && a.leg != nil {
			p.tb.Fatal(p.fault(s, errors.New("nothing that one does with MSRP")))
		}
		return // what a user wants, which is told only
	}
	if err := p.actor(s.from, s).speak(verb, rest); err != nil {
		p.tb.Fatal(p.fault(s, err))
	}
}

// cast gives an actor a socket, or another one.
func (p *player) cast(name, network string) {
	p.tb.Helper()
	a := p.actors[name]
	if a == nil {
		a = &actor{tb: p.tb, name: name, calls: make(map[string]*call)}
		p.actors[name] = a
	}
	switch network {
	case "msrp":
		p.words[name+" port"] = a.listen()
		return
	case "wss":
		a.web = p.stage.Web()
		a.peer = testnet.SIPOver(p.tb, network, &socket{Conn: a.web})
	default:
		a.peer = p.stage.Dial(name, network)
	}
	p.words[name+" address"] = a.peer.Addr()
	p.words[name+" contact"] = "sip:" + name + "@" + a.peer.Addr() + ";transport=" + network
}

// fault names the step that was not met.
func (p *player) fault(s *step, err error) error {
	return fmt.Errorf("%s: %s <- %s: %s: %w", s.at, s.to, s.from, p.words.known(s.what), err)
}
