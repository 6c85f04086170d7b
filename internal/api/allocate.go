package api

import (
	"context"
	"crypto/rand"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/confab-chat/confab/internal/instance"
)

type allocateInput struct {
	Body struct {
		URI        string   `json:"uri,omitempty" doc:"Of this server's domain; left out: one that nobody can guess" maxLength:"1000"`
		Subject    string   `json:"subject,omitempty" maxLength:"1000"`
		Owner      string   `json:"owner,omitempty" doc:"Address of record" maxLength:"1000"`
		Members    []string `json:"members,omitempty" doc:"Addresses of record, and domains" maxItems:"10000"`
		Moderators []string `json:"moderators,omitempty" doc:"Addresses of record" maxItems:"10000"`
		Policy     *policy  `json:"policy,omitempty"`
		Once       bool     `json:"once,omitempty" doc:"For one conference only: released when that has ended, or unused after a day"`
	}
}

type allocateOutput struct {
	Location string `header:"Location"`
	Body     shape
}

// allocate reserves a conference URI. [FOC-DSP-03]
func (a *api) allocate(ctx context.Context, in *allocateInput) (*allocateOutput, error) {
	def, err := a.definition(in)
	if err != nil {
		return nil, err
	}
	if err = a.cfg.Directory.Reserve(ctx, def); err != nil {
		return nil, problemOf(err)
	}
	c, err := a.describe(ctx, a.cfg.Directory.Lookup(def.Address))
	if err != nil {
		return nil, err
	}
	return &allocateOutput{Location: Root + "conferences/" + url.PathEscape(c.URI), Body: c}, nil
}

// definition is the record that a request asks for.
func (a *api) definition(in *allocateInput) (instance.Definition, error) {
	b := &in.Body
	def := instance.Definition{Address: instance.Address{User: strings.ToLower(rand.Text()), Host: a.cfg.Domain}, Subject: b.Subject, Once: b.Once}
	err := line(b.Subject)
	if err != nil {
		return def, err
	}
	if b.URI != "" {
		if def.Address, err = addressOf(b.URI); err != nil {
			return def, err
		}
		if def.Address.Host != strings.ToLower(a.cfg.Domain) {
			return def, huma.Error422UnprocessableEntity("the URI is not of the domain " + a.cfg.Domain)
		}
		if slices.Contains(a.cfg.Factories, def.Address) {
			return def, problemOf(instance.ErrTaken) // nobody would reach it
		}
	}
	if b.Owner != "" {
		if def.Owner, err = identityOf(b.Owner); err != nil {
			return def, err
		}
	}
	if def.Members, err = membersOf(b.Members); err != nil {
		return def, err
	}
	if def.Moderators, err = identitiesOf(b.Moderators); err != nil {
		return def, err
	}
	def.Policy, err = a.policyOver(b.Policy, a.cfg.Policy)
	return def, err
}
