package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"

	"github.com/confab-chat/confab/internal/admin"
)

// lock returns what /lock and /unlock do: nil where it is not known where the API is. A
// server on this machine is taken to have the usual one.
func (f *chatFlags) lock() (func(context.Context, string, bool) (int, error), error) {
	api := cmp.Or(f.api, os.Getenv("CONFAB_API"))
	if host, _, err := net.SplitHostPort(f.server); api == "" && err == nil && net.ParseIP(host).IsLoopback() {
		api = defaultAPI
	}
	if api == "" {
		return nil, nil //nolint:nilnil // nothing can lock
	}
	token, err := readToken(f.tokenFile)
	if err != nil {
		return nil, err
	}
	client := &admin.Client{URL: api, Token: token, Out: io.Discard}
	return func(ctx context.Context, conference string, locked bool) (int, error) {
		err := client.Lock(ctx, conference, locked)
		if problem := (*admin.ProblemError)(nil); errors.As(err, &problem) {
			return problem.Status, errors.New(cmp.Or(problem.Detail, problem.Title))
		}
		return 0, err
	}, nil
}
