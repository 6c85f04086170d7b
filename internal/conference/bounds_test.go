package conference

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

// TestMemoryOfIDs: users who come and go under ever new names push each other's
// messages out, and not more than that.
func TestMemoryOfIDs(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-02")
	var r recentIDs
	for i := range 2 * recentTotal {
		r.add(User(fmt.Sprintf("sip:anonymous%d@anonymous.invalid", i)), "m", epoch)
	}
	if r.total != recentTotal || len(r.users) != recentTotal {
		t.Errorf("%d ids of %d users", r.total, len(r.users))
	}
	last := User(fmt.Sprintf("sip:anonymous%d@anonymous.invalid", 2*recentTotal-1))
	if !r.has(last, "m", epoch) || r.has("sip:anonymous0@anonymous.invalid", "m", epoch) {
		t.Error("not the oldest were forgotten")
	}
	r.add(last, "n", at(recentFor+time.Second))
	if r.total != 2 || len(r.users) != 1 {
		t.Errorf("%d ids of %d users after a while", r.total, len(r.users))
	}
}

// TestRestingNames: names left behind do not pile up.
func TestRestingNames(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-02")
	var n nicknames
	for i := range mostResting + 10 {
		p := &Participant{User: "sip:a@b.test", Nickname: "x", nicknameKey: fmt.Sprintf("x%05d", i)}
		n.rest(p, epoch, epoch.Add(time.Minute))
	}
	if len(n.resting) != mostResting {
		t.Errorf("%d names in quarantine", len(n.resting))
	}
	if _, kept := n.resting["x00000"]; kept {
		t.Error("another name than the one that is free first was forgotten")
	}
}
