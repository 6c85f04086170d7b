package server

import (
	"net"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
)

// attachment wraps a file for the conference.
func attachment(from, mediaType, content string) string {
	return testnet.Lines("From: <"+from+">", "To: <"+lobby+">", "", "Content-Type: "+mediaType,
		`Content-Disposition: attachment; filename="plan.bin"; size=`+"204800", "") + content
}

// TestFileAsMessage sends a file as a message with an attachment: it arrives as
// it was sent, to the octet.
func TestFileAsMessage(t *testing.T) {
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	var content strings.Builder
	for i := range 200 << 10 {
		content.WriteByte(byte(i % 256))
	}
	body := attachment(alice.aor(), "image/png", content.String())
	alice.msrp.Expect(alice.msrp.Send("file1", "message/cpim", body), 200)
	if m := bob.msrp.Receive(); string(m.Body) != body {
		t.Errorf("%d octets arrived, %d were sent", len(m.Body), len(body))
	}
	conform.Covers(t, "FT-01")
}

// TestLinkAsMessage sends a link to a file: it passes, and the server does not
// follow it.
func TestLinkAsMessage(t *testing.T) {
	r := serve(t, nil)
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	followed := make(chan struct{}, 1)
	go func() {
		if nc, err := ln.Accept(); err == nil {
			_ = nc.Close()
			followed <- struct{}{}
		}
	}()
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	link := `<file><file-info type="file"><data url="http://` + ln.Addr().String() + `/plan"/></file-info></file>`
	for _, mediaType := range []string{"application/vnd.gsma.rcs-ft-http+xml", `message/external-body; access-type="URL"; URL="http://` + ln.Addr().String() + `/plan"`} {
		body := attachment(alice.aor(), mediaType, link)
		alice.msrp.Expect(alice.msrp.Send("link"+mediaType[:7], "message/cpim", body), 200)
		if m := bob.msrp.Receive(); string(m.Body) != body {
			t.Errorf("%s arrived as\n%s", mediaType, m.Body)
		}
	}
	alice.say("done") // whatever follows from the links would have begun
	bob.hear("done")
	select {
	case <-followed:
		t.Error("the server follows a link")
	default:
	}
	conform.Covers(t, "FT-08")
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
}
