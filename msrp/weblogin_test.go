package msrp

import (
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/websocket"
)

// words answers each challenge with the next word.
type words []string

func (w *words) Answer(challenge http.Header, uri string) http.Header {
	if len(*w) == 0 || challenge.Get("WWW-Authenticate") != "Say" || uri != "/" {
		return nil
	}
	word := (*w)[0]
	*w = (*w)[1:]
	return http.Header{"Authorization": {word}}
}

// owned is a handler whose session is one user's.
type owned struct {
	*recorder

	user string
}

func (o owned) Admits(users []string) bool { return slices.Contains(users, o.user) }

// TestWebSocketLogin: a client answers challenges until it has no answer any more, and
// what it has proved decides which sessions it binds.
func TestWebSocketLogin(t *testing.T) {
	conform.Covers(t, "WS-06")
	server := newEndpoint(t, Config{})
	address := webServer(t, server, WebSocketOptions{
		Authenticate: func(r *http.Request) ([]string, *websocket.Refusal) {
			if user := r.Header.Get("Authorization"); user == "alice" || user == "bob" {
				return []string{user}, nil
			}
			return nil, &websocket.Refusal{Status: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {"Say"}}}
		},
	})
	for name, test := range map[string]struct {
		words  []string // nil: no login
		bound  bool
		status int // of the refusal by MSRP
	}{
		"first answer":      {[]string{"alice"}, true, 0},
		"second answer":     {[]string{"guess", "alice"}, true, 0},
		"no right answer":   {[]string{"guess", "guess again"}, false, 0},
		"no answer":         {[]string{}, false, 0},
		"no login":          {nil, false, 0},
		"another user's":    {[]string{"bob"}, false, 403},
		"too many":          {[]string{"guess", "guess", "bob"}, false, 403},
		"after his answers": {[]string{"guess", "guess", "guess", "alice"}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{}
			if test.words != nil {
				cfg.Login = func() WebLogin { w := words(slices.Clone(test.words)); return &w }
			}
			from, at := newRecorder(), newRecorder()
			s, err := newEndpoint(t, cfg).NewSession(SessionConfig{Handler: from, WebSocket: true})
			if err != nil {
				t.Fatal(err)
			}
			peer, err := server.NewSession(SessionConfig{Handler: owned{at, "alice"}, WebSocket: true, Host: "conf.example", Port: 443})
			if err != nil {
				t.Fatal(err)
			}
			peer.SetRemote([]msrpwire.URI{s.URI()})
			s.SetRemote([]msrpwire.URI{peer.URI()})
			if err = s.ConnectWebSocket(address); err != nil {
				t.Fatal(err)
			}
			if test.bound {
				wait(t, from.bound, "bind of the client")
				wait(t, at.bound, "bind of the server")
				return
			}
			err = wait(t, from.ended, "end")
			refused := (*Error)(nil)
			if isMSRP := errors.As(err, &refused); isMSRP != (test.status != 0) || isMSRP && refused.Status != test.status {
				t.Errorf("ended by %v", err)
			}
			if test.status == 0 && !errors.Is(err, websocket.ErrRefused) {
				t.Errorf("ended by %v", err)
			}
		})
	}
}
