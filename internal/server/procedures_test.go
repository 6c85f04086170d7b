package server

import (
	"testing"

	"github.com/confab-chat/confab/internal/chat"
	"github.com/confab-chat/confab/internal/conform"
)

// waits starts a terminal that waits to be invited, and returns its address.
func (r *rig) waits(name string, accept chat.Accept) (*terminal, string) {
	r.t.Helper()
	x := r.terminal(r.t.Context(), name, chat.Config{Accept: accept})
	contact, _ := x.shows("listening", nil)["contact"].(string)
	return x, contact
}

// TestChatProcedures has terminals go through creation with a list, invitation,
// nicknames, removal and the end of a conference.
func TestChatProcedures(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-04", "PAR-REF-01", "PAR-REF-06", "PAR-INC-03", "PAR-INC-06", "FOC-LST-01", "FOC-REF-05", "FOC-REF-09")
	r := serve(t, nil)
	bob, bobAt := r.waits("bob", chat.All)
	carol, carolAt := r.waits("carol", chat.Ask)
	dave, daveAt := r.waits("dave", chat.None)

	alice := r.terminal(t.Context(), "alice", chat.Config{URI: factory, Create: true, Invite: []string{bobAt}, Nickname: "Dopey"})
	uri, _ := alice.shows("joined", nil)["conference"].(string)
	alice.shows("nickname", map[string]any{"ok": true, "status": 200.0, "nickname": "Dopey"})
	bob.shows("invited", map[string]any{"conference": uri, "by": "sip:alice@example.test", "accepted": true})
	bob.shows("joined", map[string]any{"conference": uri})
	bob.shows("roster", nil)
	alice.types("hello")
	bob.shows("message", map[string]any{"text": "hello"})

	alice.types("/invite " + carolAt)
	carol.shows("invited", map[string]any{"conference": uri, "by": "sip:alice@example.test", "accepted": false, "pending": true})
	carol.types("/accept")
	carol.shows("joined", map[string]any{"conference": uri})
	alice.shows("refer", map[string]any{"target": carolAt, "status": 200.0, "final": true})
	alice.types("/invite " + daveAt)
	dave.shows("invited", map[string]any{"conference": uri, "accepted": false})
	alice.shows("refer", map[string]any{"target": daveAt, "status": 603.0})
	dave.types("/leave")
	if err := dave.ends(); err != nil {
		t.Error(err)
	}

	bob.types("/nick Dopey")
	bob.shows("nickname", map[string]any{"ok": false, "status": 425.0})
	bob.types("/remove alice")
	bob.shows("refer", map[string]any{"target": "sip:alice@example.test", "status": 403.0})
	alice.types("/remove carol")
	carol.shows("left", nil)
	if err := carol.ends(); err != nil {
		t.Error(err)
	}
	alice.shows("refer", map[string]any{"target": "sip:carol@127.0.0.1", "status": 200.0})
	alice.types("/end")
	bob.shows("left", nil)
	alice.shows("left", nil)
	for _, x := range []*terminal{alice, bob} {
		if err := x.ends(); err != nil {
			t.Error(err)
		}
	}
	r.noDialogs()
}
