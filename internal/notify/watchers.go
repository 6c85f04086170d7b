package notify

import (
	"cmp"
	"slices"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
)

// watchers counts the subscriptions of each user.
type watchers struct {
	most       int // of a user, to all conferences together; 0: no limit. D-06
	mu         sync.Mutex
	byIdentity map[conference.Identity][]*subscriber
}

// add notes a subscriber, and returns the one that has to go for it: of those of
// the same user, if they are too many, the one that was not refreshed for
// longest. [NOT-SUB-11]
func (w *watchers) add(sub *subscriber) (oldest *subscriber) {
	w.mu.Lock()
	defer w.mu.Unlock()
	others := w.byIdentity[sub.identity]
	if w.most > 0 && len(others) >= w.most {
		oldest = slices.MinFunc(others, func(a, b *subscriber) int {
			return cmp.Compare(a.refreshed.Load(), b.refreshed.Load())
		})
	}
	if w.byIdentity == nil {
		w.byIdentity = make(map[conference.Identity][]*subscriber)
	}
	w.byIdentity[sub.identity] = append(others, sub)
	return oldest
}

// count is how many subscriptions there are.
func (w *watchers) count() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, all := range w.byIdentity {
		n += len(all)
	}
	return n
}

// remove forgets a subscriber.
func (w *watchers) remove(sub *subscriber) {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := w.byIdentity[sub.identity]
	i := slices.Index(left, sub)
	if i < 0 {
		return
	}
	if left = slices.Delete(left, i, i+1); len(left) == 0 {
		delete(w.byIdentity, sub.identity)
		return
	}
	w.byIdentity[sub.identity] = left
}
