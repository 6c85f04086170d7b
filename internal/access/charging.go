package access

import (
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Charge returns the P-Charging-Vector value of a dialog that a request from src forms:
// the one it brings, if src is trusted, with who we are. Nobody else gets any.
// [CHG-02] [CHG-03]
func (g *Gate) Charge(req *sipmsg.Request, src transport.Source) string {
	if !g.Trusted(src) {
		return ""
	}
	vector, err := req.Header.ChargingVector()
	if err != nil {
		return "" // none, or none that can be used
	}
	vector.Params = vector.Params.Without("term-ioi")
	if g.cfg.IOI != "" {
		vector.Params = vector.Params.With("term-ioi", g.cfg.IOI)
	}
	return vector.String()
}

// NewCharge returns a P-Charging-Vector value for a request of ours to a trusted peer,
// with an identifier that no other has (RFC 7315 §4.6.1). [CHG-01]
func (g *Gate) NewCharge() string {
	vector := sipmsg.ChargingVector{ICIDValue: sipid.NewCallID()}
	host := g.cfg.Host
	if host == "" {
		host = g.cfg.Domain
	}
	vector.Params = vector.Params.With("icid-generated-at", host)
	if g.cfg.IOI != "" {
		vector.Params = vector.Params.With("orig-ioi", g.cfg.IOI)
	}
	return vector.String()
}
