package telemetry

import (
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Sources are the functions that tell what was counted. They are called at each
// scrape, from any goroutine.
type Sources struct {
	Transport   func() transport.Counters
	Transaction func() transaction.Counters
	Locate      func() locate.Counters
	Media       func() msrp.Counters
	Server      func() Server
}

// Server is what the server itself counts.
type Server struct {
	Conferences   int64 // alive
	Dialogs       int64
	Subscriptions int64 // to rosters
	Legs          int64 // MSRP sessions reserved or open
	Lost          int64 // messages that did not reach somebody
	Paced         int64 // messages after which their sender had to wait
	TooMany       int64 // messages refused since there were too many

	Invited, Joined, NotJoined uint64 // users called: all, those who came, those who did not
	Referrals                  uint64 // REFERs that were looked at
	RefersTooMany              uint64 // of one issuer
	ListsRefused               uint64 // lists of recipients

	Challenged uint64 // requests answered with a challenge
	Wrong      uint64 // wrong passwords
	Locked     uint64 // requests refused unheard after too many of these

	Commits, Stored, StoreFailed uint64 // of the store: commits, operations in them, operations lost
	StorePending                 int64  // octets that wait to be written
	StoreRefused                 uint64 // operations for which there was no room among these

	ConferencesRefused     uint64 // since there are too many, of one user or in all
	SubscriptionsDisplaced uint64 // by another of the same user

	AddressConnections uint64  // connections refused for the limit of their address
	WebConnections     uint64  // HTTP connections refused for a limit
	Files              uint64  // connections refused because descriptors ran short
	LoadWait           float64 // seconds that work waits for a processor
	LoadShare          float64 // of new requests that is turned away, 0 to 1
	LogOmitted         uint64  // records left out of the log
	Ready              bool
}

// snapshot is all that was counted, at one moment.
type snapshot struct {
	transport   transport.Counters
	transaction transaction.Counters
	locate      locate.Counters
	media       msrp.Counters
	server      Server
}

func (s *Sources) snapshot() *snapshot {
	return &snapshot{
		transport: s.Transport(), transaction: s.Transaction(), locate: s.Locate(),
		media: s.Media(), server: s.Server(),
	}
}
