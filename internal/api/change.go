package api

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
)

type changeInput struct {
	Located
	Body struct {
		Subject    *string   `json:"subject,omitempty" maxLength:"1000"`
		Locked     *bool     `json:"locked,omitempty" doc:"Whether newcomers are kept out; of a conference that is active"`
		Policy     *policy   `json:"policy,omitempty"`
		Members    *[]string `json:"members,omitempty" doc:"Addresses of record, and domains" maxItems:"10000"`
		Moderators *[]string `json:"moderators,omitempty" doc:"Addresses of record; of a reserved conference, from its next start on" maxItems:"10000"`
	}
}

// change changes what is given. The record of a reserved conference is changed
// with it, so it holds for the conferences to come.
func (a *api) change(ctx context.Context, in *changeInput) (*shapeOutput, error) {
	e, err := a.find(in.Located)
	if err != nil {
		return nil, err
	}
	if in.Body.Locked != nil && e.Instance == nil {
		return nil, errNotAlive // before anything is changed
	}
	amendment, err := a.amendment(ctx, e, in)
	if err != nil {
		return nil, err
	}
	if amendment != (instance.Amendment{}) {
		if err = a.cfg.Directory.Amend(ctx, e.Address, amendment); err != nil {
			return nil, problemOf(err)
		}
	}
	if in.Body.Locked != nil {
		if _, err = a.do(ctx, e, conference.Lock{At: a.cfg.Now(), Locked: *in.Body.Locked}); err != nil {
			return nil, err
		}
	}
	return a.show(ctx, &in.Located)
}

// amendment is what a request wants to be different.
func (a *api) amendment(ctx context.Context, e instance.Entry, in *changeInput) (instance.Amendment, error) {
	m := instance.Amendment{Subject: in.Body.Subject}
	if m.Subject != nil {
		if err := line(*m.Subject); err != nil {
			return m, err
		}
	}
	if in.Body.Policy != nil {
		now, err := a.policy(ctx, e)
		if err != nil {
			return m, err
		}
		changed, err := a.policyOver(in.Body.Policy, now)
		if err != nil {
			return m, err
		}
		m.Policy = &changed
	}
	if in.Body.Members != nil {
		members, err := membersOf(*in.Body.Members)
		if err != nil {
			return m, err
		}
		m.Members = &members
	}
	if in.Body.Moderators != nil {
		moderators, err := identitiesOf(*in.Body.Moderators)
		if err != nil {
			return m, err
		}
		m.Moderators = &moderators
	}
	return m, nil
}

// policy returns the policy in force.
func (a *api) policy(ctx context.Context, e instance.Entry) (conference.Policy, error) {
	var p conference.Policy
	if e.Definition != nil {
		p = e.Definition.Policy
	}
	if e.Instance == nil {
		return p, nil
	}
	ok, err := look(ctx, e.Instance, func(s *conference.State) { p = s.Policy() })
	if err == nil && !ok && e.Definition == nil {
		err = errNotFound // it has just ended
	}
	return p, err
}

type endInput struct {
	Located
	Release bool `query:"release" doc:"Give the URI of a reserved conference up, too"`
}

// end ends a conference: everybody is sent away. A reserved one that does not
// run has ended already. [FOC-TRM-01] [FOC-RMV-09]
func (a *api) end(ctx context.Context, in *endInput) (*struct{}, error) {
	e, err := a.find(in.Located)
	if err != nil {
		return nil, err
	}
	if in.Release && e.Definition != nil {
		err = a.cfg.Directory.Release(ctx, e.Address)
		if err != nil && !errors.Is(err, instance.ErrNotFound) {
			return nil, problemOf(err)
		}
	}
	_, err = a.do(ctx, e, conference.End{At: a.cfg.Now(), Cause: conference.EndRequested})
	if errors.Is(err, errNotAlive) {
		return nil, nil //nolint:nilnil // 204
	}
	return nil, err
}
