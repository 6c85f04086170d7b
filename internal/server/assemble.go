package server

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"strings"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/certs"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/limits"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/internal/notify"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

// assemble builds the parts from the ground up. Each learns of its neighbours
// through an interface of its own.
func (s *Server) assemble() error {
	s.files = limits.NewFiles(s.tune.files)
	s.connections = limits.NewConnections(s.cfg.Limits.ConnectionsPerAddress, s.files)
	s.load = limits.NewLoad(s.cfg.Limits.CPUWait, s.tune.wait)
	var err error
	if s.certs, err = s.newCerts(); err != nil {
		return err
	}
	if err = s.openStore(); err != nil {
		return err
	}
	s.media = msrp.New(s.mediaConfig())
	s.mixer = mixer.New(s.mixerConfig())
	f := &parts{}
	if err = s.directories(f); err != nil {
		return err
	}
	if s.gate, err = s.newGate(); err != nil {
		return err
	}
	calls, err := s.dialOut()
	if err != nil {
		return err
	}
	if calls.Login != nil {
		f.login = func() dialog.Authorizer { return calls.Login.Exchange() } // [NOT-NFY-07]
	}
	f.focus = focus.New(focus.Config{
		Log: s.log, Gate: s.gate, Directory: s.directory, Mixer: s.legs(), Agent: s.cfg.Domain, DialOut: calls,
		Redirect: s.cfg.FactoryRedirect, Preconditions: s.preconditions(), PreconditionWait: s.cfg.SIP.PreconditionWait,
		ApprovalWait: s.cfg.SIP.ApprovalWait, MixerWait: s.tune.allocate,
	})
	f.notify = notify.New(notify.Config{
		Log: s.log, Gate: s.gate, MinInterval: s.cfg.Notify.MinInterval, Told: s.mixer.RosterTold, PerUser: orNone(s.cfg.Limits.SubscriptionsPerUser), Linger: s.cfg.Notify.Linger,
		FullOnly: append([]string{}, s.cfg.Notify.FullOnly...), MaxBytes: int(s.cfg.Notify.MaxDocument), MaxDatagram: int(s.cfg.Notify.MaxDatagram),
	})
	s.focus, s.notifier = f.focus, f.notify
	s.stack = ua.New(s.stackConfig(f))
	f.focus.Bind(s.stack.Dialog, s.stack.Invite, s.stack.Refer)
	return s.newWeb()
}

// parts are the observers, which the directory wants before they can be made.
type parts struct {
	focus  *focus.Focus
	notify *notify.Service
	login  func() dialog.Authorizer // answers challenges inside dialogs; nil: nothing does
}

func (s *Server) directories(f *parts) error {
	definitions, err := definitions(s.cfg)
	if err != nil {
		return err
	}
	creators := make([]string, 0, len(s.cfg.Create))
	for _, c := range s.cfg.Create {
		creators = append(creators, string(identityOf(c)))
	}
	s.directory, err = instance.NewDirectory(instance.Config{
		Journal:    s.journal,
		Domain:     s.cfg.Domain,
		Log:        s.log,
		Registry:   s.registry(),
		MaxPerUser: orNone(s.cfg.Limits.ConferencesPerUser), MaxConferences: s.cfg.Limits.Conferences,
		Creators: conference.NewCircle(creators...),
		Policy:   policyOf(s.cfg, s.cfg.Defaults),
		// The mixer first: nobody gets a message after his departure was told,
		// nor before his arrival was.
		Attach: []func(*instance.Instance) instance.Observer{
			s.mixer.Attach,
			func(i *instance.Instance) instance.Observer { return f.focus.Attach(i) },
			func(i *instance.Instance) instance.Observer { return f.notify.Attach(i) },
		},
	}, definitions...)
	return err
}

func (s *Server) newGate() (*access.Gate, error) {
	factories := make([]sipmsg.URI, 0, len(s.cfg.Factory))
	for _, text := range s.cfg.Factory {
		uri, err := sipmsg.ParseURI(text)
		if err != nil {
			return nil, fmt.Errorf("factory %s: %w", text, err)
		}
		factories = append(factories, uri)
	}
	accounts, err := s.newAccounts()
	if err != nil {
		return nil, err
	}
	s.accounts = accounts
	var auth identity.Authenticator // nil, and no nil pointer, if there are none
	if accounts != nil {
		auth = accounts
	}
	host, port := hostPort(s.cfg.SIP.Advertise)
	s.verifier = identity.New(identity.Config{
		Log: s.log, Trust: s.trusted(), TrustNames: s.trustedNames(), Local: s.cfg.Auth.Local, AllowAnonymous: s.cfg.Auth.AllowAnonymous,
		Auth: auth,
	})
	return access.New(access.Config{
		Directory:  s.directory,
		Domain:     s.cfg.Domain,
		Factories:  factories,
		Host:       host,
		Port:       port,
		ByListener: s.onLoopback(),
		Loopback:   s.onLoopback(),
		Allow:      s.cfg.DialOut.Addresses,
		IOI:        s.cfg.SIP.IOI,
		Identity:   s.verifier,
	}), nil
}

