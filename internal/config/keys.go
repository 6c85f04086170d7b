package config

import (
	"net/netip"
	"time"
)

// keys is the table of the whole file. The order counts: what a key's default is
// made of is read before it.
func keys(c *Config) section {
	return section{
		{"domain", "host part of conference URIs", text(&c.Domain, domain)},
		{"sip", "", sipKeys(&c.SIP)},
		{"msrp", "", msrpKeys(&c.MSRP)},
		{"mixer", "", mixerKeys(&c.Mixer)},
		{"http", "", httpKeys(&c.HTTP)},
		{"tls", "", tlsKeys(&c.TLS)},
		{"store", "", section{
			{"path", "folder of durable conferences; empty keeps everything in memory", text(&c.Store.Path, anything)},
			{"sync", "full: what is acknowledged survives a power cut; normal: a crash of the server only", choice(&c.Store.Sync, "full", "normal")},
			{"max_history", "what the messages of one conference may take on the disk", size(&c.Store.MaxHistory, 64<<10, 1<<40)},
			{"required", "do not start where the folder cannot be used, as another server has it; false: go on in memory", flag(&c.Store.Required)},
			{"max_age", "of messages in it; 0s for no limit", duration(&c.Store.MaxAge, 0)},
		}},
		{"auth", "", authKeys(&c.Auth)},
		{"factory", "URIs that make a new conference of each INVITE", texts(&c.Factory, sipURI)},
		{"create", "AORs, or domains, of those who may do so; empty for everybody with an identity", texts(&c.Create, member)},
		{"factory_redirect", "the factory answers 302 with a fresh conference URI, and its caller makes the conference by calling that within a minute", flag(&c.FactoryRedirect)},
		{"defaults", "policy of conferences, each key overridable in one", policyKeys(&c.Defaults)},
		{"conferences", "reserved ones: uri, subject, members, moderators, policy", conferences(c)},
		{"notify", "", section{
			{"min_interval", "least time between two notifications of a subscription", duration(&c.Notify.MinInterval, 0)},
			{"expires", "longest subscription granted", duration(&c.Notify.Expires, minSubscription)},
			{"linger", "how long who has left is shown as disconnected", duration(&c.Notify.Linger, time.Second)},
			{"full_only", "words in the User-Agent of subscribers who take every notification for the whole roster", texts(&c.Notify.FullOnly, anything)},
			{"max_document", "a roster that is larger says less about each user", size(&c.Notify.MaxDocument, 1<<10, 16<<20)},
			{"max_datagram", "the same where no stream leads to the subscriber", size(&c.Notify.MaxDatagram, 1<<10, 65000)},
		}},
		{"dial_out", "calls of the focus", section{
			{"consent", "whom lists of users may name, unless a trusted peer asserts who sends them; domain: users of our domain, of the accounts' and of those below; any: everybody", choice(&c.DialOut.Consent, "domain", "any")},
			{"domains", "further domains whose users lists may name", texts(&c.DialOut.Domains, domain)},
			{"addresses", "CIDR blocks called although they are loopback, link-local, multicast or our own", values[netip.Prefix]{&c.DialOut.Addresses, parsePrefix, netip.Prefix.String}},
			{"by", "invite calls users; refer asks them to call, and calls only whose device does not know how", choice(&c.DialOut.By, "invite", "refer")},
			{"username", "answers challenges to calls and to other requests of the server; empty: they fail", text(&c.DialOut.Username, anything)},
			{"password", "", text(&c.DialOut.Password, func(s string) (Secret, error) { return Secret(s), nil })},
			{"ring", "how long a call may ring", duration(&c.DialOut.Ring, time.Second)},
			{"per_second", "calls of one conference in a second; 0 for no limit", count(&c.DialOut.PerSecond)},
			{"unanswered", "calls of one conference without any answer yet; 0 for no limit", count(&c.DialOut.Unanswered)},
			{"server_per_second", "calls of all conferences in a second; 0 for no limit", count(&c.DialOut.Server)},
		}},
		{"dns", "", section{
			{"servers", "name servers, as addresses with or without port; empty for those of the system", texts(&c.DNS.Servers, nameServer)},
			{"timeout", "of one question to one of them", duration(&c.DNS.Timeout, 100*time.Millisecond)},
		}},
		{"limits", "0 switches one off", section{
			{"uri_list", "entries of a URI list", count(&c.Limits.URIList)},
			{"refers_per_second", "REFERs of one user; four times as many at once", count(&c.Limits.RefersPerSecond)},
			{"connections_per_address", "SIP and MSRP together", count(&c.Limits.ConnectionsPerAddress)},
			{"handshakes_per_address", "TLS handshakes of SIP that go on at a time", count(&c.Limits.HandshakesPerAddress)},
			{"sip_connections", "of all peers; 0 for 20000", count(&c.Limits.SIPConnections)},
			{"sip_body", "largest body of a SIP message", size(&c.Limits.SIPBody, 1<<10, 16<<20)},
			{"sip_backlog", "octets that may wait for one SIP connection, which may be a proxy's; beyond, it is cut", size(&c.Limits.SIPBacklog, 64<<10, 1<<30)},
			{"half_read", "incomplete SIP messages of all peers together", size(&c.Limits.HalfRead, 1<<20, 4<<30)},
			{"transactions", "open ones of all peers; 0 for 100000", count(&c.Limits.Transactions)},
			{"transactions_per_address", "open ones outside dialogs; trusted peers have no such limit", count(&c.Limits.TransactionsPerAddress)},
			{"auth_failures_per_address", "wrong passwords in a row, then a minute's pause", count(&c.Limits.AuthFailuresPerAddress)},
			{"subscriptions_per_user", "to rosters; one more ends the one not refreshed for longest", count(&c.Limits.SubscriptionsPerUser)},
			{"conferences", "alive at a time on this server", count(&c.Limits.Conferences)},
			{"endpoints_per_user", "devices of one user in one conference", count(&c.Limits.EndpointsPerUser)},
			{"conferences_per_user", "alive at a time, made by calling a factory", count(&c.Limits.ConferencesPerUser)},
			{"cpu_wait", "when work waits so long for a processor, new requests are turned away with 503", duration(&c.Limits.CPUWait, 0)},
			{"messages_per_second", "of one MSRP session", count(&c.Limits.MessagesPerSecond)},
			{"nicknames_per_minute", "changes by one user", count(&c.Limits.NicknamesPerMinute)},
			{"composing_per_second", "composing indications of one MSRP session", count(&c.Limits.ComposingPerSecond)},
		}},
		{"log", "", section{
			{"level", "debug, info, warn or error", level(&c.Log.Level)},
			{"format", "text or json", choice(&c.Log.Format, "text", "json")},
		}},
	}
}

