package api

import (
	"context"
	"slices"
	"strings"

	"github.com/confab-chat/confab/internal/instance"
)

// Page is how a list is asked for.
type Page struct {
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000" doc:"Items at most"`
	After string `query:"after" doc:"The next of the page before" maxLength:"1000"`
}

type listOutput struct {
	Body struct {
		Items []shape `json:"items"`
		Next  string  `json:"next,omitempty" doc:"Cursor of the next page; absent at the end"`
	}
}

// list returns the conferences that are reserved or alive, by URI.
func (a *api) list(ctx context.Context, in *Page) (*listOutput, error) {
	all := a.cfg.Directory.All()
	from, _ := slices.BinarySearchFunc(all, in.After, func(e instance.Entry, after string) int {
		if in.After != "" && string(e.ID) == after {
			return -1 // behind it
		}
		return strings.Compare(string(e.ID), after)
	})
	out := &listOutput{}
	out.Body.Items = []shape{}
	for _, e := range all[from:] {
		if e.Status == instance.Terminating && e.Definition == nil {
			continue
		}
		if len(out.Body.Items) == in.Limit {
			out.Body.Next = out.Body.Items[in.Limit-1].URI
			break
		}
		c, err := a.describe(ctx, e)
		if err == nil { // else it ended meanwhile
			out.Body.Items = append(out.Body.Items, c)
		}
	}
	return out, ctx.Err()
}

type shapeOutput struct {
	Body shape
}

// show returns a conference with its roster.
func (a *api) show(ctx context.Context, in *Located) (*shapeOutput, error) {
	e, err := a.find(*in)
	if err != nil {
		return nil, err
	}
	c, err := a.describe(ctx, e)
	if err != nil {
		return nil, err
	}
	return &shapeOutput{Body: c}, nil
}
