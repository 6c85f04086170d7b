package chat

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Config says what conference to join, as whom, and where input and output are.
type Config struct {
	// URI is that of the conference or, with Create, of a factory; empty: wait to be
	// invited.
	URI    string
	Create bool
	// Invite names users to be invited: with Create in the INVITE, else by REFER.
	Invite []string
	// Nickname is asked for as soon as the conference has been joined, if not empty.
	Nickname string
	// Accept says what happens to invitations; [Ask] is the default.
	Accept Accept
	// Register binds the user's address at the registrar of its domain first.
	Register bool
	// Anonymous hides who the user is from the others; a server on this machine is told.
	Anonymous bool
	// Files is the folder in which files are saved that others send to the user; empty:
	// they are refused.
	Files string
	// Listen is the local address that SIP is received on; see participant.Config.
	Listen string
	// As is the AOR of the user, Server the next hop host:port (empty: URI is
	// resolved; for WebSocket a path may follow) and Transport "udp", "tcp", "tls",
	// "ws" or "wss".
	As, Server, Transport string
	// Media is how messages are carried: "" or "tcp", "tls", or the URL, ws or wss, of
	// the mixer's WebSocket.
	Media string
	// TLS is whom TLS trusts; nil: the roots of the system.
	TLS *tls.Config
	// Username and Password are for focuses that ask for them; Username by default is
	// the user part of As.
	Username, Password string
	// Preconditions has the focus wait for resources (RFC 3312).
	Preconditions bool
	// Lock keeps newcomers out of a conference, or lets them in again; the status is that
	// of an error, if there is one. Nil: that cannot be done.
	Lock func(ctx context.Context, conference string, locked bool) (status int, err error)
	// Version is named in User-Agent.
	Version string
	// JSON prints events as JSON lines; otherwise they are text.
	JSON bool

	In io.Reader
	// Out takes the events. Err takes what is no result: in text mode errors and help.
	Out, Err io.Writer
	// Log gets diagnostics of the protocol stack; nil discards them.
	Log *slog.Logger
}

// ErrFailed is returned when an error event has said already what went wrong.
var ErrFailed = errors.New("chat: failed")

const (
	// settleTime is how long messages may take to be confirmed when input has ended.
	settleTime = 5 * time.Second
	// rosterTime is how long input waits for the first roster, in which commands find
	// whom they name.
	rosterTime = time.Second
	// closeTime is how long the goodbye may take.
	closeTime = 8 * time.Second
	// lostTime is how long it may take after a failure: hardly anybody is there to
	// answer it.
	lostTime = time.Second
)

// Run takes part in the conference until input ends, /leave is entered, the focus
// ends it, or ctx is over. It returns nil after any of these, [ErrFailed] if the
// conference could not be joined or a failure ended it, and another error for a configuration that cannot
// work.
func Run(ctx context.Context, cfg Config) error {
	for _, text := range append(cfg.uri(), cfg.Invite...) {
		if uri, err := sipmsg.ParseURI(text); err != nil || !uri.IsSIP() {
			return fmt.Errorf("%q is no SIP URI", text)
		}
	}
	if err := cfg.checkFiles(); err != nil {
		return err
	}
	preconditions := participant.WithoutPreconditions
	if cfg.Preconditions {
		preconditions = participant.SupportPreconditions
	}
	ue, err := participant.New(participant.Config{
		Anonymous: cfg.Anonymous, Trusted: cfg.Anonymous && onThisMachine(cfg.Server),
		AOR: cfg.As, Server: cfg.Server, Transport: cfg.Transport, TLS: cfg.TLS, Listen: cfg.Listen,
		Username: cfg.Username, Password: cfg.Password,
		UserAgent: "confab/" + cfg.Version, Log: cfg.Log, Preconditions: preconditions, Media: mediaOf(cfg.Media),
		Files: participant.Files{Offers: true},
	})
	if err != nil {
		return err
	}
	patience := closeTime
	defer func() {
		// Goodbyes are said even when ctx is over.
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		_ = ue.Close(closing) // nobody can do anything about it
	}()
	s := newSession(ue, &cfg)
	if err = s.begin(ctx); err != nil {
		s.out.show(cfg.advised(err))
		return ErrFailed
	}
	if err = s.run(ctx, readLines(ctx, cfg.In)); err != nil {
		patience = lostTime
	}
	return err
}

// uri is the URI, if there is one.
func (cfg *Config) uri() []string {
	if cfg.URI == "" {
		return nil
	}
	return []string{cfg.URI}
}

// onThisMachine tells whether a server is reached by a loopback address.
func onThisMachine(server string) bool {
	host, _, err := net.SplitHostPort(server)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback() || host == "localhost"
}

// advised is the problem that kept the user out, with the flag that may help.
func (cfg *Config) advised(err error) participant.Problem {
	p := problemOf(err)
	switch {
	case p.Status == needsPassword && cfg.Password == "":
		p.Reason += ": a password is needed, in --password-file or CONFAB_PASSWORD"
	case p.Status == needsPassword:
		p.Reason += ": the password, or the user name, see --username, is not the right one"
	case errors.Is(err, locate.ErrNotFound) && cfg.Server == "":
		p.Reason += "; --server names one"
	}
	return p
}

// problemOf turns an error into what is shown.
func problemOf(err error) participant.Problem {
	if refused := (*sip.Error)(nil); errors.As(err, &refused) {
		reason := refused.Reason
		if reason == "" {
			reason = sipmsg.ReasonPhrase(refused.Status)
		}
		header := sipmsg.Header{Fields: []sipmsg.Field{{Name: "Warning", Value: refused.Warning}}}
		for _, w := range header.Warnings() { // why, in words
			reason += ": " + w.Text
		}
		if refused.Cause != nil { // nobody answered: what the network said
			reason += ": " + refused.Cause.Error()
		}
		return participant.Problem{Status: refused.Status, Reason: reason}
	}
	return participant.Problem{Reason: err.Error()}
}

// mediaOf reads Config.Media.
func mediaOf(text string) participant.Media {
	switch text {
	case "", "tcp":
		return participant.Media{}
	case "tls":
		return participant.Media{Secure: true}
	}
	return participant.Media{WebSocket: text} // the participant says what is wrong with it
}
