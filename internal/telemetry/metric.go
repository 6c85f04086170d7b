package telemetry

// kind says what a metric does.
type kind bool

const (
	counter kind = true  // only grows
	gauge   kind = false // goes up and down
)

// metric is one family: a value, or one for each value of its label.
type metric struct {
	name, help string
	kind       kind
	label      string // "" if there is one value
	values     []value
}

// value is one time series of a family.
type value struct {
	label string // value of the label
	of    func(s *snapshot) float64
}

// one is the values of a family without label.
func one(of func(s *snapshot) float64) []value { return []value{{"", of}} }

// metrics is the table of all there is.
func metrics() []metric {
	var all []metric
	for _, part := range [][]metric{serverMetrics(), refusals(), sipMetrics(), dnsMetrics(), msrpMetrics()} {
		all = append(all, part...)
	}
	return all
}

func serverMetrics() []metric {
	return []metric{
		{"confab_ready", "Whether the server takes new work: 1, or 0 before the start is done and while it drains.", gauge, "", one(func(s *snapshot) float64 {
			if s.server.Ready {
				return 1
			}
			return 0
		})},
		{"confab_conferences", "Conferences alive on this node.", gauge, "", one(func(s *snapshot) float64 { return float64(s.server.Conferences) })},
		{"confab_legs", "MSRP sessions of endpoints that are reserved or open.", gauge, "", one(func(s *snapshot) float64 { return float64(s.server.Legs) })},
		{"confab_subscriptions", "Subscriptions to rosters.", gauge, "", one(func(s *snapshot) float64 { return float64(s.server.Subscriptions) })},
		{"confab_messages_lost_total", "Messages that did not reach one of those they were for.", counter, "", one(func(s *snapshot) float64 { return float64(s.server.Lost) })},
		{"confab_messages_paced_total", "Messages after which their sender had to wait.", counter, "", one(func(s *snapshot) float64 { return float64(s.server.Paced) })},
		{"confab_invitations_total", "Users that were to be called, and what became of them.", counter, "result", []value{
			{"joined", func(s *snapshot) float64 { return float64(s.server.Joined) }},
			{"failed", func(s *snapshot) float64 { return float64(s.server.NotJoined) }},
			{"begun", func(s *snapshot) float64 { return float64(s.server.Invited) }},
		}},
		{"confab_refers_total", "REFERs that were looked at.", counter, "", one(func(s *snapshot) float64 { return float64(s.server.Referrals) })},
		{"confab_auth_challenges_total", "Requests answered with a challenge.", counter, "", one(func(s *snapshot) float64 { return float64(s.server.Challenged) })},
		{"confab_auth_failures_total", "Wrong passwords, those for accounts that do not exist included.", counter, "", one(func(s *snapshot) float64 { return float64(s.server.Wrong) })},
		{"confab_store_commits_total", "Commits of the store.", counter, "", one(func(s *snapshot) float64 { return float64(s.server.Commits) })},
		{"confab_store_operations_total", "Operations of the store, by what became of them.", counter, "result", []value{
			{"committed", func(s *snapshot) float64 { return float64(s.server.Stored) }},
			{"failed", func(s *snapshot) float64 { return float64(s.server.StoreFailed) }},
		}},
		{"confab_store_pending_bytes", "Octets that wait to be written.", gauge, "", one(func(s *snapshot) float64 { return float64(s.server.StorePending) })},
		{"confab_load_wait_seconds", "How long nine tenths of the work waited for a processor at most, in the last quarter of a second.", gauge, "", one(func(s *snapshot) float64 { return s.server.LoadWait })},
		{"confab_load_shed_ratio", "Part of the new requests that is turned away for the load, 0 to 1.", gauge, "", one(func(s *snapshot) float64 { return s.server.LoadShare })},
		{"confab_log_omitted_total", "Records left out of the log since there were too many alike.", counter, "", one(func(s *snapshot) float64 { return float64(s.server.LogOmitted) })},
	}
}

// refusals is one family for all limits: who looks for trouble looks here first.
func refusals() []metric {
	return []metric{{
		"confab_refused_total", "What was refused or cut for a limit, by limit.", counter, "limit", []value{
			{"connections_per_address", func(s *snapshot) float64 { return float64(s.server.AddressConnections) }},
			{"sip_connections", func(s *snapshot) float64 { return float64(s.transport.Refused) }},
			{"msrp_connections", func(s *snapshot) float64 { return float64(s.media.Refused) }},
			{"http_connections", func(s *snapshot) float64 { return float64(s.server.WebConnections) }},
			{"file_descriptors", func(s *snapshot) float64 { return float64(s.server.Files) }},
			{"handshakes", func(s *snapshot) float64 { return float64(s.transport.HandshakesRefused) }},
			{"half_read", func(s *snapshot) float64 { return float64(s.transport.PartialRefused) }},
			{"message_timeout", func(s *snapshot) float64 { return float64(s.transport.HalfRead) }},
			{"slow_reader", func(s *snapshot) float64 { return float64(s.transport.Slow) }},
			{"transactions", func(s *snapshot) float64 {
				return float64(s.transaction.Refused - s.transaction.TurnedAway - s.transaction.Crowded)
			}},
			{"transactions_per_address", func(s *snapshot) float64 { return float64(s.transaction.Crowded) }},
			{"load", func(s *snapshot) float64 { return float64(s.transaction.TurnedAway) }},
			{"auth_failures", func(s *snapshot) float64 { return float64(s.server.Locked) }},
			{"refers", func(s *snapshot) float64 { return float64(s.server.RefersTooMany) }},
			{"uri_list", func(s *snapshot) float64 { return float64(s.server.ListsRefused) }},
			{"conferences", func(s *snapshot) float64 { return float64(s.server.ConferencesRefused) }},
			{"subscriptions_per_user", func(s *snapshot) float64 { return float64(s.server.SubscriptionsDisplaced) }},
			{"messages", func(s *snapshot) float64 { return float64(s.server.TooMany) }},
			{"store_pending", func(s *snapshot) float64 { return float64(s.server.StoreRefused) }},
		},
	}}
}

