package server

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// watcher is a subscription to the lobby, on a socket of its own.
type watcher struct {
	*guest
	sub    *testnet.Dialog
	roster *confinfo.Document // as the documents build it up
	bodies []string
}

// watch subscribes for a user who may.
func (r *rig) watch(network, name string, fields ...string) *watcher {
	r.t.Helper()
	w := &watcher{guest: r.guest(network, name)}
	w.sub = w.Dialog(w.aor(), lobby)
	w.Send(w.sub.Request(sipmsg.SUBSCRIBE, append([]string{"Event: conference"}, fields...)...))
	resp := w.Expect(200, sipmsg.SUBSCRIBE)
	w.sub.Learn(resp)
	begins(r.t, resp, "Contact", "<sip:lobby@127.0.0.1:")
	if !strings.HasSuffix(resp.Header.Value("Contact"), ">;isfocus") {
		r.t.Errorf("Contact: %s", resp.Header.Value("Contact"))
	}
	return w
}

// notified takes the next NOTIFY with a document, whose version is the next one,
// and returns its Subscription-State and the document.
func (w *watcher) notified() (state string, doc *confinfo.Document) {
	t := w.rig.t
	t.Helper()
	req := w.Request()
	w.Answer(req, 200)
	if req.Method != sipmsg.NOTIFY || req.Header.Value("Event") != "conference" || req.URI.String() != strings.Trim(w.Contact(), "<>") {
		t.Errorf("%s: unexpected\n%s", w.name, req.Append(nil))
	}
	if !strings.HasSuffix(req.Header.Value("Contact"), ">;isfocus") {
		t.Errorf("Contact: %s", req.Header.Value("Contact"))
	}
	state = req.Header.Value("Subscription-State")
	if len(req.Body) == 0 {
		if req.Header.Has("Content-Type") {
			t.Errorf("Content-Type without body\n%s", req.Append(nil))
		}
		return state, nil
	}
	w.bodies = append(w.bodies, string(req.Body))
	doc, err := confinfo.Unmarshal(req.Body, confinfo.Limits{})
	if err != nil || req.Header.Value("Content-Type") != confinfo.MediaType {
		t.Fatalf("%v\n%s", err, req.Append(nil))
	}
	if want := uint32(len(w.bodies)); doc.Version != want || doc.Entity != lobby {
		t.Errorf("version %d of %s, want %d", doc.Version, doc.Entity, want)
	}
	var outcome confinfo.Outcome
	if w.roster, outcome = confinfo.Apply(w.roster, doc); outcome != confinfo.Applied {
		t.Errorf("outcome %d of\n%s", outcome, req.Body)
	}
	return state, doc
}

// full takes a NOTIFY with a full document.
func (w *watcher) full() {
	w.rig.t.Helper()
	state, doc := w.notified()
	if !strings.HasPrefix(state, "active;expires=") || doc == nil || doc.State != confinfo.Full {
		w.rig.t.Errorf("%s: want a full document, got %s\n%s", w.name, state, w.bodies[len(w.bodies)-1])
	}
}

// until takes NOTIFYs with partial documents until the roster shows a user with
// these statuses of endpoints.
func (w *watcher) until(name string, statuses ...string) {
	w.rig.t.Helper()
	for !w.shows(name, statuses) {
		state, doc := w.notified()
		if !strings.HasPrefix(state, "active;expires=") || doc == nil || doc.State != confinfo.Partial {
			w.rig.t.Fatalf("%s: want a partial document, got %s", w.name, state)
		}
	}
}

func (w *watcher) shows(name string, statuses []string) bool {
	var got []string
	for _, u := range w.roster.Users.List {
		if u.Entity == "sip:"+name+"@example.test" {
			for _, e := range u.Endpoints {
				got = append(got, string(e.Status))
			}
		}
	}
	return strings.Join(got, " ") == strings.Join(statuses, " ")
}

// terminated takes NOTIFYs until the last one, whose reason and body it checks.
func (w *watcher) terminated(reason string, want func(*confinfo.Document) bool) {
	w.rig.t.Helper()
	for {
		state, doc := w.notified()
		if strings.HasPrefix(state, "active") {
			continue
		}
		if state != "terminated;reason="+reason || !want(doc) {
			w.rig.t.Errorf("%s: %s, want %s; %+v", w.name, state, reason, doc)
		}
		break
	}
	w.Send(w.sub.Request(sipmsg.SUBSCRIBE, "Event: conference"))
	w.Expect(481, sipmsg.SUBSCRIBE) // [NOT-END-05]
}

