package chat

import (
	"context"
	"fmt"
	"strings"

	"github.com/confab-chat/confab/participant"
)

const helpText = `Lines are messages to everybody. Commands:
  /msg WHO TEXT   a private message; WHO is a URI, a nickname or a user name
  /who            who is in the conference
  /nick NAME      take a nickname; without NAME give it up
  /invite URI...  have users called into the conference
  /remove WHO...  have users removed
  /end            have everybody removed, which ends the conference
  /lock, /unlock  keep newcomers out, or not any more; by the server's API
  /history [N]    the last N messages again
  /file PATH      send a file to everybody
  /sendfile WHO PATH  send a file to one user, whatever its size
  /accept         accept an invitation; /decline declines it
  /leave          leave the conference
  /help           this text`

// Statuses of error events about commands.
const (
	badCommand    = 400
	needsPassword = 401
	forbidden     = 403
	noSuchUser    = 404
	notThere      = 481
	unimplemented = 501
)

// command carries out an input line with a leading slash and tells whether it ends
// the input.
func (s *session) command(ctx context.Context, text string) (last bool) {
	name, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	switch name {
	case "/leave":
		return true
	case "/help":
		s.out.help(helpText)
	case "/sendfile":
		s.sendFile(ctx, rest)
	case "/accept", "/decline":
		s.decide(ctx, name == "/accept")
	default:
		s.inside(ctx, name, rest)
	}
	return false
}

// inside carries out a command about the conference.
func (s *session) inside(ctx context.Context, name, rest string) {
	act := map[string]func(context.Context, string){
		"/who": s.who, "/msg": s.whisper, "/nick": s.nickname, "/invite": s.invite, "/remove": s.remove,
		"/end": s.end, "/history": s.history, "/file": s.file,
		"/lock":   func(ctx context.Context, _ string) { s.lock(ctx, true) },
		"/unlock": func(ctx context.Context, _ string) { s.lock(ctx, false) },
	}[name]
	switch {
	case act == nil:
		s.problem(badCommand, "unknown command "+name+"; /help lists those there are")
	case s.conference == nil:
		s.problem(notThere, "not in a conference")
	default:
		act(ctx, rest)
	}
}

func (s *session) who(context.Context, string) {
	s.out.show(participant.Roster{Users: s.conference.Roster()})
}

func (s *session) problem(status int, reason string) {
	s.out.show(participant.Problem{Status: status, Reason: reason})
}

// whisper sends a private message.
func (s *session) whisper(ctx context.Context, rest string) {
	who, text, _ := strings.Cut(rest, " ")
	text = strings.TrimSpace(text)
	if who == "" || text == "" {
		s.problem(badCommand, "usage: /msg WHO TEXT")
		return
	}
	to, err := find(s.conference.Roster(), who)
	if err != nil {
		s.problem(noSuchUser, err.Error())
		return
	}
	s.send(ctx, participant.Message{To: to, Body: []byte(text)})
}

// find returns the URI of who is meant: a URI as it stands, else who has that
// nickname, else who has that user part.
func find(users []participant.User, who string) (string, error) {
	if strings.Contains(who, ":") {
		return who, nil
	}
	var named, like []string
	for i := range users {
		if users[i].Nickname == who {
			named = append(named, users[i].URI)
		}
		if userPart(users[i].URI) == who {
			like = append(like, users[i].URI)
		}
	}
	if len(named) == 0 {
		named = like
	}
	switch len(named) {
	case 0:
		return "", fmt.Errorf("nobody here is called %s", who)
	case 1:
		return named[0], nil
	}
	return "", fmt.Errorf("%s could be %s", who, strings.Join(named, " or "))
}

// userPart is the user part of a SIP URI, the whole of another one.
func userPart(uri string) string {
	_, rest, ok := strings.Cut(uri, ":")
	if !ok {
		return uri
	}
	user, _, ok := strings.Cut(rest, "@")
	if !ok {
		return uri
	}
	return user
}
