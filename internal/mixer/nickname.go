package mixer

import (
	"errors"
	"log/slog"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

var _ msrp.Nicknamer = (*handler)(nil)

// Nickname implements msrp.Nicknamer, RFC 7701 §7.1. [SW-NCK-01]
func (h *handler) Nickname(r *msrp.NicknameRequest) {
	l := h.leg
	name, err := l.nickname(r.Value)
	if err != nil {
		r.Respond(err)
		return
	}
	m := l.mix.mixer
	l.mix.inst.Do(conference.SetNickname{At: m.cfg.Now(), Endpoint: l.req.Endpoint, Nickname: name}, func(res instance.Result) {
		r.Respond(l.nicknameError(res.Err))
	})
}

// nickname reads the name asked for, and makes the checks that need no look at
// the conference.
func (l *Leg) nickname(value []byte) (string, error) {
	m := l.mix.mixer
	switch {
	case value == nil:
		return "", &msrp.Error{Status: msrpwire.StatusBadRequest, Comment: "No Use-Nickname"} // [SW-NCK-04]
	case !l.mix.policy.Load().Nicknames:
		return "", forbidden("No nicknames here") // [SW-NCK-02]
	case !l.mix.mayRename(l.user(), m.cfg.Now()):
		return "", forbidden("Too many nicknames")
	}
	name, err := msrpwire.ParseNickname(value, m.cfg.Strict || !l.quirks.Load().UnquotedNick) // [SW-NCK-03] [SW-NCK-11]
	if err != nil || name == "" {
		return "", err
	}
	key, err := conference.NicknameKey(name)
	if err != nil {
		return "", nicknameStatus(msrpwire.StatusNicknameMalformed)
	}
	if _, reserved := m.reserved[key]; reserved {
		return "", nicknameStatus(msrpwire.StatusNicknameInUse) // [SW-NCK-05]
	}
	return name, nil
}

func nicknameStatus(status int) *msrp.Error {
	return &msrp.Error{Status: status, Comment: msrpwire.StatusComment(status)}
}

// nicknameError is the table from what the conference says of a nickname to the
// response.
func (l *Leg) nicknameError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, instance.ErrOverload):
		return forbidden("Conference is overloaded")
	case errors.Is(err, instance.ErrEnded):
		return &msrp.Error{Status: msrpwire.StatusNoSuchSession}
	}
	switch conference.CodeOf(err) {
	case conference.CodeBadNickname:
		return nicknameStatus(msrpwire.StatusNicknameMalformed)
	case conference.CodeNicknameTaken:
		return nicknameStatus(msrpwire.StatusNicknameInUse)
	case conference.CodeNotAlive, conference.CodeNoSuchEndpoint:
		return &msrp.Error{Status: msrpwire.StatusNoSuchSession}
	case conference.CodeNotConnected, conference.CodeNotAllowed:
		return forbidden("Not allowed")
	default:
		l.log(slog.LevelError, "nickname not appended", slog.Any("error", err))
		return forbidden("Nickname could not be kept")
	}
}

// reservedKeys are the names that nobody may take. [SW-NCK-05]
func reservedKeys(words []string) map[string]struct{} {
	keys := make(map[string]struct{}, len(words))
	for _, w := range words {
		if key, err := conference.NicknameKey(w); err == nil {
			keys[key] = struct{}{}
		}
	}
	return keys
}
