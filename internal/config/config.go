package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Config is everything a server can be told. Make one with Default, LocalProfile,
// Parse or Load; the zero value is not a valid configuration. A Config is not
// changed after it was made and may then be read from any goroutine.
type Config struct {
	Domain      string // host part of conference URIs, in lower case
	SIP         SIP
	MSRP        MSRP
	Mixer       Mixer
	HTTP        HTTP
	TLS         TLS
	Store       Store
	Auth        Auth
	Factory     []string // conference factory URIs
	Create      []string // AORs, or domains, of those who may use them; empty for everybody with an identity
	Defaults    Policy   // of every conference that says nothing else
	Conferences []Conference
	Notify      Notify
	DialOut     DialOut
	DNS         DNS
	Limits      Limits
	Log         Log

	FactoryRedirect bool // factories lead their callers to the new conference's URI
}

// SIP is the signalling side.
type SIP struct {
	Listen    []Listener
	Advertise string // host[:port] for Contact and Via; "" for what the listeners say
	IOI       string // inter operator identifier in charging fields; "" for none
	Outbound  string // URI of the next hop for requests of our own; "" for none
	Trust     []Peer // whose P-Asserted-Identity counts

	SessionExpires   time.Duration // longest session interval; 0 for no session timers
	MinSE            time.Duration // shortest session interval
	Preconditions    string        // auto or off
	ApprovalWait     time.Duration // how long a caller waits to be approved of
	PreconditionWait time.Duration // how long a caller may take for his resources
}

// MSRP is the media side.
type MSRP struct {
	Listen       []Listener
	Advertise    string   // host[:port] for a=path; "" for what the listener says
	MaxMessage   Size     // largest complete message, CPIM wrapper included
	Strict       bool     // tolerates nothing beyond the standards
	CEMA         bool     // our offers allow media anchoring
	LegacyCipher bool     // allows the suite that RFC 4975 demands
	PlainWS      bool     // allows WebSocket without TLS beyond loopback
	WSAuth       []string // digest, certificate: what a WebSocket may be opened with; empty: anything
}

// Mixer is what the mixer does with messages and names.
type Mixer struct {
	Report     string // full or partial: what the receivers of messages answer
	Congestion string // cut, tell or drop: what becomes of those who do not keep up

	WrappedTypes []string      // media types that a conference carries
	ChunkWait    time.Duration // how long an incomplete message may wait for its next chunk
	HistorySize  Size          // of a conference's messages in memory
	SenderRate   Size          // octets a second of one MSRP session; 0 for no limit
	FanOutRate   Size          // octets a second of all copies in a conference; 0 for no limit

	EchoOwnDevices      bool // a sender's other devices get what he says
	PrivateCopyToSender bool // they get his private messages, too
	StrictNames         bool // nobody may write under another's nickname

	Welcome string // said to everybody who comes; "" for nothing
	Quirks  []Quirk

	ReservedNicknames  []string      // that nobody may take
	NicknameQuarantine time.Duration // how long the name of one who has left is nobody else's
}

// Quirk changes what is known of clients: of those whose User-Agent begins with
// Agent and whose Contact or Accept-Contact contains Feature.
type Quirk struct {
	Agent   string
	Feature string
	Set     []string
	Clear   []string
}

// HTTP is the side of administration.
type HTTP struct {
	Listen         string // host:port; "" serves no HTTP
	AdminTokenFile string
	Origins        []string // web origins besides the server's own
}

// HTTPS reports whether http.listen is served by HTTPS: it is when it shares its
// address with a wss listener.
func (c *Config) HTTPS() bool {
	for _, all := range [][]Listener{c.SIP.Listen, c.MSRP.Listen} {
		for _, l := range all {
			if l.Network == "wss" && l.Address == c.HTTP.Listen && !freePort(l.Address) {
				return true
			}
		}
	}
	return false
}

