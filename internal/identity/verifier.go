package identity

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Authenticator verifies the credentials of a request, or asks for them.
type Authenticator interface {
	// Authenticate returns the account that the request proves, or a [*sip.Error]
	// that challenges (401) or refuses (403).
	Authenticate(req *sipmsg.Request, src transport.Source) (Identity, error)
}

// Config is what a [Verifier] knows. The zero value lets nobody in.
type Config struct {
	// Log receives what is odd about asserted identities; nil discards it.
	Log *slog.Logger
	// Trust lists the peers whose P-Asserted-Identity counts. [IDN-01]
	Trust []netip.Prefix
	// TrustNames lists peers by a SIP domain of their certificate, in lower case.
	TrustNames []string
	// Local makes every loopback peer who its P-Asserted-Identity,
	// P-Preferred-Identity or else From says.
	Local bool
	// AllowAnonymous admits callers who prove nothing and ask for anonymity.
	AllowAnonymous bool
	// Auth verifies credentials; nil refuses everybody who would need some.
	Auth Authenticator
}

// Verifier identifies callers. It is safe for concurrent use.
type Verifier struct {
	cfg Config

	mu        sync.RWMutex
	listeners []listener
}

// listener is one that only trusted peers can reach.
type listener struct {
	transport string
	at        netip.AddrPort // an unspecified address stands for every one
}

// TrustListener makes whoever reaches a listener a peer of our trust domain: it
// is for networks, such as a VLAN, that nobody else is in. [IDN-01]
func (v *Verifier) TrustListener(transport string, at netip.AddrPort) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.listeners = append(v.listeners, listener{transport, at})
}

// byListener reports whether src came in where only trusted peers do.
func (v *Verifier) byListener(src transport.Source) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return slices.ContainsFunc(v.listeners, func(l listener) bool {
		return l.transport == src.Transport && l.at.Port() == src.Local.Port() && (src.Flow == nil || !src.Flow.Dialed()) &&
			(l.at.Addr().IsUnspecified() || l.at.Addr().Unmap() == src.Local.Addr().Unmap())
	})
}

// New returns a Verifier.
func New(cfg Config) *Verifier {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Verifier{cfg: cfg}
}

// Trusted reports whether src is a peer of our trust domain (RFC 3325 §8): by the
// name that its certificate proves, by the listener that it reached, or by its
// address if that is its own. [IDN-01]
func (v *Verifier) Trusted(src transport.Source) bool {
	for _, name := range src.PeerNames {
		if slices.Contains(v.cfg.TrustNames, name) {
			return true
		}
	}
	if src.Proxied {
		return false // D-46
	}
	if v.byListener(src) {
		return true
	}
	addr := src.Remote.Addr().Unmap()
	for _, prefix := range v.cfg.Trust {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// Identify returns who sent req. The error is a [*sip.Error]: 401 with a
// challenge, or 403. From is never the identity of anybody untrusted. [IDN-10]
func (v *Verifier) Identify(req *sipmsg.Request, src transport.Source) (Identity, error) {
	id, err := v.identify(req, src)
	if err != nil {
		return Identity{}, err
	}
	id.Privacy = id.Privacy || WantsPrivacy(&req.Header)
	id.Trusted = v.Trusted(src)
	return id, nil
}

func (v *Verifier) identify(req *sipmsg.Request, src transport.Source) (Identity, error) {
	trusted := v.Trusted(src)
	if trusted {
		if id, ok := v.asserted(req); ok {
			id.Asserted = true
			return id, nil
		}
	}
	if v.cfg.Local && !src.Proxied && src.Remote.Addr().Unmap().IsLoopback() {
		if id, ok := claimed(req); ok {
			id.Asserted = trusted
			return id, nil
		}
	}
	from, err := req.Header.From()
	if err != nil {
		return Identity{}, &sip.Error{Status: 400, Reason: "Bad From"}
	}
	// A caller that hides gets the chance to log in where accounts are checked;
	// behind a trusted peer there is nothing to log in with. [IDN-04]
	if anonymous(from) && !req.Header.Has("Authorization") && (trusted || v.cfg.Auth == nil) {
		return v.unidentified()
	}
	if v.cfg.Auth == nil {
		return Identity{}, forbidden("No Identity")
	}
	return v.cfg.Auth.Authenticate(req, src)
}

// unidentified admits or refuses somebody who stays anonymous.
func (v *Verifier) unidentified() (Identity, error) {
	if !v.cfg.AllowAnonymous {
		return Identity{}, forbidden("Anonymity Disallowed")
	}
	return Identity{
		User:      conference.Identity("sip:" + sipid.NewTag() + "@anonymous.invalid"),
		Privacy:   true,
		Anonymous: true,
	}, nil
}

// asserted reads P-Asserted-Identity (RFC 3325 §9.1): one SIP URI, or one SIP
// and one tel URI. Anything more is malformed: the first SIP URI counts. [IDN-02]
func (v *Verifier) asserted(req *sipmsg.Request) (Identity, bool) {
	values, err := req.Header.AssertedIdentities()
	if err != nil {
		v.cfg.Log.LogAttrs(context.Background(), slog.LevelWarn, "malformed asserted identity",
			slog.String("call_id", req.Header.CallID()), slog.Any("error", err))
	}
	id, sips, tels := fromAddresses(values)
	if sips > 1 || tels > 1 {
		v.cfg.Log.LogAttrs(context.Background(), slog.LevelWarn, "too many asserted identities",
			slog.String("call_id", req.Header.CallID()), slog.Int("sip", sips), slog.Int("tel", tels))
		id.AORs = nil
	}
	return id, sips > 0
}

// fromAddresses takes the first SIP URI as identity and tel URIs as associated
// addresses, and counts both kinds.
func fromAddresses(values []sipmsg.Address) (id Identity, sips, tels int) {
	for _, a := range values {
		switch {
		case a.URI.IsSIP():
			if sips++; sips == 1 {
				id.User, id.Display = Of(a.URI), conference.Printable(a.Display, maxDisplay)
			}
		case a.URI.Scheme == "tel":
			tels++
			id.AORs = append(id.AORs, string(Of(a.URI)))
		}
	}
	return id, sips, tels
}

// claimed is the rule of the local profile: a loopback peer is who it says.
func claimed(req *sipmsg.Request) (Identity, bool) {
	pai, _ := req.Header.AssertedIdentities()
	ppi, _ := req.Header.PreferredIdentities()
	for _, values := range [][]sipmsg.Address{pai, ppi} {
		if id, sips, _ := fromAddresses(values); sips > 0 {
			return id, true
		}
	}
	from, err := req.Header.From()
	if err != nil || !from.URI.IsSIP() || anonymous(from) {
		return Identity{}, false
	}
	return Identity{User: Of(from.URI), Display: conference.Printable(from.Display, maxDisplay)}, true
}

func forbidden(reason string) error {
	return &sip.Error{Status: 403, Reason: reason}
}
