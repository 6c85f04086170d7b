package server

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	msrprelay "github.com/confab-chat/confab/internal/testnet/relay"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/participant"
)

// join has a participant join the lobby.
func join(t *testing.T, u *participant.UE) *participant.Conference {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	c, err := u.Join(ctx, lobby, participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ueBy makes a participant with a way for its messages, who trusts ca.
func (r *rig) ueBy(t *testing.T, ca *testca.Authority, name string, media participant.Media) *participant.UE {
	t.Helper()
	return r.ueWith(t, "tcp", name, func(c *participant.Config) {
		c.Media, c.TLS = media, ca.Client(t, testca.Names{})
	})
}

// tells sends a text and waits until somebody else has it.
func tells(t *testing.T, from, to *participant.Conference, name, text string) {
	t.Helper()
	if _, err := from.Send(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	await(t, to, func(m participant.Message) bool {
		return m.From == "sip:"+name+"@example.test" && m.Text() == text
	})
}

// TestParticipantMedia has one participant for each way to carry messages.
func TestParticipantMedia(t *testing.T) {
	t.Parallel()
	r := serve(t, everywhere)
	ca := testca.New(t)
	hop := msrprelay.Start(t, "127.0.0.1", ca.Server(t, testca.Names{IP: []string{"127.0.0.1"}}))
	plain := join(t, r.ue(t, "tcp", "plain"))
	for name, media := range map[string]participant.Media{
		"tls":      {Secure: true},
		"ws":       {WebSocket: "ws://" + r.address("msrp", "ws") + "/msrp"},
		"anchored": {CEMA: true},
		"relayed": {Secure: true, Relays: []msrp.Relay{
			{URI: hop.URI, Username: "relayed", Password: "secret"},
		}},
	} {
		c := join(t, r.ueBy(t, ca, name, media))
		tells(t, plain, c, "plain", "to "+name)
		tells(t, c, plain, name, "from "+name)
		large := strings.Repeat(name+" ", 20_000)
		tells(t, plain, c, "plain", large)
		tells(t, c, plain, name, large)
	}
	var bound bool
	for _, line := range hop.Log() {
		bound = bound || strings.HasPrefix(line, "SEND "+hop.URI.Scheme()+"://127.0.0.1:")
	}
	if !bound {
		t.Errorf("nothing went through the relay: %q", hop.Log())
	}
	conform.Covers(t, "REL-01", "REL-02", "WS-05", "MSRP-TLS-05")
}

// TestFileInConference sends an image as a message with an attachment.
func TestFileInConference(t *testing.T) {
	t.Parallel()
	r := serve(t, nil)
	a, b := join(t, r.ue(t, "tcp", "alice")), join(t, r.ue(t, "tcp", "bob"))
	image := bytes.Repeat([]byte{0, 0xff, '\r', '\n', '-'}, 40<<10)
	if _, err := a.SendMessage(t.Context(), participant.Message{ContentType: "image/png", Body: image}); err != nil {
		t.Fatal(err)
	}
	await(t, b, func(m participant.Message) bool {
		return m.ContentType == "image/png" && bytes.Equal(m.Body, image)
	})
}

// TestRelayBreaks has the relay of a participant break down, and come back.
func TestRelayBreaks(t *testing.T) {
	t.Parallel()
	r := serve(t, everywhere)
	ca := testca.New(t)
	hop := msrprelay.Start(t, "127.0.0.1", ca.Server(t, testca.Names{IP: []string{"127.0.0.1"}}))
	plain := join(t, r.ue(t, "tcp", "plain"))
	c := join(t, r.ueBy(t, ca, "relayed", participant.Media{Secure: true, Relays: []msrp.Relay{
		{URI: hop.URI, Username: "relayed", Password: "secret"},
	}}))
	tells(t, plain, c, "plain", "before")
	hop.Cut()
	tells(t, c, plain, "relayed", "after")
	tells(t, plain, c, "plain", "and back")
}
