package server

import (
	"context"
	"time"

	"github.com/confab-chat/confab/internal/limits"
)

// measure keeps an eye on the load until ctx ends. [SEC-04]
func (s *Server) measure(ctx context.Context) {
	ticker := time.NewTicker(limits.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			s.load.Measure()
		case <-ctx.Done():
			return
		}
	}
}
