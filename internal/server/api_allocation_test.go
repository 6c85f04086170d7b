package server

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/confab-chat/confab/internal/config"
)

// TestAllocationsThatCannotWork: what the configuration would refuse, or nobody
// could reach, is not allocated by the API either.
func TestAllocationsThatCannotWork(t *testing.T) {
	t.Parallel()
	a := serve(t, nil).admin()
	for body, want := range map[string]int{
		`{"uri":"` + factory + `"}`:                    http.StatusConflict,
		`{"policy":{"history":{"keep":5,"replay":6}}}`: http.StatusUnprocessableEntity,
		`{"policy":{"history":{"durable":true}}}`:      http.StatusUnprocessableEntity,
		`{"policy":{"history":{"keep":6,"replay":6}}}`: http.StatusCreated,
		`{"policy":{"history":{"keep":0}}}`:            http.StatusCreated,
	} {
		if status, _, got := a.do(http.MethodPost, "conferences", body, "Content-Type", "application/json"); status != want {
			t.Errorf("%s: %d, %v", body, status, got)
		}
	}
	if status, _, got := a.do(http.MethodPatch, "conferences/"+url.PathEscape(lobby), `{"policy":{"history":{"keep":1,"replay":2}}}`,
		"Content-Type", "application/json"); status != http.StatusUnprocessableEntity {
		t.Errorf("%d, %v", status, got)
	}
	kept := serve(t, func(c *config.Config) { c.Store.Path = t.TempDir() }).admin()
	if status, _, got := kept.do(http.MethodPost, "conferences", `{"policy":{"history":{"durable":true}}}`,
		"Content-Type", "application/json"); status != http.StatusCreated {
		t.Errorf("%d, %v", status, got)
	}
}
