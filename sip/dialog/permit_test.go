package dialog_test

import (
	"errors"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// TestAddressesNotToBeDialled: what a name leads to counts, and the operator's own
// choice is not judged.
func TestAddressesNotToBeDialled(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-03")
	tests := []struct {
		name, uri, nextHop string
		refused            bool
	}{
		{name: "address", uri: "sip:bob@172.16.0.1", refused: true},
		{name: "name", uri: "sip:bob@inner.example", refused: true},
		{name: "other address", uri: "sip:bob@10.0.0.2"},
		{name: "next hop", uri: "sip:bob@10.0.0.2", nextHop: "sip:172.16.0.1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			play(t, func(x *scene) {
				x.names.addr["inner.example"] = netip.MustParseAddrPort("172.16.0.1:5060")
				o := x.originateTo(tt.uri, tt.nextHop)
				ended := make(chan error, 1)
				events := transaction.ClientEvents{End: func(err error) { ended <- err }}
				o.Do(func() { o.Send(events, func(*transaction.ClientTx) {}) })
				<-time.After(2 * time.Second)
				synctest.Wait()
				select {
				case err := <-ended:
					if !tt.refused || !errors.Is(err, errRefused) {
						x.t.Errorf("error %v", err)
					}
				default:
					if tt.refused {
						x.t.Error("was not refused")
					}
				}
			})
		})
	}
}

// TestContactNotToBeDialled: neither Contact nor Record-Route make us send to such an
// address, unless the dialog came from there.
func TestContactNotToBeDialled(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-03")
	for _, fields := range [][]string{
		{"Contact: <sip:alice@172.16.0.1>"},
		{"Record-Route: <sip:172.16.0.1;lr>"},
		{"Contact: <sip:alice@inner.example>", "Record-Route: <sip:inner.example;lr>"},
	} {
		play(t, func(x *scene) {
			x.names.addr["inner.example"] = netip.MustParseAddrPort("172.16.0.1:5060")
			x.establish(fields...)
			ended := make(chan error, 1)
			x.d.Do(func() {
				x.d.Send(x.d.NewRequest(sipmsg.INFO), transaction.ClientEvents{End: func(err error) { ended <- err }})
			})
			<-time.After(2 * time.Second)
			synctest.Wait()
			select {
			case err := <-ended:
				if !errors.Is(err, errRefused) {
					x.t.Errorf("%s: error %v", fields, err)
				}
			default:
				x.t.Errorf("%s: was not refused", fields)
			}
		})
	}
}
