package access

import (
	"net/netip"
	"strings"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// FactoryMethods is the Allow of a factory URI, at which nothing can be watched
// or referred to. [FOC-DSP-06]
const FactoryMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE"

// Resource is what a Request-URI addresses.
type Resource struct {
	Factory bool           // a conference factory URI, or one that it has Promised
	Entry   instance.Entry // the conference, Reserved, Promised or alive; zero for a factory URI
}

// Locate finds the resource that uri names. The user part is compared octet by
// octet after decoding, the host without regard to case; parameters play no
// role but for that of a [Gate.Target], and an explicit port must be one of ours.
// [FOC-DSP-01]
func (g *Gate) Locate(uri sipmsg.URI) (Resource, bool) {
	if !uri.IsSIP() || uri.User == "" || !g.ourPort(uri.Port) {
		return Resource{}, false
	}
	for _, factory := range g.cfg.Factories {
		if factory.UserDecoded() == uri.UserDecoded() && !uri.Params.Has(domainParam) &&
			(strings.EqualFold(factory.Host, uri.Host) || strings.EqualFold(factory.Host, g.cfg.Domain) && g.ourHost(uri.Host)) {
			return Resource{Factory: true}, true
		}
	}
	entry := g.lookup(uri)
	switch entry.Status {
	case instance.Unallocated, instance.Ended:
		return Resource{}, false
	case instance.Promised:
		return Resource{Factory: true, Entry: entry}, true
	case instance.Reserved, instance.Creating, instance.Active, instance.Terminating:
	}
	return Resource{Entry: entry}, true
}

// hides reports whether the resource is nothing to this request: a URI that the factory
// has promised is there for its caller alone, and for him to call. [FOC-FAC-11]
func (r Resource) hides(method sipmsg.Method, caller identity.Identity) bool {
	if r.Entry.Status != instance.Promised {
		return false
	}
	calls := method == sipmsg.INVITE || method == sipmsg.OPTIONS
	return !calls || caller.Anonymous || caller.User != r.Entry.PromisedTo
}

// lookup finds the conference of a URI: by the host that it names, by the domain that a
// Target of ours names, or else in our own.
func (g *Gate) lookup(uri sipmsg.URI) instance.Entry {
	user, host := uri.UserDecoded(), strings.ToLower(uri.Host)
	if domain, ok := uri.Params.Lookup(domainParam); ok && g.ourHost(host) {
		return g.cfg.Directory.Lookup(instance.Address{User: user, Host: strings.ToLower(domain)})
	}
	entry := g.cfg.Directory.Lookup(instance.Address{User: user, Host: host})
	if entry.Status == instance.Unallocated && g.ourHost(host) {
		entry = g.cfg.Directory.Lookup(instance.Address{User: user, Host: g.cfg.Domain})
	}
	return entry
}

// Aliases returns the URIs of a conference besides its own, nil if it has none.
// [FOC-DSP-12]
func (g *Gate) Aliases(a instance.Address) []conference.ID {
	def := g.cfg.Directory.Lookup(a).Definition
	if def == nil {
		return nil
	}
	var ids []conference.ID
	for _, alias := range def.Aliases {
		ids = append(ids, alias.ID())
	}
	return ids
}

// Serves reports whether a URI without user part names this server. [OPT-04]
func (g *Gate) Serves(uri sipmsg.URI) bool {
	return uri.IsSIP() && uri.User == "" && g.ourHost(uri.Host) && g.ourPort(uri.Port)
}

// ourHost reports whether host means this server: the domain, the advertised
// name, or, as nobody else's requests come in here, any address literal.
// [FOC-DSP-13]
func (g *Gate) ourHost(host string) bool {
	if strings.EqualFold(host, g.cfg.Domain) || g.cfg.Host != "" && strings.EqualFold(host, g.cfg.Host) {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

func (g *Gate) ourPort(port uint16) bool {
	if port == 0 {
		return true
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	_, ok := g.ports[port]
	return ok
}