func authKeys(a *Auth) section {
	return section{
		{"realm", "of digest authentication; empty for the domain", text(&a.Realm, anything)},
		{"algorithms", "SHA-256; MD5 only when named", texts(&a.Algorithms, oneOf("SHA-256", "MD5"))},
		{"users", "accounts: aor, display, and password or ha1", sections[User]{&a.Users, func() User { return User{} }, userKeys}},
		{"users_file", "more accounts: a YAML list like users", text(&a.UsersFile, anything)},
		{"allow_anonymous", "let callers in who do not say who they are", flag(&a.AllowAnonymous)},
		{"local", "take any loopback peer for whom it says it is; only while all listeners are on loopback", flag(&a.Local)},
	}
}

func userKeys(u *User) section {
	return section{
		{"aor", "", text(&u.AOR, sipURI)},
		{"password", "", text(&u.Password, func(s string) (Secret, error) { return Secret(s), nil })},
		{"ha1", "", hashes{&u.HA1}},
		{"display", "", text(&u.Display, anything)},
	}
}

func mixerKeys(m *Mixer) section {
	return section{
		{"report", "full has each copy of a message answered, so that nothing is missed after a loss; partial only failures, and what the system of the receiver has taken counts as received (only Linux can tell; elsewhere what ours has)", choice(&m.Report, "full", "partial")},
		{"congestion", "who does not keep up is cut, or told what he has lost, or neither (drop)", choice(&m.Congestion, "cut", "tell", "drop")},
		{"wrapped_types", "media types of messages; * for all others", texts(&m.WrappedTypes, mediaType)},
		{"chunk_wait", "how long an incomplete message may wait for its next chunk, 1m to 1h", within(&m.ChunkWait, time.Minute, time.Hour)},
		{"history_size", "octets of a conference's messages in memory", size(&m.HistorySize, 64<<10, 1<<30)},
		{"sender_rate", "octets a second that one may send; 0B for no limit", size(&m.SenderRate, 0, 1<<30)},
		{"fanout_rate", "octets a second of all copies in a conference; 0B for no limit", size(&m.FanOutRate, 0, 1<<40)},
		{"echo_own_devices", "a sender's other devices get what he says", flag(&m.EchoOwnDevices)},
		{"private_copy_to_sender", "they get his private messages, too", flag(&m.PrivateCopyToSender)},
		{"strict_names", "nobody may write under another's nickname", flag(&m.StrictNames)},
		{"welcome", "said to everybody who comes; empty for nothing", text(&m.Welcome, anything)},
		{"quirks", "changes to what is known of clients: agent, feature, set, clear", quirks(&m.Quirks)},
		{"reserved_nicknames", "that nobody may take", texts(&m.ReservedNicknames, nickname)},
		{"nickname_quarantine", "how long the nickname of one who left or was lost is nobody else's", duration(&m.NicknameQuarantine, 0)},
	}
}

