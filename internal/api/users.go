package api

import (
	"context"
	"errors"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

type inviteInput struct {
	Located
	Body struct {
		URI     string `json:"uri" doc:"Whom to call" example:"sip:bob@example.test" maxLength:"1000"`
		Display string `json:"display,omitempty" doc:"The name that the call is addressed to" maxLength:"200"`
	}
}

// invite has the focus call a user. What becomes of the call shows in the
// roster.
func (a *api) invite(ctx context.Context, in *inviteInput) (*struct{}, error) {
	e, err := a.find(in.Located)
	if err != nil {
		return nil, err
	}
	if _, err = identityOf(in.Body.URI); err != nil {
		return nil, err
	}
	uri, err := sipmsg.ParseURI(in.Body.URI)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	if e.Instance == nil {
		return nil, errNotAlive
	}
	return nil, settled(ctx, func(decided func(*sip.Error)) {
		a.cfg.Focus.Invite(e.Instance, sipmsg.Address{Display: in.Body.Display, URI: uri}, decided)
	})
}

// settled waits for what the focus decides.
func settled(ctx context.Context, ask func(decided func(*sip.Error))) error {
	decided := make(chan *sip.Error, 1)
	ask(func(refused *sip.Error) { decided <- refused })
	select {
	case refused := <-decided:
		if refused != nil {
			return problemOf(refused)
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type removeInput struct {
	Person
	Bar bool `query:"bar" default:"true" doc:"Whether the user may not come back until he is invited again"`
}

// remove takes a user out with all his endpoints, whatever name of his the path has.
// [FOC-RMV-03] [FOC-RMV-09]
func (a *api) remove(ctx context.Context, in *removeInput) (*struct{}, error) {
	e, err := a.find(in.Located)
	if err != nil {
		return nil, err
	}
	uri, err := sipmsg.ParseURI(in.AOR)
	if err != nil {
		return nil, huma.Error404NotFound("no such user in the conference")
	}
	if e.Instance == nil {
		return nil, errNotAlive
	}
	return nil, settled(ctx, func(decided func(*sip.Error)) { a.cfg.Focus.Remove(e.Instance, uri, !in.Bar, decided) })
}

type roleInput struct {
	Person
	Body struct {
		Role string `json:"role" enum:"owner,moderator,participant"`
	}
}

// setRole gives a user a role; owner hands the conference over. For a reserved
// conference it holds beyond the one that runs.
func (a *api) setRole(ctx context.Context, in *roleInput) (*struct{}, error) {
	e, err := a.find(in.Located)
	if err != nil {
		return nil, err
	}
	id, err := identityOf(in.AOR)
	if err != nil {
		return nil, err
	}
	var role conference.Role
	for role.String() != in.Body.Role && role < conference.RoleOwner {
		role++
	}
	if e.Definition != nil {
		if err = a.cfg.Directory.Amend(ctx, e.Address, appointment(e.Definition, id, role)); err != nil {
			return nil, problemOf(err)
		}
	}
	if e.Instance == nil {
		return nil, nil //nolint:nilnil // 204
	}
	_, err = a.do(ctx, e, conference.Appoint{At: a.cfg.Now(), Identity: id, Role: role})
	if e.Definition != nil && errors.Is(err, errNotAlive) {
		err = nil // it has just ended; the record is what counts
	}
	return nil, err
}

// appointment is what a role changes in the record of a conference.
func appointment(d *instance.Definition, id conference.Identity, role conference.Role) instance.Amendment {
	owner := d.Owner
	moderators := slices.DeleteFunc(slices.Clone(d.Moderators), func(m conference.Identity) bool { return m == id })
	switch role {
	case conference.RoleOwner:
		owner = id
	case conference.RoleModerator:
		moderators = append(moderators, id)
	case conference.RoleParticipant:
	}
	if role != conference.RoleOwner && owner == id {
		owner = ""
	}
	return instance.Amendment{Owner: &owner, Moderators: &moderators}
}

func (a *api) bar(ctx context.Context, in *Person) (*struct{}, error) {
	return a.command(ctx, *in, func(id conference.Identity) conference.Command {
		return conference.Bar{At: a.cfg.Now(), Identity: id}
	})
}

func (a *api) unbar(ctx context.Context, in *Person) (*struct{}, error) {
	return a.command(ctx, *in, func(id conference.Identity) conference.Command {
		return conference.Unbar{At: a.cfg.Now(), Identity: id}
	})
}

func (a *api) approve(ctx context.Context, in *Person) (*struct{}, error) {
	return a.approval(ctx, in, true)
}

func (a *api) disapprove(ctx context.Context, in *Person) (*struct{}, error) {
	return a.approval(ctx, in, false)
}

func (a *api) approval(ctx context.Context, in *Person, approved bool) (*struct{}, error) {
	return a.command(ctx, *in, func(id conference.Identity) conference.Command {
		return conference.Approve{At: a.cfg.Now(), Identity: id, Approved: approved}
	})
}

// command has a command about a user carried out.
func (a *api) command(ctx context.Context, in Person, c func(conference.Identity) conference.Command) (*struct{}, error) {
	e, err := a.find(in.Located)
	if err != nil {
		return nil, err
	}
	id, err := identityOf(in.AOR)
	if err != nil {
		return nil, err
	}
	_, err = a.do(ctx, e, c(id))
	return nil, err
}
