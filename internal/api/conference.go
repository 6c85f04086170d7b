package api

import (
	"context"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
)

// The states of a conference.
const (
	stateReserved = "reserved"
	stateActive   = "active"
)

// shape is a conference as the API shows it.
type shape struct {
	URI        string     `json:"uri"`
	Subject    string     `json:"subject"`
	State      string     `json:"state" enum:"reserved,active"`
	Locked     bool       `json:"locked"`
	Owner      string     `json:"owner" doc:"Address of record, empty for none"`
	Created    *time.Time `json:"created" doc:"When it became active; null while it is not"`
	Policy     *policy    `json:"policy"`
	Members    []string   `json:"members,omitempty"`
	Moderators []string   `json:"moderators,omitempty"`
	Barred     []string   `json:"barred,omitempty" doc:"Who may not come back, while the conference is active"`
	Users      []user     `json:"users"`
}

type user struct {
	URI       string     `json:"uri" doc:"Under which everybody sees the user"`
	Identity  string     `json:"identity,omitempty" doc:"Address of record of a user who is shown anonymously"`
	Display   string     `json:"display"`
	Nickname  string     `json:"nickname"`
	Roles     []string   `json:"roles"`
	Endpoints []endpoint `json:"endpoints"`
}

type endpoint struct {
	ID     string     `json:"id"`
	Status string     `json:"status" doc:"RFC 4575 §5.7.3"`
	Joined *time.Time `json:"joined,omitempty"`
}

// look reads the state of a conference; ok is false if it is not alive.
func look(ctx context.Context, inst *instance.Instance, read func(*conference.State)) (ok bool, err error) {
	done := make(chan bool, 1)
	err = inst.Look(func(s *conference.State) {
		if s != nil && s.Alive() {
			read(s)
			done <- true
		} else {
			done <- false
		}
	})
	if err != nil {
		return false, problemOf(err)
	}
	select {
	case ok = <-done:
		return ok, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// do has a command carried out.
func (a *api) do(ctx context.Context, e instance.Entry, c conference.Command) (conference.Position, error) {
	if e.Instance == nil {
		return 0, errNotAlive
	}
	type outcome struct {
		at  conference.Position
		err error
	}
	done := make(chan outcome, 1)
	e.Instance.Do(c, func(r instance.Result) { done <- outcome{r.Position, r.Err} })
	select {
	case o := <-done:
		return o.at, problemOf(o.err)
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// describe makes the shape of a conference.
func (a *api) describe(ctx context.Context, e instance.Entry) (shape, error) {
	out := shape{URI: string(e.ID), State: stateReserved, Users: []user{}}
	if d := e.Definition; d != nil {
		out.Subject, out.Owner, out.Policy, out.Members = d.Subject, string(d.Owner), policyOf(d.Policy), d.Members
		for _, m := range d.Moderators {
			out.Moderators = append(out.Moderators, string(m))
		}
	}
	if e.Instance == nil {
		return out, nil
	}
	ok, err := look(ctx, e.Instance, out.take)
	switch {
	case err != nil && e.Definition == nil:
		return out, err
	case !ok && e.Definition == nil:
		return out, errNotFound // it has just ended
	}
	return out, nil
}

// take fills the shape from a conference that is alive.
func (out *shape) take(s *conference.State) {
	created := s.CreatedAt().UTC()
	out.State, out.Created = stateActive, &created
	out.Subject, out.Locked, out.Owner, out.Policy = s.Subject(), s.Locked(), string(s.Owner()), policyOf(s.Policy())
	for _, id := range s.Bars() {
		out.Barred = append(out.Barred, string(id))
	}
	for p := range s.Participants() {
		out.Users = append(out.Users, userOf(p))
	}
}

func userOf(p *conference.Participant) user {
	u := user{
		URI: string(p.User), Display: p.Display, Nickname: p.Nickname, Roles: []string{p.Role.String()},
		Endpoints: []endpoint{},
	}
	if p.Anonymous > 0 {
		u.Identity = string(p.Identity)
	}
	for e := range p.Endpoints() {
		shown := endpoint{ID: string(e.ID), Status: e.Status().String()}
		if e.Connected() {
			joined := e.JoinedAt.UTC()
			shown.Joined = &joined
		}
		u.Endpoints = append(u.Endpoints, shown)
	}
	return u
}