func quirks(to *[]Quirk) setting {
	return sections[Quirk]{to, func() Quirk { return Quirk{} }, func(q *Quirk) section {
		return section{
			{"agent", "", text(&q.Agent, anything)},
			{"feature", "", text(&q.Feature, anything)},
			{"set", "", texts(&q.Set, oneOf(quirkNames()...))},
			{"clear", "", texts(&q.Clear, oneOf(append(quirkNames(), "all")...))},
		}
	}}
}

func policyKeys(p *Policy) section {
	return section{
		{"join", "open, members or moderated", choice(&p.Join, JoinOpen, JoinMembers, JoinModerated)},
		{"invite", "participants, moderators or owner", choice(&p.Invite, Participants, Moderators, Owner)},
		{"remove", "participants, moderators or owner", choice(&p.Remove, Participants, Moderators, Owner)},
		{"private_messages", "", flag(&p.PrivateMessages)},
		{"nicknames", "", flag(&p.Nicknames)},
		{"history", "", section{
			{"keep", "messages kept", count(&p.History.Keep)},
			{"replay", "messages shown to who comes later", count(&p.History.Replay)},
			{"max_age", "what is older is not shown; 0s for no limit", duration(&p.History.MaxAge, 0)},
			{"durable", "survives a restart", flag(&p.History.Durable)},
		}},
		{"max_users", "0 for no limit", count(&p.MaxUsers)},
		{"end", "", section{
			{"on_creator_leave", "ends the conference", flag(&p.End.OnCreatorLeave)},
			{"empty_after", "lives on empty for so long", duration(&p.End.EmptyAfter, 0)},
			{"max_duration", "0s for no limit; a reserved conference has one only if its own policy says so", duration(&p.End.MaxDuration, 0)},
		}},
	}
}

// conferences reads reserved conferences, each from the policy of those that name
// nothing on.
func conferences(c *Config) setting {
	return sections[Conference]{
		to:    &c.Conferences,
		fresh: func() Conference { return Conference{Policy: c.Defaults.reserved()} },
		keys: func(item *Conference) section {
			return section{
				{"uri", "", text(&item.URI, sipURI)},
				{"subject", "", text(&item.Subject, anything)},
				{"members", "", texts(&item.Members, member)},
				{"moderators", "", texts(&item.Moderators, sipURI)},
				{"policy", "", policyKeys(&item.Policy)},
			}
		},
	}
}
