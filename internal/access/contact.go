package access

import (
	"strings"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Contact returns the Contact value by which a conference is reached: its URI
// with the isfocus parameter outside the brackets. Where the domain does not
// lead here, host, port and transport are those that do. [FOC-DSP-04]
// [FOC-DSP-13]
func (g *Gate) Contact(id conference.ID, src transport.Source) string {
	return "<" + g.Target(id, src) + ">;isfocus"
}

// domainParam is the URI parameter that names the host part of a conference URI where a
// Target has another one and the conference is not of our domain, which would else be
// taken for granted.
const domainParam = "domain"

// Target returns the URI by which src reaches a conference.
func (g *Gate) Target(id conference.ID, src transport.Source) string {
	uri, err := sipmsg.ParseURI(string(id))
	if err != nil {
		return string(id) // conference URIs are of our own making
	}
	if src.SIPS {
		uri.Scheme = "sips" // RFC 3261 §12.1.1 [COM-14]
	}
	domain := uri.Host
	switch {
	case g.cfg.Host != "":
		uri.Host, uri.Port = g.cfg.Host, g.cfg.Port
		switch src.Transport {
		case transport.TLS, transport.WS, transport.WSS:
			if uri.Port != 0 {
				uri.Port = src.Local.Port() // the one advertised is that of UDP and TCP
			}
		}
	case g.cfg.ByListener && src.Local.IsValid() && !src.Local.Addr().IsUnspecified():
		uri.Host, uri.Port = src.Local.Addr().Unmap().String(), src.Local.Port()
	default:
		return uri.String()
	}
	if !strings.EqualFold(domain, g.cfg.Domain) {
		uri.Params = uri.Params.With(domainParam, domain)
	}
	if p := transport.Param(uri.Scheme, src.Transport); p != "" {
		uri.Params = uri.Params.With("transport", p)
	}
	return uri.String()
}
