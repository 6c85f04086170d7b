package mixer

import (
	"sync"

	"github.com/confab-chat/confab/internal/conference"
)

// names are the nicknames in force, for those who may not use another's as their
// own display name. [SW-PUB-20]
type names struct {
	mu     sync.Mutex
	holder map[string]conference.User // by key
	key    map[conference.User]string
}

// set notes a user's nickname; an empty key is none.
func (n *names) set(u conference.User, key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.holder == nil {
		n.holder, n.key = make(map[string]conference.User), make(map[conference.User]string)
	}
	if old, ok := n.key[u]; ok {
		delete(n.holder, old)
		delete(n.key, u)
	}
	if key != "" {
		n.holder[key], n.key[u] = u, key
	}
}

// back notes the nickname that a user has found again in coming back, if he has one:
// no event of its own tells of it. [SW-NCK-12]
func (n *names) back(p *conference.Participant) {
	if p.Nickname == "" {
		return
	}
	if key, err := conference.NicknameKey(p.Nickname); err == nil {
		n.set(p.User, key)
	}
}

// another reports whether a name is the nickname of somebody else than u.
func (n *names) another(name string, u conference.User) bool {
	if name == "" {
		return false
	}
	key, err := conference.NicknameKey(name)
	if err != nil {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	holder, ok := n.holder[key]
	return ok && holder != u
}
