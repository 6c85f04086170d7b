package chat

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/confab-chat/confab/filetransfer"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/participant"
)

// States of a file that goes to, or comes from, another user.
const (
	fileStarted = "started"
	fileDone    = "done"
	fileFailed  = "failed"
	fileRefused = "refused" // by us: nobody has said where to save files
)

// transferred tells of a file that goes to, or comes from, another user.
type transferred struct {
	incoming    bool
	peer        string
	name        string // as the sender has it
	contentType string
	size        int64 // octets; -1: not known
	state       string
	path        string // of a file that has come
	status      int    // of SIP or MSRP, of one that has failed; 0: none
	reason      string
}

// checkFiles reports whether there is a folder for files, if one is named.
func (cfg *Config) checkFiles() error {
	if cfg.Files == "" {
		return nil
	}
	info, err := os.Stat(cfg.Files)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", cfg.Files)
	}
	if err != nil {
		return fmt.Errorf("files: %w", err)
	}
	return nil
}

// sendFile sends a file to one user.
func (s *session) sendFile(ctx context.Context, rest string) {
	who, path, _ := strings.Cut(rest, " ")
	path = strings.TrimSpace(path)
	if who == "" || path == "" {
		s.problem(badCommand, "usage: /sendfile WHO PATH")
		return
	}
	var users []participant.User
	if s.conference != nil {
		users = s.conference.Roster()
	}
	to, err := find(users, who)
	if err != nil {
		s.problem(noSuchUser, err.Error())
		return
	}
	file, err := filetransfer.Open(path)
	if err != nil {
		s.problem(badCommand, err.Error())
		return
	}
	e := transferred{peer: to, name: file.Name, contentType: file.Type, size: file.Size}
	s.follow(ctx, e, func(ctx context.Context) (*participant.Transfer, error) {
		return s.ue.SendFile(ctx, to, file, participant.FileOptions{Disposition: "attachment"})
	}, func() { _ = file.Close() })
}

// offered saves a file that another user offers, if there is a folder for it.
func (s *session) offered(ctx context.Context, o *participant.FileOffer) {
	e := transferred{
		incoming: !o.Wanted, peer: o.From, name: o.File.Name, contentType: filetransfer.ContentType(o.File.Type), size: o.File.Size,
	}
	if o.Wanted || s.cfg.Files == "" {
		o.Refuse(0)
		e.state, e.reason = fileRefused, "no folder for files is named"
		if o.Wanted {
			e.reason = "files are not given away"
		}
		s.out.show(e)
		return
	}
	s.follow(ctx, e, func(ctx context.Context) (*participant.Transfer, error) {
		return o.Accept(ctx, filetransfer.Target{Dir: s.cfg.Files})
	}, func() {})
}

// follow begins a transfer and tells what becomes of it.
func (s *session) follow(ctx context.Context, e transferred, begin func(context.Context) (*participant.Transfer, error), end func()) {
	s.files++
	s.background(ctx, func(ctx context.Context) func() {
		t, err := begin(ctx)
		if err == nil {
			e.state = fileStarted
			s.later(ctx, e)
			select {
			case <-t.Done():
				err = t.Err()
			case <-ctx.Done():
				t.Abort()
				err = ctx.Err()
			}
		}
		end()
		e.state = fileDone
		if err != nil {
			p := fileProblem(err)
			e.state, e.status, e.reason = fileFailed, p.Status, p.Reason
		} else {
			e.path = t.Path()
		}
		return func() {
			s.files--
			s.out.show(e)
		}
	})
}

// later shows an event within the session.
func (s *session) later(ctx context.Context, e transferred) {
	select {
	case s.results <- func() { s.out.show(e) }:
	case <-ctx.Done():
	}
}

// fileProblem is why a transfer has failed.
func fileProblem(err error) participant.Problem {
	if refused := (*msrp.Error)(nil); errors.As(err, &refused) {
		return participant.Problem{Status: refused.Status, Reason: refused.Comment}
	}
	return problemOf(err)
}
