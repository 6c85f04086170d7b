package server

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

// storeClosing is how long a server that is in a hurry waits for what is to be
// written.
const storeClosing = 2 * time.Second

// openStore opens what outlives the server, and the journal on it.
func (s *Server) openStore() error {
	limits := local.Limits{Age: s.cfg.Store.MaxAge}
	if s.cfg.Store.Path == "" {
		s.journal = local.New(limits)
		return nil
	}
	db, err := store.Open(context.Background(), store.Options{
		Dir: s.cfg.Store.Path, Log: s.log, Relaxed: s.cfg.Store.Sync == "normal",
		Limits: store.Limits{Octets: int64(s.cfg.Store.MaxHistory), Age: s.cfg.Store.MaxAge},
	})
	switch {
	case err == nil:
		s.store = db
		s.journal = local.Open(limits, db)
		return nil
	case !s.cfg.Store.Required && !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrNewer):
		// Another server has it, or the user has no place for it.
		s.log.LogAttrs(context.Background(), slog.LevelWarn, "nothing is kept beyond this server's end",
			slog.Any("error", err))
		s.journal = local.New(limits)
		return nil
	}
	return err
}

// registry is the store as the directory wants it.
func (s *Server) registry() instance.Registry {
	if s.store == nil {
		return nil
	}
	return s.store
}

// restore goes on with the conferences that the last server has left. One that
// cannot be read is logged, and keeps nobody from the others.
func (s *Server) restore(ctx context.Context) {
	if s.store != nil {
		_ = s.directory.Restore(ctx, s.store.Unfinished()...)
	}
}

// storeFault is why what has to be kept cannot be; nil: all is well, or nothing has to.
func (s *Server) storeFault() error {
	if s.store == nil {
		return nil
	}
	return s.store.Fault()
}

// closeStore writes what waits, also for a server that is to stop at once.
func (s *Server) closeStore(ctx context.Context) error {
	if s.store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeClosing)
	defer cancel()
	err := s.store.Close(ctx)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "store not closed, what came last may not be kept", slog.Any("error", err))
	}
	return err
}
