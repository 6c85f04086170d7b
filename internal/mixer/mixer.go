package mixer

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
)

// ErrFull says that the mixer has no room for another leg. [FOC-FAC-06]
var ErrFull = errors.New("mixer: no room for another leg")

// Config is the configuration of a [Mixer]. Endpoint is required; zero fields
// have the defaults named.
type Config struct {
	Log      *slog.Logger   // discards
	Endpoint *msrp.Endpoint // whose listener the legs are reached by

	// Host and Port are announced in our paths; default: those of the listener.
	Host string
	Port uint16

	// CEMA lets offers carry a=msrp-cema: answers have it where the offer has.
	// [CEMA-01]
	CEMA bool

	MaxMessage   int64        // octets of a message, wrapper included; 1 MiB
	WrappedTypes sdp.TypeList // what a conference carries; text, composing, IMDN and everything else
	MaxLegs      int          // no limit

	// Preconditions says that preconditions are supported. [OPT-03]
	Preconditions bool

	Report Report // what the receivers of copies answer

	Rates              Rates
	ComposingPerSecond int // indications passed on of one leg; 0: no limit [COMP-05]

	PrivateCopies bool // of private messages, to the sender's other devices [SW-PRV-08]
	OwnDevicesOff bool // a sender's other devices get no copy of a message to everybody [SW-PUB-05]
	StrictNames   bool // nobody may write under another's nickname [SW-PUB-20]

	Quirks []QuirkRule // change what is known of clients

	HistoryOctets int        // of a conference's messages kept in memory; 4 MiB [SW-HIS-01]
	Congestion    Congestion // what becomes of those who do not keep up
	Welcome       string     // said to everybody who comes; empty: nothing

	ChunkWait   time.Duration // how long an incomplete message may wait for its next chunk; 9 min [SW-PUB-10]
	BindTimeout time.Duration // how long the media may take to come up; 30 s [MSRP-CON-14]

	// Strict switches off what is tolerated of clients beyond the standards.
	// [SW-NCK-11]
	Strict bool

	Reserved           []string // names that nobody may take as nickname; none [SW-NCK-05]
	NicknamesPerMinute int      // requests of one user; 0: no limit

	Now func() time.Time // time.Now
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = 1 << 20
	}
	if c.WrappedTypes == nil {
		c.WrappedTypes = sdp.TypeList{"text/plain", "text/html", typeComposing, typeIMDN, "*"}
	}
	if c.HistoryOctets <= 0 {
		c.HistoryOctets = 4 << 20
	}
	if c.ChunkWait <= 0 {
		c.ChunkWait = 9 * time.Minute
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Mixer holds the legs of all conferences on this node. It is safe for
// concurrent use.
type Mixer struct {
	// fixed after construction
	cfg      Config
	reserved map[string]struct{} // Config.Reserved by key
	rules    []QuirkRule

	parsers parsers
	ways    atomic.Pointer[[]Way]
	legs    atomic.Int64 // reserved or open
	lost    atomic.Int64 // messages that did not reach somebody
	paced   atomic.Int64 // messages after which their sender had to wait
	refused atomic.Int64 // messages that were too many

	mu    sync.Mutex
	mixes map[conference.ID]*mix
}

// New returns a mixer without legs.
func New(cfg Config) *Mixer {
	return &Mixer{
		cfg: cfg.withDefaults(), reserved: reservedKeys(cfg.Reserved), rules: cfg.rules(),
		mixes: make(map[conference.ID]*mix),
	}
}

// Legs returns the number of legs that are reserved or open.
func (m *Mixer) Legs() int { return int(m.legs.Load()) }

// Attach is the mixer's part in an instance; it is handed to the directory.
func (m *Mixer) Attach(inst *instance.Instance) instance.Observer {
	return newMix(m, inst)
}

// enlist makes the mix of a conference known that has come into being: not all
// that are attached to do.
func (m *Mixer) enlist(x *mix) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mixes[x.id] = x
}

// mixOf returns the part in an instance, nil if it has ended.
func (m *Mixer) mixOf(inst *instance.Instance) *mix {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x := m.mixes[inst.ID()]; x != nil && x.inst == inst {
		return x
	}
	return nil
}

// forget drops the mix of an ended conference, unless a new life has begun.
func (m *Mixer) forget(x *mix) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mixes[x.id] == x {
		delete(m.mixes, x.id)
	}
}

// Check judges a first offer without reserving anything: whether it holds a
// stream that a leg could take. The error is an [*sdp.Error]. [FOC-JOI-05]
func (m *Mixer) Check(offer *sdp.Session) error {
	n := sdp.Negotiation{Policy: m.policy()}
	_, err := n.Receive(offer)
	return err
}

// Capability describes what a leg could take, for OPTIONS and 488. [OPT-03]
func (m *Mixer) Capability() *sdp.Session {
	local := m.local()
	local.Address = m.cfg.Host
	local.Chatroom.PrivateMessages, local.Chatroom.Nickname = true, true
	local.Resources.Used = m.cfg.Preconditions
	proto, _ := m.offered()
	return sdp.Capability(local, proto)
}

// local is what every leg says of itself; the URI is missing.
func (m *Mixer) local() sdp.Local {
	return sdp.Local{
		AcceptTypes:        sdp.TypeList{sdp.TypeCPIM}, // [SDP-06]
		AcceptWrappedTypes: m.cfg.WrappedTypes,
		MaxSize:            m.cfg.MaxMessage,
		Chatroom:           sdp.Chatroom{Declared: true}, // [SDP-07]
		CEMA:               m.cfg.CEMA,
	}
}

// sessionID draws a sess-id below 2^62. [SDP-24]
func sessionID() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:]) >> 2
}

// Counters are figures of a mixer since its start.
type Counters struct {
	Legs    int64 // reserved or open now
	Lost    int64 // messages that did not reach a participant who fell behind
	Paced   int64 // messages after which their sender had to wait
	Refused int64 // messages that were above a rate
}

// Counters returns the figures as they are now.
func (m *Mixer) Counters() Counters {
	return Counters{Legs: m.legs.Load(), Lost: m.lost.Load(), Paced: m.paced.Load(), Refused: m.refused.Load()}
}