func without(doc *confinfo.Document) bool { return doc == nil }
func deleted(doc *confinfo.Document) bool { return doc != nil && doc.State == confinfo.Deleted }
func whole(doc *confinfo.Document) bool {
	return doc != nil && doc.State == confinfo.Full && len(doc.Users.List) > 0
}

// valid holds all bodies against the schema of RFC 4575.
func (w *watcher) valid() {
	w.rig.t.Helper()
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		w.rig.t.Log("xmllint is not installed: documents are not held against the schema")
		return
	}
	args := []string{"--nonet", "--noout", "--schema", filepath.Join("..", "..", "confinfo", "testdata", "conference-info.xsd")}
	for i, body := range w.bodies {
		name := filepath.Join(w.rig.t.TempDir(), strconv.Itoa(i)+".xml")
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			w.rig.t.Fatal(err)
		}
		args = append(args, name)
	}
	if out, err := exec.CommandContext(w.rig.t.Context(), lint, args...).CombinedOutput(); err != nil {
		w.rig.t.Errorf("xmllint: %v\n%s", err, out)
	}
}

// TestWatching follows users who come and go.
func TestWatching(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			conform.Covers(t, "NOT-SUB-01", "NOT-SUB-09", "NOT-SUB-14", "NOT-NFY-01", "NOT-NFY-02", "NOT-NFY-03",
				"NOT-NFY-05", "NOT-NFY-10", "NOT-END-01", "NOT-END-02", "NOT-END-05", "FOC-JOI-02", "FOC-LVE-03",
				"FOC-DSP-04")
			r := serve(t, nil)
			alice := r.guest(network, "alice").join(lobby)
			w := r.watch(network, "alice")
			w.full()
			if !w.shows("alice", []string{"connected"}) || w.roster.ConferenceState.UserCount != 1 {
				t.Errorf("first document\n%s", w.bodies[0])
			}
			bob := r.guest("tcp", "bob").join(lobby)
			w.until("bob", "connected")
			if w.roster.ConferenceState.UserCount != 2 {
				t.Errorf("%d users", w.roster.ConferenceState.UserCount)
			}
			second := r.guest("udp", "bob").join(lobby)
			w.until("bob", "connected", "connected")
			bobs := r.watch("udp", "bob")
			bobs.full()
			second.leave()
			w.until("bob", "connected", "disconnected")
			bobs.until("bob", "connected", "disconnected") // the user is still there

			// A refresh brings everything, under the next number.
			w.Send(w.sub.Request(sipmsg.SUBSCRIBE, "Event: conference", "Expires: 600"))
			field(t, w.Expect(200, sipmsg.SUBSCRIBE), "Expires", "600")
			w.full()

			bob.leave()
			bobs.terminated("rejected", without)
			w.until("bob", "disconnected", "disconnected")

			other := r.watch("tcp", "alice")
			other.full()
			other.Send(other.sub.Request(sipmsg.SUBSCRIBE, "Event: conference", "Expires: 0"))
			field(t, other.Expect(200, sipmsg.SUBSCRIBE), "Expires", "0")
			other.terminated("timeout", whole)

			alice.leave()
			w.terminated("rejected", without)
			w.valid()
			bobs.valid()
			other.valid()
			r.vacant()
		})
	}
}

// TestContactLeadsBack has a client without outbound proxy, for which the
// Contact is all there is.
func TestContactLeadsBack(t *testing.T) {
	conform.Covers(t, "FOC-DSP-13")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	target, err := sipmsg.ParseURI(alice.call.URI)
	if err != nil || target.Host+":"+strconv.Itoa(int(target.Port)) != r.address("sip", "tcp") {
		t.Fatalf("%v: Contact %s", err, alice.call.URI)
	}
	g := r.guest("tcp", "alice")
	w := &watcher{guest: g, sub: g.Dialog(g.aor(), alice.call.URI)}
	w.Send(w.sub.Request(sipmsg.SUBSCRIBE, "Event: conference"))
	w.sub.Learn(w.Expect(200, sipmsg.SUBSCRIBE))
	w.full() // whose entity is in the domain form
	alice.leave()
	w.terminated("rejected", without)
	r.vacant()
}
