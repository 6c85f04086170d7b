package participant

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

// pingInterval keeps the one connection that we can be reached by open (RFC 5626
// §4.4.1 has 95 to 120 s, proxies close WebSockets after a minute).
const pingInterval = 45 * time.Second

// ErrClosed is returned by a UE that has been closed.
var ErrClosed = errors.New("participant: closed")

// UE is one device of a user. Its methods are safe for concurrent use.
type UE struct {
	// fixed after construction
	cfg      Config
	identity sipmsg.Address
	stack    *ua.Stack
	media    *msrp.Endpoint
	login    *digest.Client // nil: none

	incoming   chan *Invitation
	fileOffers chan *FileOffer

	closing chan struct{} // closed when Close begins
	shut    chan struct{} // closed when Close ends

	opening sync.Mutex // held while the listeners are opened

	asking sync.WaitGroup // for relays, and about files

	// guarded by mu
	mu           sync.Mutex
	local        netip.AddrPort       // of the SIP listener; zero before the first call
	conferences  map[*Conference]bool // whether joined; else it is a call
	referrings   map[*referring]bool  // REFERs of ours that are reported on
	invitations  map[*Invitation]bool // that are not decided
	invitable    bool                 // invitations are taken
	registration *registration        // nil: none
	routes       []sipmsg.URI         // Service-Route of the registrar
	gruu         string               // that it gave; empty: none
	listener     *msrp.Listener       // nil before the first ordinary call of ours
	files        map[*fileCall]bool   // that have one of the places for transfers; whether they stand
	undecided    map[*FileOffer]bool  // that are not decided
	closed       bool
}

// New makes a UE. It opens nothing before the first call.
func New(cfg Config) (*UE, error) { return newUE(cfg, nil, nil) }

// dialer opens MSRP connections.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// newUE makes a UE on given sockets; nil stands for those of the host.
func newUE(cfg Config, sockets transport.Network, dial dialer) (*UE, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err = cfg.Media.check(); err != nil {
		return nil, err
	}
	identity, err := cfg.identity()
	if err != nil {
		return nil, err
	}
	u := &UE{
		cfg: cfg, identity: identity, login: cfg.login(identity),
		incoming:    make(chan *Invitation, waiting),
		fileOffers:  make(chan *FileOffer, waiting),
		files:       make(map[*fileCall]bool),
		undecided:   make(map[*FileOffer]bool),
		closing:     make(chan struct{}),
		shut:        make(chan struct{}),
		conferences: make(map[*Conference]bool),
		referrings:  make(map[*referring]bool),
		invitations: make(map[*Invitation]bool),
	}
	u.media = msrp.New(msrp.Config{Log: cfg.Log, Dial: dial, ClientTLS: cfg.TLS, Login: u.webLogin()})
	u.stack = ua.New(ua.Config{
		Log:          cfg.Log,
		T1:           cfg.T1,
		Transport:    cfg.sockets(sockets),
		Transaction:  transaction.Config{Shards: 2},
		Extensions:   cfg.extensions(),
		Capabilities: cfg.capabilities(),
		Invite:       door{u},
		Refer:        refer.Config{Handler: door{u}},
	})
	return u, nil
}

// accepted is what bodies are taken.
const accepted = "application/sdp, multipart/mixed, application/resource-lists+xml"

// sockets configures SIP's connections.
func (cfg *Config) sockets(network transport.Network) transport.Config {
	c := transport.Config{SocketBuffer: 256 << 10, Network: network, ClientTLS: cfg.TLS}
	if cfg.unreachable() {
		c.WebSocketPath, c.PingInterval = cfg.path, pingInterval
	}
	return c
}

// capabilities go into INVITEs and the answers to them.
func (cfg *Config) capabilities() []sipmsg.Field {
	return []sipmsg.Field{
		{Name: "Accept", Value: accepted},
		{Name: "User-Agent", Value: cfg.UserAgent},
	}
}

// Close leaves all conferences and gives up what the UE holds. Goodbyes that are
// not answered when ctx ends are not waited for any longer. Events that nobody has
// fetched are dropped then.
func (u *UE) Close(ctx context.Context) error {
	u.mu.Lock()
	closed := u.closed
	if !closed {
		u.closed = true
		close(u.closing)
	}
	all, files, r := maps.Clone(u.conferences), maps.Clone(u.files), u.registration
	u.mu.Unlock()
	if closed {
		return nil
	}
	var leaving sync.WaitGroup
	for c, joined := range all { // both ways end when ctx does
		leaving.Go(func() {
			if joined {
				_ = c.Leave(ctx)
				return
			}
			select {
			case <-c.done: // who called gives up
			case <-ctx.Done():
			}
		})
	}
	for c, stands := range files {
		leaving.Go(func() { c.leave(ctx, stands) })
	}
	leaving.Wait()
	u.forget()
	if r != nil {
		r.end(ctx)
	}
	err := u.stack.Shutdown(ctx)
	if errors.Is(err, ctx.Err()) {
		err = nil // a peer that does not answer is no failure of ours
	}
	close(u.shut)
	err = errors.Join(err, u.media.Close())
	u.asking.Wait()
	return err
}

// begin notes a call, joined that it has become a conference.
func (u *UE) begin(c *Conference) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return ErrClosed
	}
	u.conferences[c] = false
	return nil
}

func (u *UE) joined(c *Conference) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return ErrClosed
	}
	if _, alive := u.conferences[c]; alive {
		u.conferences[c] = true
	}
	return nil
}

func (u *UE) remove(c *Conference) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.conferences, c)
}

// ask notes a REFER of ours.
func (u *UE) ask(r *referring) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return ErrClosed
	}
	u.referrings[r] = true
	return nil
}

func (u *UE) asked(r *referring) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.referrings, r)
}

// forget closes what REFERs of ours are still waiting for, and declines what the
// application has not decided.
func (u *UE) forget() {
	u.mu.Lock()
	all, undecided, files := maps.Clone(u.referrings), maps.Clone(u.invitations), maps.Clone(u.undecided)
	u.mu.Unlock()
	for r := range all {
		r.close()
	}
	for i := range undecided {
		i.Decline(480)
	}
	for o := range files {
		o.Refuse(480)
	}
}

// open finds the next hop for a URI and, the first time, opens the listeners.
func (u *UE) open(ctx context.Context, uri sipmsg.URI) (sipmsg.URI, error) {
	next, err := u.nextHop(uri)
	if err != nil {
		return next, fmt.Errorf("participant: next hop: %w", err)
	}
	to, err := u.stack.Locate.Locate(ctx, next)
	if err != nil {
		return next, fmt.Errorf("participant: next hop: %w", err)
	}
	return next, u.bind(ctx, to[0].Addr)
}

// bind opens the listeners, the first time, to be reached from an address.
func (u *UE) bind(ctx context.Context, from netip.AddrPort) error {
	u.opening.Lock()
	defer u.opening.Unlock()
	if u.address().IsValid() {
		return nil
	}
	local, err := u.localAddr(ctx, from)
	if err != nil {
		return fmt.Errorf("participant: local address: %w", err)
	}
	at, err := u.listen(ctx, local)
	if err != nil {
		return fmt.Errorf("participant: listen: %w", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.local = at
	return nil
}

// address is where SIP is received, the zero value if nowhere yet.
func (u *UE) address() netip.AddrPort {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.local
}