// TLS says how the server identifies itself.
type TLS struct {
	Certificate string // PEM file
	Key         string // PEM file
	ClientCA    string // PEM file
	CA          string // PEM file
	MinVersion  string // 1.2 or 1.3
}

// Store is where conferences are kept.
type Store struct {
	Path       string        // a folder; "" keeps everything in memory
	Sync       string        // full or normal: whether a commit waits for the disk
	MaxHistory Size          // what the messages of one conference may take
	MaxAge     time.Duration // of messages; 0 for no limit
	Required   bool          // do not start, rather than go on in memory, where the folder cannot be used
}

// Auth says who may come in.
type Auth struct {
	Realm          string   // "" stands for the domain
	Algorithms     []string // of digest authentication, best first
	Users          []User
	UsersFile      string // a list like Users
	FileUsers      []User // those of UsersFile
	AllowAnonymous bool
	// Local takes a loopback peer for whom it says it is. It is valid only while
	// every listener is on loopback.
	Local bool
}

// Accounts returns the users of the configuration and of the file beside it.
func (a *Auth) Accounts() []User { return append(a.Users[:len(a.Users):len(a.Users)], a.FileUsers...) }

// User is an account. It has a password or its hashes.
type User struct {
	AOR      string
	Password Secret
	HA1      map[string]Secret // by algorithm: H(username:realm:password), in hex
	Display  string
}

// Conference is a reserved conference.
type Conference struct {
	URI        string
	Subject    string
	Members    []string // AORs, or domains for everybody in them; empty for no restriction
	Moderators []string // AORs
	Policy     Policy
}

// Notify paces the conference event package.
type Notify struct {
	MinInterval time.Duration // between two notifications of a subscription; 0 for none
	Expires     time.Duration // longest subscription granted
	Linger      time.Duration // how long who has left is shown as disconnected
	FullOnly    []string      // words in User-Agent
	MaxDocument Size          // of a document, before it says less about each user
	MaxDatagram Size          // the same for subscribers whom only UDP reaches
}

// DialOut bounds whom the focus calls on behalf of others.
type DialOut struct {
	Consent string   // domain or any
	Domains []string // besides the accounts' and own ones
	// Addresses are called although they are loopback, link-local, multicast or our
	// own: else they never are.
	Addresses []netip.Prefix

	By       string // invite or refer
	Username string // answers challenges to calls and to other requests of the server
	Password Secret

	Ring       time.Duration // how long a call may ring
	PerSecond  int           // INVITEs of one conference in a second
	Unanswered int           // INVITEs of one conference without any answer yet
	Server     int           // INVITEs of all conferences in a second
}

// DNS says who finds the servers of others.
type DNS struct {
	Servers []string      // addresses with or without port; empty for those of the system
	Timeout time.Duration // of one question to one server
}

// Limits bound what one peer may ask for; 0 switches a limit off.
type Limits struct {
	URIList                int  // entries
	RefersPerSecond        int  // of one user
	ConnectionsPerAddress  int  // SIP and MSRP together
	HandshakesPerAddress   int  // TLS handshakes of SIP that go on
	SIPConnections         int  // of all peers; never without limit
	HalfRead               Size // octets of incomplete SIP messages of all peers
	SIPBody                Size // of one message
	SIPBacklog             Size // octets that may wait for one SIP connection
	Transactions           int  // open ones of all peers; never without limit
	TransactionsPerAddress int  // outside dialogs, of peers not trusted
	AuthFailuresPerAddress int  // in a row, then a minute's pause
	SubscriptionsPerUser   int
	Conferences            int           // alive at a time
	EndpointsPerUser       int           // in one conference
	ConferencesPerUser     int           // made by the user's factory calls
	CPUWait                time.Duration // waiting time from which on new requests are turned away
	MessagesPerSecond      int           // of a leg
	NicknamesPerMinute     int           // of a user
	ComposingPerSecond     int           // indications of a leg
}

// Log says what is written to stderr, and how.
type Log struct {
	Level  slog.Level
	Format string // text or json
}
