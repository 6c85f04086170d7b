package server

import (
	"fmt"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// definitions are the reserved conferences of the configuration.
func definitions(cfg *config.Config) ([]instance.Definition, error) {
	out := make([]instance.Definition, 0, len(cfg.Conferences))
	for _, c := range cfg.Conferences {
		uri, err := sipmsg.ParseURI(c.URI)
		if err != nil {
			return nil, fmt.Errorf("conference %s: %w", c.URI, err)
		}
		moderators := make([]conference.Identity, 0, len(c.Moderators))
		for _, m := range c.Moderators {
			moderators = append(moderators, identityOf(m))
		}
		members := make([]string, 0, len(c.Members))
		for _, m := range c.Members {
			members = append(members, string(identityOf(m)))
		}
		out = append(out, instance.Definition{
			Address:    instance.Address{User: uri.UserDecoded(), Host: uri.Host},
			Subject:    c.Subject,
			Members:    members,
			Moderators: moderators,
			Policy:     policyOf(cfg, c.Policy),
		})
	}
	return out, nil
}

// identityOf writes an address of record as callers are identified; a domain
// stays as it is.
func identityOf(text string) conference.Identity {
	uri, err := sipmsg.ParseURI(text)
	if err != nil || !uri.IsSIP() {
		return conference.Identity(text)
	}
	return identity.Of(uri)
}

// policyOf is the policy of the configuration in the words of the model.
func policyOf(cfg *config.Config, c config.Policy) conference.Policy {
	p := conference.DefaultPolicy()
	p.Join = joinOf(c.Join)
	p.Invite = rightOf(c.Invite)
	p.Remove = rightOf(c.Remove)
	p.PrivateMessages = c.PrivateMessages
	p.Nicknames = c.Nicknames
	p.Quarantine = cfg.Mixer.NicknameQuarantine
	p.History = conference.History{Keep: c.History.Keep, Replay: c.History.Replay, Durable: c.History.Durable, MaxAge: c.History.MaxAge}
	p.MaxUsers = c.MaxUsers
	p.EndpointsPerUser = cfg.Limits.EndpointsPerUser
	p.End = conference.Ending{
		OnCreatorLeave: c.End.OnCreatorLeave, EmptyAfter: c.End.EmptyAfter, MaxDuration: c.End.MaxDuration,
	}
	return p
}

func joinOf(j config.Join) conference.Join {
	switch j {
	case config.JoinMembers:
		return conference.JoinMembers
	case config.JoinModerated:
		return conference.JoinModerated
	case config.JoinOpen:
	}
	return conference.JoinOpen
}

func rightOf(e config.Entitled) conference.Right {
	switch e {
	case config.Moderators:
		return conference.Moderators
	case config.Owner:
		return conference.OwnerOnly
	case config.Participants:
	}
	return conference.Participants
}
