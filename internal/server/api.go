package server

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"strings"

	"github.com/confab-chat/confab/internal/api"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// errNoToken says that a token was promised and is not there.
var errNoToken = errors.New("http.admin_token_file is empty")

// newAPI makes the HTTP API of the conferences.
func (s *Server) newAPI() (http.Handler, error) {
	token, err := readToken(s.cfg.HTTP.AdminTokenFile)
	if err != nil {
		return nil, err
	}
	factories := make([]instance.Address, 0, len(s.cfg.Factory))
	for _, text := range s.cfg.Factory {
		if uri, err := sipmsg.ParseURI(text); err == nil { // as validated
			factories = append(factories, instance.Address{User: uri.UserDecoded(), Host: strings.ToLower(uri.Host)})
		}
	}
	policy := policyOf(s.cfg, s.cfg.Defaults)
	policy.End.MaxDuration = 0 // that of the defaults is for the conferences of the factory, D-16
	return api.New(api.Config{
		Log: s.log, Directory: s.directory, History: s.journal, Focus: administered{s.focus}, Domain: s.cfg.Domain,
		Policy: policy, Token: token, Version: version(),
		Factories: factories, Transient: s.store == nil,
		MaxMessage: int(s.cfg.MSRP.MaxMessage), NewID: msrp.NewMessageID,
	}), nil
}

// readToken returns the bearer token in a file, none for no file.
func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	content, err := os.ReadFile(file) //nolint:gosec // the file that the configuration names
	if err != nil {
		return "", fmt.Errorf("http.admin_token_file: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if token == "" {
		return "", errNoToken
	}
	return token, nil
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}

// administered is the focus as the API sees it.
type administered struct{ focus *focus.Focus }

func (a administered) Invite(inst *instance.Instance, target sipmsg.Address, decided func(*sip.Error)) {
	a.focus.InviteUser(inst, focus.Invitation{Target: target}, decided, nil)
}

func (a administered) Remove(inst *instance.Instance, target sipmsg.URI, free bool, decided func(*sip.Error)) {
	a.focus.RemoveUser(inst, focus.Removal{Target: target, Free: free}, decided, nil)
}
