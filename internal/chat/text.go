package chat

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/confab-chat/confab/participant"
)

// textPrinter prints for people.
type textPrinter struct {
	out, err io.Writer
	history  bool // the last message was one from before the join
}

// show implements printer.
func (p *textPrinter) show(e any) {
	switch e := e.(type) {
	case participant.Message:
		p.message(&e)
	case participant.Roster:
		p.roster(e)
	case participant.Referral:
		p.referral(e)
	case participant.Failed:
		p.complain(e.Status, "message not delivered: "+e.Reason)
	case participant.Problem:
		p.complain(e.Status, e.Reason)
	case participant.Overflow:
		p.complain(0, fmt.Sprintf("%d events dropped", e.Dropped))
	case participant.Left:
		if !e.ByFocus && e.Err == nil {
			p.say("* left") // as the user asked
			return
		}
		p.say("* left: %s", e.Reason)
	default:
		p.own(e)
	}
}

// own prints what the session itself tells.
func (p *textPrinter) own(e any) {
	switch e := e.(type) {
	case joined:
		p.say("* joined %s", e.conference)
	case again:
		p.line("| ", (*participant.Message)(&e))
	case invitation:
		p.invitation(&e)
	case nicknamed:
		p.nicknamed(e)
	case transferred:
		p.file(&e)
	case lockChange:
		p.say("* %s", e.text())
	case lost:
		p.say("* lost %s: %s; coming back in %s", e.conference, e.reason, e.retry.Round(time.Second/10).String())
	case listening:
		p.say("* waiting to be invited as %s", e.contact)
	}
}

// help implements printer.
func (p *textPrinter) help(text string) { write(p.err, "%s\n", text) }

// say prints a line whose arguments may come from anybody.
func (p *textPrinter) say(format string, args ...string) {
	clean := make([]any, len(args))
	for i, a := range args {
		clean[i] = harmless(a)
	}
	write(p.out, format+"\n", clean...)
}

func (p *textPrinter) complain(status int, reason string) {
	if status != 0 {
		reason = fmt.Sprintf("%d %s", status, reason)
	}
	write(p.err, "confab: %s\n", harmless(reason))
}

func (p *textPrinter) message(m *participant.Message) {
	if m.History != p.history {
		p.history = m.History
		if m.History {
			p.say("* from before you joined:")
		} else {
			p.say("* from now on:")
		}
	}
	p.line("", m)
}

// line prints a message behind a mark.
func (p *textPrinter) line(mark string, m *participant.Message) {
	who, text := name(m), m.Text()
	if m.Private {
		who += " (private)"
	}
	if text == "" {
		text = fmt.Sprintf("[%s, %d octets]", m.ContentType, len(m.Body))
	}
	p.say("%s%s %s: %s", mark, m.Time.Local().Format("15:04:05"), who, text)
}

func (p *textPrinter) referral(e participant.Referral) {
	switch {
	case e.Status == 0:
		p.say("* %s: nobody tells what came of it", e.Target)
	case e.Final || e.Status > 100:
		p.say("* %s: %s", e.Target, strings.TrimSpace(strconv.Itoa(e.Status)+" "+e.Reason))
	}
}

func (p *textPrinter) invitation(e *invitation) {
	what := "called into " + e.of.Conference
	if e.of.Referred {
		what = "asked to join " + e.of.Conference
	}
	if e.of.By != "" {
		what += " by " + e.of.By + ", as it is said" // nobody has verified it
	}
	for _, other := range e.of.Others {
		what += "; also invited: " + other.URI
	}
	switch {
	case e.accepted:
		p.say("* %s: accepted", what)
	case e.pending:
		p.say("* %s: /accept or /decline?", what)
	default:
		p.say("* %s: declined", what)
	}
}

func (p *textPrinter) file(e *transferred) {
	what := fmt.Sprintf("%s (%d octets) for %s", e.name, e.size, e.peer)
	if e.incoming {
		what = fmt.Sprintf("%s (%d octets) from %s, as it is said", e.name, e.size, e.peer) // nobody has verified it
	}
	switch {
	case e.state == fileFailed:
		p.complain(e.status, what+": "+e.reason)
	case e.state == fileRefused:
		p.say("* %s: refused, %s", what, e.reason)
	case e.state == fileStarted:
		p.say("* %s: on its way", what)
	case e.incoming:
		p.say("* %s: saved as %s", what, e.path)
	default:
		p.say("* %s: arrived", what)
	}
}

func (p *textPrinter) nicknamed(e nicknamed) {
	switch {
	case e.status != done:
		p.complain(e.status, "no nickname "+e.name+": "+e.reason)
	case e.name == "":
		p.say("* you have no nickname any more")
	default:
		p.say("* you are %s", e.name)
	}
}

// name is how a sender is shown: by nickname, which is unique in the conference, else by
// user part. A display name is whatever its bearer likes.
func name(m *participant.Message) string {
	if m.Nickname != "" {
		return m.Nickname
	}
	return userPart(m.From)
}

func (p *textPrinter) roster(r participant.Roster) {
	parts := make([]string, 0, len(r.Users))
	for i := range r.Users {
		u := &r.Users[i]
		who := userPart(u.URI)
		if u.Nickname != "" {
			who = u.Nickname + " (" + who + ")"
		}
		if u.Status != "connected" && u.Status != "" {
			who += " [" + u.Status + "]"
		}
		parts = append(parts, who)
	}
	p.say("* here: %s", strings.Join(parts, ", "))
}

// harmless takes out what could steer a terminal or make text look like another
// line: control characters and those that turn the direction of writing. Further
// lines of a text are indented.
func harmless(s string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case r == '\n':
			b.WriteString("\n    ")
		case r == '\t':
			b.WriteByte('\t')
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			b.WriteRune(unicode.ReplacementChar)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