func sipMetrics() []metric {
	return []metric{
		{"confab_sip_messages_total", "SIP messages read and written.", counter, "direction", []value{
			{"in", func(s *snapshot) float64 { return float64(s.transport.In) }},
			{"out", func(s *snapshot) float64 { return float64(s.transport.Out) }},
		}},
		{"confab_sip_malformed_total", "SIP messages that could not be parsed.", counter, "", one(func(s *snapshot) float64 { return float64(s.transport.Malformed) })},
		{"confab_sip_stray_total", "SIP messages that belong to nothing.", counter, "kind", []value{
			{"ack", func(s *snapshot) float64 { return float64(s.transaction.StrayAcks) }},
			{"response", func(s *snapshot) float64 { return float64(s.transaction.StrayResponses) }},
			{"foreign_via", func(s *snapshot) float64 { return float64(s.transport.ForeignVia) }},
			{"merged", func(s *snapshot) float64 { return float64(s.transaction.Merged) }},
		}},
		{"confab_sip_connections", "SIP connections open or coming up.", gauge, "", one(func(s *snapshot) float64 { return float64(s.transport.Connections) })},
		{"confab_sip_connections_total", "SIP connections begun.", counter, "role", []value{
			{"accepted", func(s *snapshot) float64 { return float64(s.transport.Accepted) }},
			{"dialed", func(s *snapshot) float64 { return float64(s.transport.Dialed) }},
		}},
		{"confab_sip_connection_failures_total", "SIP connections that did not come up.", counter, "phase", []value{
			{"dial", func(s *snapshot) float64 { return float64(s.transport.DialFailed) }},
			{"handshake", func(s *snapshot) float64 { return float64(s.transport.HandshakesFailed) }},
			{"accept", func(s *snapshot) float64 { return float64(s.transport.AcceptErrors) }},
		}},
		{"confab_sip_half_read_bytes", "Octets of incomplete SIP messages that are held.", gauge, "", one(func(s *snapshot) float64 { return float64(s.transport.Partial) })},
		{"confab_sip_transactions", "SIP transactions that are not over.", gauge, "", one(func(s *snapshot) float64 { return float64(s.transaction.Open) })},
		{"confab_sip_transactions_total", "SIP transactions begun.", counter, "role", []value{
			{"server", func(s *snapshot) float64 { return float64(s.transaction.Server) }},
			{"client", func(s *snapshot) float64 { return float64(s.transaction.Client) }},
		}},
		{"confab_sip_retransmissions_total", "SIP messages sent again, and requests that came again.", counter, "direction", []value{
			{"out", func(s *snapshot) float64 { return float64(s.transaction.Retransmitted) }},
			{"in", func(s *snapshot) float64 { return float64(s.transaction.Absorbed) }},
		}},
		{"confab_sip_transaction_failures_total", "SIP transactions without final response or ACK.", counter, "cause", []value{
			{"timeout", func(s *snapshot) float64 { return float64(s.transaction.Timeouts) }},
			{"transport", func(s *snapshot) float64 { return float64(s.transaction.TransportErrors) }},
		}},
		{"confab_sip_dialogs", "SIP dialogs, early ones included.", gauge, "", one(func(s *snapshot) float64 { return float64(s.server.Dialogs) })},
	}
}

func dnsMetrics() []metric {
	return []metric{
		{"confab_dns_lookups_total", "Names for which SIP servers were looked for.", counter, "result", []value{
			{"found", func(s *snapshot) float64 { return float64(s.locate.Located) }},
			{"not_found", func(s *snapshot) float64 { return float64(s.locate.NotFound) }},
		}},
		{"confab_dns_questions_total", "Questions to name servers, repetitions included.", counter, "", one(func(s *snapshot) float64 { return float64(s.locate.Questions) })},
		{"confab_dns_remembered_total", "Questions answered from memory.", counter, "", one(func(s *snapshot) float64 { return float64(s.locate.Remembered) })},
		{"confab_dns_unanswered_total", "Questions that no name server answered.", counter, "", one(func(s *snapshot) float64 { return float64(s.locate.Unanswered) })},
		{"confab_sip_target_failures_total", "Requests that a next hop refused with 503, did not take or did not answer.", counter, "", one(func(s *snapshot) float64 { return float64(s.locate.Failed) })},
		{"confab_sip_targets_resting", "Next hops that failed lately and are tried last.", gauge, "", one(func(s *snapshot) float64 { return float64(s.locate.Resting) })},
	}
}

func msrpMetrics() []metric {
	return []metric{
		{"confab_msrp_connections", "MSRP connections open.", gauge, "", one(func(s *snapshot) float64 { return float64(s.media.Connections) })},
		{"confab_msrp_connections_unbound", "MSRP connections that had no session yet.", gauge, "", one(func(s *snapshot) float64 { return float64(s.media.Unbound) })},
		{"confab_msrp_sessions", "MSRP sessions that have not ended.", gauge, "", one(func(s *snapshot) float64 { return float64(s.media.Sessions) })},
		{"confab_msrp_half_received_bytes", "Octets of messages that are not complete.", gauge, "", one(func(s *snapshot) float64 { return float64(s.media.PartialOctets) })},
	}
}
