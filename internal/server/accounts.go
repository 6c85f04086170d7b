package server

import (
	"fmt"

	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// newAccounts makes those of the configuration; nil if there are none, and then nobody is
// asked for a password.
func (s *Server) newAccounts() (*identity.Accounts, error) {
	users := s.cfg.Auth.Accounts()
	if len(users) == 0 {
		return nil, nil //nolint:nilnil // no accounts are no error
	}
	cfg := identity.AccountsConfig{Realm: s.cfg.Auth.Realm, Serves: s.serves}
	if cfg.Realm == "" {
		cfg.Realm = s.cfg.Domain
	}
	cfg.PerAddress = s.cfg.Limits.AuthFailuresPerAddress
	for _, name := range s.cfg.Auth.Algorithms {
		cfg.Algorithms = append(cfg.Algorithms, digest.Algorithm(name))
	}
	for _, u := range users {
		aor, err := sipmsg.ParseURI(u.AOR)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", u.AOR, err)
		}
		account := identity.Account{
			AOR: aor, Display: u.Display, Password: string(u.Password), HA1: make(map[digest.Algorithm]string),
		}
		for name, hash := range u.HA1 {
			account.HA1[digest.Algorithm(name)] = string(hash)
		}
		cfg.Accounts = append(cfg.Accounts, account)
	}
	return identity.NewAccounts(cfg)
}

// serves reports whether credentials may be for a URI: one of a conference, of a
// factory, or any in a domain of ours, lest the answer tell which exist. [IDN-14]
func (s *Server) serves(uri sipmsg.URI) bool {
	if _, found := s.gate.Locate(uri); found {
		return true
	}
	uri.User = ""
	return s.gate.Serves(uri)
}
