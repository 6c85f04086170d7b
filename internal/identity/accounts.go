package identity

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Account is somebody who may log in.
type Account struct {
	AOR     sipmsg.URI
	Display string
	// Password, or its hashes if it is empty.
	Password string
	// HA1 is H(username:realm:password) in hexadecimal digits.
	HA1 map[digest.Algorithm]string
}

// AccountsConfig is what [Accounts] know.
type AccountsConfig struct {
	Realm      string
	Algorithms []digest.Algorithm // default SHA-256
	Accounts   []Account
	// Serves reports whether a URI leads to this server; nil: every one does.
	Serves func(uri sipmsg.URI) bool
	// PerAddress is how many wrong passwords in a row, for whatever accounts, an
	// address may try before nobody there is listened to for a minute; 0: any number.
	PerAddress int
	// Now tells the time; default time.Now.
	Now func() time.Time
}

// Accounts authenticate by digest (RFC 3261 §22, RFC 8760). A request without
// credentials leaves nothing behind. They are safe for concurrent use. [IDN-12]
type Accounts struct {
	// fixed after construction
	cfg      AccountsConfig
	server   *digest.Server
	accounts map[string]*account // by username

	failures  *failures // by account and address
	addresses *failures // by address
	count     counters
}

// account is an Account with its hashes.
type account struct {
	aor     conference.Identity
	display string
	ha1     map[digest.Algorithm]string
}

var _ Authenticator = (*Accounts)(nil)

// NewAccounts returns accounts by configuration; it fails if two have the same AOR.
// The username is the user part of the AOR, or the whole user@domain where two
// accounts share one.
func NewAccounts(cfg AccountsConfig) (*Accounts, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if len(cfg.Algorithms) == 0 {
		cfg.Algorithms = []digest.Algorithm{digest.SHA256}
	}
	a := &Accounts{
		cfg: cfg, accounts: make(map[string]*account), failures: newFailures(maxFailures),
		addresses: newFailures(cfg.PerAddress),
		server:    digest.NewServer(digest.ServerConfig{Realm: cfg.Realm, Algorithms: cfg.Algorithms, Now: cfg.Now}),
	}
	sharing := make(map[string]int)
	for i := range cfg.Accounts {
		sharing[cfg.Accounts[i].AOR.UserDecoded()]++
	}
	for i := range cfg.Accounts {
		from := &cfg.Accounts[i]
		username := from.AOR.UserDecoded()
		if sharing[username] > 1 {
			username += "@" + aorHost(from.AOR)
		}
		if a.accounts[username] != nil {
			return nil, fmt.Errorf("identity: account %s stands twice", username)
		}
		a.accounts[username] = from.hashed(username, &cfg)
	}
	return a, nil
}

func (from *Account) hashed(username string, cfg *AccountsConfig) *account {
	acc := &account{aor: Of(from.AOR), display: from.Display, ha1: make(map[digest.Algorithm]string)}
	for _, algorithm := range cfg.Algorithms {
		if from.Password != "" {
			acc.ha1[algorithm] = algorithm.HA1(username, cfg.Realm, from.Password)
		} else {
			acc.ha1[algorithm] = from.HA1[algorithm]
		}
	}
	return acc
}

// Authenticate implements [Authenticator].
func (a *Accounts) Authenticate(req *sipmsg.Request, src transport.Source) (Identity, error) {
	acc, err := a.prove(&claim{
		header: &req.Header, method: req.Method, from: src.Remote.Addr(),
		serves: func(uri string) bool { return a.serves(req, uri) },
	})
	if err != nil {
		return Identity{}, err
	}
	return acc.identity(req)
}

// claim is a request, of whichever protocol, with or without credentials.
type claim struct {
	header *sipmsg.Header
	method sipmsg.Method
	from   netip.Addr
	serves func(uri string) bool // whether the uri of credentials is what was asked for
}

// prove returns the account that a claim proves, or the [*sip.Error] that challenges
// or refuses. Who names no account gets the same answers as who has the wrong
// password. [IDN-05] [IDN-06]
func (a *Accounts) prove(c *claim) (*account, error) {
	credentials, ok := a.server.Credentials(c.header)
	if !ok {
		return nil, a.challenge(false) // [IDN-03]
	}
	if !c.serves(credentials.URI) {
		return nil, &sip.Error{Status: 400, Reason: "Bad Digest URI"}
	}
	guesser := guesserOf(credentials.Username, c.from)
	if wait := a.locked(guesser); wait > 0 {
		a.count.locked.Add(1)
		return nil, tooMany(wait)
	}
	var ha1 string
	acc := a.accounts[credentials.Username]
	if acc != nil {
		ha1 = acc.ha1[credentials.Algorithm]
	}
	switch a.server.Verify(credentials, c.method, ha1) {
	case digest.Stale:
		return nil, a.challenge(true)
	case digest.Valid:
		a.failures.forget(guesser)
		a.addresses.forget(guesser.anybody())
		return acc, nil
	case digest.Wrong:
	}
	a.count.wrong.Add(1)
	if a.failed(guesser, credentials.Response()) {
		return nil, tooMany(lockTime)
	}
	return nil, a.challenge(false)
}

// locked tells how long a guesser, or everybody at his address, is not listened to.
func (a *Accounts) locked(g guesser) time.Duration {
	now := a.cfg.Now()
	wait := a.failures.locked(g, now)
	if a.cfg.PerAddress > 0 {
		wait = max(wait, a.addresses.locked(g.anybody(), now))
	}
	return wait
}

// failed notes a failure and tells whether it was one too many, of the guesser or of
// his address. [SEC-02]
func (a *Accounts) failed(g guesser, response string) bool {
	now := a.cfg.Now()
	many := a.failures.add(g, response, now)
	return a.cfg.PerAddress > 0 && a.addresses.add(g.anybody(), response, now) || many
}

func (a *Accounts) challenge(stale bool) error {
	a.count.challenged.Add(1)
	return &sip.Error{Status: 401, Header: a.server.Challenge(stale)}
}

// serves looks at the uri of credentials, which need not be the Request-URI: proxies
// rewrite that. [IDN-14]
func (a *Accounts) serves(req *sipmsg.Request, text string) bool {
	uri, err := sipmsg.ParseURI(text)
	if err != nil {
		return false
	}
	return a.cfg.Serves == nil || uri.Equal(req.URI) || a.cfg.Serves(uri)
}

// identity is the account, if From agrees: it is the account's AOR, or hides it.
// What P-Preferred-Identity says changes nothing, as an account has one identity
// only (RFC 3325 §6). [IDN-10]
func (acc *account) identity(req *sipmsg.Request) (Identity, error) {
	from, err := req.Header.From()
	if err != nil {
		return Identity{}, &sip.Error{Status: 400, Reason: "Bad From"}
	}
	hidden := anonymous(from)
	if !hidden && Of(from.URI) != acc.aor {
		return Identity{}, forbidden("From Is Another Account")
	}
	return Identity{User: acc.aor, Display: acc.display, Privacy: hidden}, nil
}

func tooMany(wait time.Duration) error {
	return &sip.Error{Status: 403, Reason: "Too Many Failures", RetryAfter: wait}
}
