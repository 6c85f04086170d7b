package server

import (
	"net/http"

	"github.com/confab-chat/confab/internal/telemetry"
)

// metrics serves /metrics.
func (s *Server) metrics() http.Handler {
	return telemetry.Handler(telemetry.Sources{
		Transport:   s.stack.Transport.Counters,
		Transaction: s.stack.Transaction.Counters,
		Locate:      s.stack.Locate.Counters,
		Media:       s.media.Counters,
		Server:      s.counters,
	})
}

// counters is what the parts of the server count themselves.
func (s *Server) counters() telemetry.Server {
	mixer := s.mixer.Counters()
	c := telemetry.Server{
		Dialogs:       int64(s.stack.Dialog.Dialogs()),
		Subscriptions: int64(s.notifier.Subscriptions()),
		Legs:          mixer.Legs, Lost: mixer.Lost, Paced: mixer.Paced, TooMany: mixer.Refused,
		AddressConnections: s.connections.Refused(), Files: s.files.Refused(), WebConnections: s.web.Refused(),
		LoadWait: s.load.Wait().Seconds(), LoadShare: s.load.Share(),
		LogOmitted: s.sampled.Omitted(),
		Ready:      s.ready.Load(),
	}
	calls := s.focus.Counters()
	c.Invited, c.Joined, c.NotJoined = calls.Invitations, calls.Joined, calls.Failed
	c.Referrals, c.RefersTooMany, c.ListsRefused = calls.Referrals, calls.RefersTooMany, calls.ListsRefused
	c.ConferencesRefused, c.SubscriptionsDisplaced = s.directory.Refused(), s.notifier.Displaced()
	for _, e := range s.directory.All() {
		if e.Instance != nil {
			c.Conferences++
		}
	}
	if s.store != nil {
		store := s.store.Counters()
		c.Commits, c.Stored, c.StoreFailed = store.Commits, store.Operations, store.Failed
		c.StorePending, c.StoreRefused = int64(store.Pending), store.Refused
	}
	if s.accounts != nil {
		auth := s.accounts.Counters()
		c.Challenged, c.Wrong, c.Locked = auth.Challenged, auth.Wrong, auth.Locked
	}
	return c
}
