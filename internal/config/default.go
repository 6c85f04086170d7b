package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Default returns the built-in configuration: what a key has that the file does
// not mention. It opens loopback addresses only, and trusts peers there.
func Default() *Config {
	return &Config{
		Domain: "conf.localhost",
		SIP: SIP{
			Listen: []Listener{
				{Network: "udp", Address: "127.0.0.1:5060"},
				{Network: "tcp", Address: "127.0.0.1:5060"},
			},
			SessionExpires: 30 * time.Minute, MinSE: 90 * time.Second,
			Preconditions: "auto", PreconditionWait: time.Minute, ApprovalWait: time.Minute,
			Trust: []Peer{{Prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{127}), 8)}},
		},
		MSRP: MSRP{
			Listen:     []Listener{{Network: "tcp", Address: "127.0.0.1:2855"}},
			MaxMessage: 1 << 20,
		},
		Mixer: Mixer{
			Report:             "full",
			Congestion:         "cut",
			WrappedTypes:       []string{"text/plain", "text/html", "application/im-iscomposing+xml", "message/imdn+xml", "*"},
			ChunkWait:          9 * time.Minute,
			HistorySize:        4 << 20,
			SenderRate:         256 << 10,
			FanOutRate:         50 << 20,
			EchoOwnDevices:     true,
			ReservedNicknames:  []string{"focus", "room", "conference", "server", "system", "admin", "administrator", "moderator", "owner"},
			NicknameQuarantine: 5 * time.Minute,
		},
		HTTP:     HTTP{Listen: "127.0.0.1:8080"},
		TLS:      TLS{MinVersion: "1.2"},
		Store:    Store{Path: "./confab-data", Sync: "full", MaxHistory: 64 << 20, Required: true},
		Auth:     Auth{Algorithms: []string{"SHA-256"}},
		Factory:  []string{"sip:factory@conf.localhost"},
		Defaults: defaultPolicy(),
		Notify: Notify{
			MinInterval: 5 * time.Second, Expires: time.Hour, Linger: 30 * time.Second,
			FullOnly: []string{"Blink", "sipsimple"}, MaxDocument: 250_000, MaxDatagram: 60_000,
		},
		DialOut: DialOut{
			Consent: "domain", By: "invite", Ring: 2 * time.Minute, PerSecond: 20, Unanswered: 20, Server: 200,
		},
		DNS: DNS{Timeout: 2 * time.Second},
		Limits: Limits{
			URIList:                100,
			RefersPerSecond:        5,
			ConnectionsPerAddress:  100,
			HandshakesPerAddress:   100,
			SIPConnections:         20_000,
			HalfRead:               64 << 20,
			SIPBody:                1 << 20,
			SIPBacklog:             16 << 20,
			Transactions:           100_000,
			TransactionsPerAddress: 2000,
			AuthFailuresPerAddress: 30,
			SubscriptionsPerUser:   20,
			EndpointsPerUser:       5,
			ConferencesPerUser:     10,
			CPUWait:                100 * time.Millisecond,
			MessagesPerSecond:      50,
			NicknamesPerMinute:     20,
			ComposingPerSecond:     1,
		},
		Log: Log{Level: slog.LevelInfo, Format: "text"},
	}
}

// LocalProfile returns the configuration of a server started without a file:
// everything on loopback, one open conference, and any local client is who it
// says it is.
func LocalProfile() *Config {
	c := Default()
	c.Auth.Local = true
	c.Store.Path, c.Store.Required = "", false
	c.SIP.Listen = append(c.SIP.Listen, Listener{Network: "ws", Address: c.HTTP.Listen, Path: "/sip"})
	c.MSRP.Listen = append(c.MSRP.Listen, Listener{Network: "ws", Address: c.HTTP.Listen, Path: "/msrp"})
	c.Conferences = []Conference{{
		URI:     "sip:lobby@conf.localhost",
		Subject: "Lobby",
		Policy:  c.Defaults.reserved(),
	}}
	return c
}

func defaultPolicy() Policy {
	return Policy{
		Join:            JoinOpen,
		Invite:          Participants,
		Remove:          Moderators,
		PrivateMessages: true,
		Nicknames:       true,
		History:         History{Keep: 200, Replay: 20},
		MaxUsers:        1000,
		End:             End{MaxDuration: 24 * time.Hour},
	}
}
