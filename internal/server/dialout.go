package server

import (
	"fmt"
	"slices"

	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// dialOut is how the focus calls.
func (s *Server) dialOut() (focus.DialOut, error) {
	c := &s.cfg.DialOut
	out := focus.DialOut{
		Refers: s.cfg.Limits.RefersPerSecond, ByRefer: c.By == "refer", Ring: c.Ring, PerSecond: c.PerSecond, Unanswered: c.Unanswered, Server: c.Server,
		Anybody: c.Consent == "any", Domains: s.consenting(),
		Lists: s.lists(),
	}
	if c.Username != "" {
		out.Login = digest.NewClient(c.Username, string(c.Password))
	}
	if s.cfg.SIP.Outbound == "" {
		return out, nil
	}
	hop, err := sipmsg.ParseURI(s.cfg.SIP.Outbound)
	if err != nil {
		return out, fmt.Errorf("sip.outbound: %w", err)
	}
	out.Outbound = &hop
	return out, nil
}

// consenting are the domains whose users have agreed to be called on anybody's
// behalf: our own, those of the accounts, and those listed. D-07
func (s *Server) consenting() []string {
	domains := slices.Concat([]string{s.cfg.Domain}, s.cfg.DialOut.Domains)
	for _, user := range s.cfg.Auth.Accounts() {
		if uri, err := sipmsg.ParseURI(user.AOR); err == nil {
			domains = append(domains, uri.Host)
		}
	}
	return domains
}

// lists bounds lists of recipients.
func (s *Server) lists() resourcelist.Limits {
	return resourcelist.Limits{Entries: unlimited(s.cfg.Limits.URIList), Agent: s.cfg.Domain}
}