// onLoopback reports whether the server is reached from this host only. D-57.
func (s *Server) onLoopback() bool {
	for _, l := range s.cfg.SIP.Listen {
		if !l.Loopback() {
			return false
		}
	}
	return true
}

func (s *Server) trusted() []netip.Prefix {
	var prefixes []netip.Prefix
	for _, p := range s.cfg.SIP.Trust {
		if p.Prefix.IsValid() {
			prefixes = append(prefixes, p.Prefix)
		}
	}
	return prefixes
}

func (s *Server) trustedNames() []string {
	var names []string
	for _, p := range s.cfg.SIP.Trust {
		if p.Name != "" {
			names = append(names, strings.ToLower(p.Name))
		}
	}
	return names
}

func (s *Server) newCerts() (*certs.Store, error) {
	least := uint16(tls.VersionTLS12)
	if s.cfg.TLS.MinVersion == "1.3" {
		least = tls.VersionTLS13
	}
	t := s.cfg.TLS
	return certs.Open(certs.Config{
		Log: s.log, Certificate: t.Certificate, Key: t.Key, ClientCA: t.ClientCA, CA: t.CA, MinVersion: least,
	})
}

func (s *Server) mediaConfig() msrp.Config {
	return msrp.Config{
		Log:              s.log,
		TLS:              s.certs.Server(),
		ClientTLS:        s.certs.Client(),
		LegacyCipher:     s.cfg.MSRP.LegacyCipher,
		Matching:         matching(s.cfg.MSRP.Strict),
		Dial:             s.dialMedia,
		Quota:            s.connections,
		UnboundPerSource: unlimited(s.cfg.Limits.ConnectionsPerAddress),
		HeaderTimeout:    s.tune.patience,
		HandshakeTimeout: s.tune.patience,
	}
}

func matching(strict bool) msrpwire.Matching {
	if strict {
		return msrpwire.MatchStrict
	}
	return msrpwire.MatchSessionID
}

func (s *Server) stackConfig(f *parts) ua.Config {
	return ua.Config{
		Log: s.log,
		T1:  s.tune.t1,
		Transport: transport.Config{
			Advertise:            s.cfg.SIP.Advertise,
			TLS:                  s.certs.Server(),
			ClientTLS:            s.certs.Client(),
			Limits:               sipmsg.Limits{Body: int(s.cfg.Limits.SIPBody)},
			OutBuffer:            int(s.cfg.Limits.SIPBacklog),
			Quota:                s.connections,
			MaxConnections:       s.cfg.Limits.SIPConnections,
			HandshakesPerAddress: unlimited(s.cfg.Limits.HandshakesPerAddress),
			Partial:              int(s.cfg.Limits.HalfRead),
			MessageTimeout:       s.tune.patience,
			HandshakeTimeout:     s.tune.patience,
		},
		Transaction: transaction.Config{
			MaxTransactions: s.cfg.Limits.Transactions,
			PerAddress:      s.cfg.Limits.TransactionsPerAddress,
			Exempt:          s.gate.Trusted,
			TurnsAway:       s.load.TurnsAway,
		},
		Extensions:     s.extensions(),
		SessionExpires: sessionExpires(s.cfg.SIP.SessionExpires),
		MinSE:          s.cfg.SIP.MinSE,
		Locate:         locate.Config{Servers: s.cfg.DNS.Servers, Timeout: s.cfg.DNS.Timeout},
		Permit:         s.gate.Permit,
		Charge:         s.gate.Charge,
		Login:          f.login,
		Capabilities:   capabilities(),
		Screen: func(req *sipmsg.Request, src transport.Source) (any, *sip.Error) {
			return f.notify.Screen(req, src)
		},
		Packages: []event.Package{f.notify.Package(s.cfg.Notify.Expires)},
		Inside:   s.gate.Inside,
		Invite:   f.focus,
		Refer:    refer.Config{Handler: f.focus, Screen: f.focus.Screen, Multiple: true, Lists: s.lists()},
		Methods: map[sipmsg.Method]func(*transaction.ServerTx){
			sipmsg.OPTIONS: f.focus.Options(func() []sipmsg.Field { return s.stack.Capabilities(capabilities()...) }),
		},
		Other: func(l *dialog.Layer, tx *transaction.ServerTx) { f.focus.Other(l, tx) },
	}
}

// capabilities are what the server can do besides what the stack knows of, for
// 200s to INVITE and OPTIONS. [FOC-DSP-05]
func capabilities() []sipmsg.Field {
	return []sipmsg.Field{{Name: "Accept", Value: "application/sdp, multipart/mixed, message/sipfrag, " +
		"application/conference-info+xml, application/resource-lists+xml"}}
}

// orNone turns the configuration's 0, no limit, into the negative number that means
// so where 0 means the default.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// unlimited turns the configuration's 0, no limit, into a number that is none.
func unlimited(n int) int {
	if n == 0 {
		return 1 << 30
	}
	return n
}
