package dialog_test

import (
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// outcome collects what a request comes to.
type outcome struct {
	mu       sync.Mutex
	statuses []int
	ended    int
}

func (o *outcome) events() transaction.ClientEvents {
	return transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, _ transport.Source) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.statuses = append(o.statuses, resp.Status)
		},
		End: func(error) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.ended++
		},
	}
}

// soFar gives the responses, and how often the request has ended.
func (o *outcome) soFar() ([]int, int) {
	synctest.Wait()
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.statuses), o.ended
}

// TestFailover has a name with two servers. What the first does decides whether the
// second gets the request, too (RFC 3263 §4.3).
func TestFailover(t *testing.T) {
	t.Parallel()
	const first = "10.0.0.2:5060"
	tests := []struct {
		name   string
		method sipmsg.Method
		first  func(p *testnet.Peer, req *sipmsg.Request)
		wait   time.Duration
		second bool
		want   []int    // responses that the user sees
		failed []string // that the resolver is told
	}{
		{
			name: "503", method: sipmsg.SUBSCRIBE, second: true, want: []int{200}, failed: []string{first + " 7s"},
			first: func(p *testnet.Peer, req *sipmsg.Request) { p.Answer(req, 503, "x", "Retry-After: 7", "") },
		},
		{
			name: "503 to INVITE", method: sipmsg.INVITE, second: true, want: []int{100, 200}, failed: []string{first + " 0s"},
			first: func(p *testnet.Peer, req *sipmsg.Request) {
				p.Answer(req, 100, "", "", "")
				p.Answer(req, 503, "x", "", "")
				p.Request(sipmsg.ACK)
			},
		},
		{
			name: "503 behind ringing", method: sipmsg.INVITE, want: []int{180, 503},
			first: func(p *testnet.Peer, req *sipmsg.Request) {
				p.Answer(req, 180, "x", "Contact: <sip:a@10.0.0.2>", "")
				p.Answer(req, 503, "x", "", "")
				p.Request(sipmsg.ACK)
			},
		},
		{
			name: "silence", method: sipmsg.SUBSCRIBE, second: true, want: []int{200}, failed: []string{first + " 0s"},
			first: func(*testnet.Peer, *sipmsg.Request) {}, wait: 33 * time.Second,
		},
		{
			name: "nothing but 100", method: sipmsg.SUBSCRIBE, want: []int{100}, wait: 33 * time.Second,
			first: func(p *testnet.Peer, req *sipmsg.Request) { p.Answer(req, 100, "", "", "") },
		},
		{
			name: "500", method: sipmsg.SUBSCRIBE, want: []int{500},
			first: func(p *testnet.Peer, req *sipmsg.Request) { p.Answer(req, 500, "x", "", "") },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			play(t, func(x *scene) {
				x.names.addr["srv.example"] = netip.MustParseAddrPort(first)
				x.names.more = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.3:5060")}
				other := testnet.NewPeer(x.t, x.net.Host("10.0.0.3"), x.stack.Addr)
				defer other.Close()
				var got outcome
				o := x.originate(tt.method)
				o.Do(func() { o.Send(got.events(), func(*transaction.ClientTx) {}) })
				req := x.peer.Request(tt.method)
				tt.first(x.peer, req)
				<-time.After(tt.wait)
				again, _ := other.Next(time.Second).(*sipmsg.Request)
				if (again != nil) != tt.second {
					x.t.Fatalf("the second server got %s", testnet.Line(other.Next(0)))
				}
				if again != nil {
					same(x.t, req, again)
					other.Answer(again, 200, "y", "Contact: <sip:b@10.0.0.3>", "")
				}
				<-time.After(100 * time.Millisecond)
				statuses, _ := got.soFar()
				if diff := cmp.Diff(tt.want, statuses); diff != "" {
					x.t.Errorf("responses (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.failed, x.names.failed); diff != "" {
					x.t.Errorf("failures (-want +got):\n%s", diff)
				}
				<-time.After(time.Minute)
				if _, ended := got.soFar(); ended != 1 {
					x.t.Errorf("ended %d times", ended)
				}
			})
		})
	}
}

