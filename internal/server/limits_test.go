package server

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/limits"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// metric scrapes one value, named as in the exposition.
func (r *rig) metric(name string) float64 {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.address("http", "tcp")+"/metrics", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), name+" "); found {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				r.t.Fatal(err)
			}
			return value
		}
	}
	r.t.Fatalf("no metric %s", name)
	return 0
}

func TestMetrics(t *testing.T) {
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	for name, want := range map[string]float64{
		"confab_ready": 1, "confab_conferences": 1, "confab_legs": 1, "confab_msrp_sessions": 1,
		"confab_sip_dialogs": 1, `confab_refused_total{limit="load"}`: 0,
	} {
		if got := r.metric(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	alice.leave()
	r.vacant()
}

// TestConnectionsOfAnAddress: those of SIP and MSRP are counted together.
func TestConnectionsOfAnAddress(t *testing.T) {
	conform.Covers(t, "SEC-02")
	r := serve(t, func(c *config.Config) { c.Limits.ConnectionsPerAddress = 3 })
	open := func(proto string) net.Conn {
		t.Helper()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", r.address(proto, "tcp"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	// closed tells whether the server closes a connection within a time.
	closed := func(conn net.Conn, within time.Duration) bool {
		t.Helper()
		if err := conn.SetReadDeadline(time.Now().Add(within)); err != nil {
			t.Fatal(err)
		}
		_, err := conn.Read(make([]byte, 1))
		var timeout net.Error
		return err != nil && (!errors.As(err, &timeout) || !timeout.Timeout())
	}
	first := open("sip")
	for _, proto := range []string{"msrp", "sip"} {
		open(proto)
	}
	// The listeners take them each in its own time; which is the fourth is clear then.
	for end := time.Now().Add(testnet.Patience); r.metric("confab_sip_connections") < 2 || r.metric("confab_msrp_connections") < 1; {
		if time.Now().After(end) {
			t.Fatal("three connections are not taken")
		}
	}
	const refused = `confab_refused_total{limit="connections_per_address"}`
	for i, proto := range []string{"sip", "msrp"} {
		if !closed(open(proto), testnet.Patience) {
			t.Errorf("a fourth connection, of %s, stays", proto)
		}
		if got := r.metric(refused); got != float64(i+1) {
			t.Errorf("%v refusals counted, want %d", got, i+1)
		}
	}
	_ = first.Close()
	end := time.Now().Add(testnet.Patience)
	for closed(open("msrp"), 2*time.Second) { // until the server has noticed
		if time.Now().After(end) {
			t.Fatal("the place of a connection that was closed stays taken")
		}
	}
}

// TestTransactionsOfAnAddress: an address that is not trusted has so many open
// transactions; its dialogs go on.
func TestTransactionsOfAnAddress(t *testing.T) {
	conform.Covers(t, "SEC-02", "SEC-04")
	r := serve(t, func(c *config.Config) {
		c.SIP.Trust = nil // but auth.local
		c.Limits.TransactionsPerAddress = 1
	})
	alice := r.guest("udp", "alice").join(lobby).connect() // its INVITE is in Accepted for 32 s
	bob := r.guest("udp", "bob")
	bob.Send(bob.invite(lobby))
	resp := bob.Expect(503, sipmsg.INVITE)
	if after, ok := resp.Header.RetryAfter(); !ok || after <= 0 {
		t.Errorf("Retry-After %v", after)
	}
	if got := r.metric(`confab_refused_total{limit="transactions_per_address"}`); got != 1 {
		t.Errorf("%v refusals counted", got)
	}
	alice.leave()
	r.vacant()
}

// TestLoad: with everything turned away that is new, who is in can still talk and
// leave, and when the load is over others can come again.
func TestLoad(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-04")
	var wait atomic.Int64
	r := serveTuned(t, func(c *config.Config) { c.Limits.CPUWait = time.Second },
		tuning{wait: func() time.Duration { return time.Duration(wait.Load()) }})
	alice, carol := r.guest("tcp", "alice").join(lobby).connect(), r.guest("udp", "carol").join(lobby)
	for wait.Store(int64(time.Minute)); r.load.Share() < 1; {
		<-time.After(limits.Interval)
	}
	bob := r.guest("tcp", "bob")
	bob.Send(bob.invite(lobby))
	resp := bob.Expect(503, sipmsg.INVITE)
	if after, ok := resp.Header.RetryAfter(); !ok || after <= 0 {
		t.Errorf("Retry-After %v", after)
	}
	if got := r.metric(`confab_refused_total{limit="load"}`); got != 1 {
		t.Errorf("%v refusals counted", got)
	}
	carol.leave()
	alice.say("still here")
	for wait.Store(0); r.load.Share() > 0; {
		<-time.After(limits.Interval)
	}
	r.guest("tcp", "dave").join(lobby).leave()
	alice.leave()
	r.vacant()
}

// TestBodyLimit: what is larger is refused while it is read.
func TestBodyLimit(t *testing.T) {
	conform.Covers(t, "SEC-02")
	r := serve(t, func(c *config.Config) { c.Limits.SIPBody = 2 << 10 })
	alice := r.guest("tcp", "alice")
	invite := alice.invite(lobby)
	invite.Body = append(invite.Body, strings.Repeat("a=x\r\n", 500)...)
	alice.Send(invite)
	alice.Expect(413, sipmsg.INVITE)
}
