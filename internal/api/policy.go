package api

import (
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/confab-chat/confab/internal/conference"
)

// policy is what a conference allows and how it ends. In a request each key may
// be left out: what it says stays as it is, or as the configuration's defaults
// have it.
type policy struct {
	Join            *string  `json:"join,omitempty" enum:"open,members,moderated" doc:"Who may join"`
	Invite          *string  `json:"invite,omitempty" enum:"participants,moderators,owner" doc:"Who may have others called"`
	Remove          *string  `json:"remove,omitempty" enum:"participants,moderators,owner" doc:"Who may take others out"`
	PrivateMessages *bool    `json:"private_messages,omitempty"`
	Nicknames       *bool    `json:"nicknames,omitempty"`
	History         *history `json:"history,omitempty"`
	MaxUsers        *int     `json:"max_users,omitempty" minimum:"0" doc:"0 for no limit"`
	End             *ending  `json:"end,omitempty"`
}

type history struct {
	Keep    *int  `json:"keep,omitempty" minimum:"0" maximum:"100000" doc:"Messages kept"`
	Replay  *int  `json:"replay,omitempty" minimum:"0" maximum:"100000" doc:"Messages shown to a newcomer"`
	Durable *bool `json:"durable,omitempty" doc:"Survives a restart; settled when the conference is allocated"`
}

type ending struct {
	OnCreatorLeave *bool   `json:"on_creator_leave,omitempty"`
	EmptyAfter     *string `json:"empty_after,omitempty" doc:"Stays alive empty for so long" example:"5m"`
	MaxDuration    *string `json:"max_duration,omitempty" doc:"0s for no limit" example:"24h"`
}

// policyOf writes a policy.
func policyOf(p conference.Policy) *policy {
	empty, most := p.End.EmptyAfter.String(), p.End.MaxDuration.String()
	join, invite, remove := p.Join.String(), p.Invite.String(), p.Remove.String()
	return &policy{
		Join: &join, Invite: &invite, Remove: &remove,
		PrivateMessages: &p.PrivateMessages, Nicknames: &p.Nicknames,
		History:  &history{Keep: &p.History.Keep, Replay: &p.History.Replay, Durable: &p.History.Durable},
		MaxUsers: &p.MaxUsers,
		End:      &ending{OnCreatorLeave: &p.End.OnCreatorLeave, EmptyAfter: &empty, MaxDuration: &most},
	}
}

// policyOver is over, and what the configuration refuses is refused here, too.
func (a *api) policyOver(p *policy, before conference.Policy) (conference.Policy, error) {
	to, err := p.over(before)
	switch {
	case err != nil || to == before:
	case to.History.Replay > to.History.Keep:
		err = huma.Error422UnprocessableEntity(fmt.Sprintf("policy.history.replay: %d messages cannot be shown when %d are kept", to.History.Replay, to.History.Keep))
	case to.History.Durable && !before.History.Durable && a.cfg.Transient:
		err = huma.Error422UnprocessableEntity("policy.history.durable: this server keeps nothing beyond its end")
	}
	return to, err
}

// over lays what p says over a policy.
func (p *policy) over(to conference.Policy) (conference.Policy, error) {
	if p == nil {
		return to, nil
	}
	words := []struct {
		from *string
		to   interface{ UnmarshalText(text []byte) error }
	}{{p.Join, &to.Join}, {p.Invite, &to.Invite}, {p.Remove, &to.Remove}}
	for _, w := range words {
		if w.from == nil {
			continue
		}
		if err := w.to.UnmarshalText([]byte(*w.from)); err != nil {
			return to, huma.Error422UnprocessableEntity(err.Error())
		}
	}
	set(&to.PrivateMessages, p.PrivateMessages)
	set(&to.Nicknames, p.Nicknames)
	set(&to.MaxUsers, p.MaxUsers)
	if h := p.History; h != nil {
		set(&to.History.Keep, h.Keep)
		if to.History.Replay = min(to.History.Replay, to.History.Keep); h.Replay != nil {
			to.History.Replay = *h.Replay
		}
		set(&to.History.Durable, h.Durable)
	}
	if p.End == nil {
		return to, nil
	}
	set(&to.End.OnCreatorLeave, p.End.OnCreatorLeave)
	if err := setDuration(&to.End.EmptyAfter, p.End.EmptyAfter, "policy.end.empty_after"); err != nil {
		return to, err
	}
	return to, setDuration(&to.End.MaxDuration, p.End.MaxDuration, "policy.end.max_duration")
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func setDuration(to *time.Duration, from *string, key string) error {
	if from == nil {
		return nil
	}
	d, err := time.ParseDuration(*from)
	if err != nil || d < 0 {
		return huma.Error422UnprocessableEntity(fmt.Sprintf("%s is %q, no duration such as 90s or 24h", key, *from))
	}
	*to = d
	return nil
}
