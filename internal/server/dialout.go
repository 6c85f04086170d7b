package server

import (
	"fmt"

	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// dialOut is how the focus calls.
func (s *Server) dialOut() (focus.DialOut, error) {
	c := &s.cfg.DialOut
	out := focus.DialOut{
		Ring: c.Ring, PerSecond: c.PerSecond, Unanswered: c.Unanswered, Server: c.Server, Loopback: s.onLoopback(),
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
