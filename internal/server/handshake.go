package server

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/websocket"
)

// socketUsers says who opens a WebSocket for MSRP; nil if nobody is asked. [WS-06]
func (s *Server) socketUsers() func(*http.Request) ([]string, *websocket.Refusal) {
	ways := s.cfg.MSRP.WSAuth
	if len(ways) == 0 {
		return nil
	}
	door := identity.Handshake{Certificates: slices.Contains(ways, config.CertificateAuth)}
	if slices.Contains(ways, config.DigestAuth) {
		door.Accounts = s.accounts
	}
	return func(r *http.Request) ([]string, *websocket.Refusal) {
		users, err := door.Identify(r)
		if err != nil {
			return nil, httpRefusal(err)
		}
		names := make([]string, len(users))
		for i, user := range users {
			names[i] = string(user)
		}
		return names, nil
	}
}

// httpRefusal is a refusal of SIP in HTTP, which has the same authentication.
func httpRefusal(err error) *websocket.Refusal {
	var refused *sip.Error
	if !errors.As(err, &refused) {
		return &websocket.Refusal{Status: http.StatusInternalServerError, Reason: err.Error()}
	}
	answer := &websocket.Refusal{Status: refused.Status, Reason: refused.Reason, Header: make(http.Header)}
	if answer.Reason == "" {
		answer.Reason = http.StatusText(refused.Status)
	}
	for _, f := range refused.Header {
		answer.Header.Add(f.Name, f.Value)
	}
	if refused.RetryAfter > 0 {
		seconds := (refused.RetryAfter + time.Second - 1) / time.Second
		answer.Header.Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	return answer
}
