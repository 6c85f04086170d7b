package certs

import (
	"os"
	"slices"
	"time"
)

// stamp tells versions of a file apart; the zero value stands for none.
type stamp struct {
	changed time.Time
	size    int64
}

// stamps returns those of the files that Reload reads.
func (s *Store) stamps() []stamp {
	files := []string{s.cfg.Certificate, s.cfg.Key, s.cfg.ClientCA}
	stamps := make([]stamp, len(files))
	for i, file := range files {
		if file == "" {
			continue
		}
		if info, err := os.Stat(file); err == nil {
			stamps[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return stamps
}

func same(a, b []stamp) bool {
	return slices.EqualFunc(a, b, func(x, y stamp) bool {
		return x.size == y.size && x.changed.Equal(y.changed)
	})
}