func (x *scene) originateTo(uri, nextHop string) *dialog.Origin {
	out := dialog.Outgoing{Method: sipmsg.OPTIONS, From: sipmsg.Address{URI: sipmsg.URI{Scheme: "sip", User: "conf", Host: "10.0.0.1"}}}
	out.URI, _ = sipmsg.ParseURI(uri)
	out.NextHop, _ = sipmsg.ParseURI(nextHop)
	return x.stack.Dialog.Originate(out)
}

func (x *scene) originate(m sipmsg.Method) *dialog.Origin {
	return x.stack.Dialog.Originate(dialog.Outgoing{
		Method: m, Contact: "<sip:conf@10.0.0.1>",
		URI:  sipmsg.URI{Scheme: "sip", User: "bob", Host: "srv.example"},
		From: sipmsg.Address{URI: sipmsg.URI{Scheme: "sip", User: "conf", Host: "10.0.0.1"}},
	})
}

// same fails the test unless two requests are the same but for the branch.
func same(t *testing.T, one, other *sipmsg.Request) {
	t.Helper()
	via, _ := one.Header.Via()
	via2, _ := other.Header.Via()
	if via.Branch() == via2.Branch() {
		t.Error("the second try has the branch of the first")
	}
	a, b := one.Clone(), other.Clone()
	a.Header.Del("Via")
	b.Header.Del("Via")
	if diff := cmp.Diff(string(a.Append(nil)), string(b.Append(nil))); diff != "" {
		t.Errorf("the second try differs (-first +second):\n%s", diff)
	}
}

// TestNobodyWantsItAnyMore: an abandoned request goes to no further server.
func TestNobodyWantsItAnyMore(t *testing.T) {
	t.Parallel()
	play(t, func(x *scene) {
		x.names.addr["srv.example"] = netip.MustParseAddrPort("10.0.0.2:5060")
		x.names.more = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.3:5060")}
		other := testnet.NewPeer(x.t, x.net.Host("10.0.0.3"), x.stack.Addr)
		defer other.Close()
		var got outcome
		o := x.originate(sipmsg.INVITE)
		o.Do(func() { o.Send(got.events(), func(*transaction.ClientTx) {}) })
		req := x.peer.Request(sipmsg.INVITE)
		o.Do(o.Abandon)
		x.peer.Answer(req, 503, "x", "", "")
		other.Quiet(time.Second)
		if statuses, _ := got.soFar(); !slices.Equal(statuses, []int{503}) {
			x.t.Errorf("responses %v", statuses)
		}
	})
}

// TestFailoverInDialog: the next request looks again for where it goes.
func TestFailoverInDialog(t *testing.T) {
	t.Parallel()
	play(t, func(x *scene) {
		x.names.addr["phone.example"] = netip.MustParseAddrPort("10.0.0.2:5060")
		x.names.more = []netip.AddrPort{netip.MustParseAddrPort("10.0.0.3:5060")}
		other := testnet.NewPeer(x.t, x.net.Host("10.0.0.3"), x.stack.Addr)
		defer other.Close()
		x.establish("Contact: <sip:alice@phone.example>")
		x.send(sipmsg.INFO)
		x.peer.Answer(x.peer.Request(sipmsg.INFO), 503, "", "", "")
		other.Answer(other.Request(sipmsg.INFO), 200, "", "", "")
		<-time.After(100 * time.Millisecond)
		x.send(sipmsg.OPTIONS)
		x.peer.Answer(x.peer.Request(sipmsg.OPTIONS), 200, "", "", "")
		synctest.Wait()
		if diff := cmp.Diff([]string{"phone.example", "phone.example"}, x.names.asked); diff != "" {
			x.t.Errorf("looked up (-want +got):\n%s", diff)
		}
	})
}
