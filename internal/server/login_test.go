package server

import (
	"context"
	"errors"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
)

// TestParticipantsLogIn has participants of the library join with passwords.
func TestParticipantsLogIn(t *testing.T) {
	conform.Covers(t, "IDN-03", "IDN-05")
	for name, change := range map[string]func(*config.Config){
		"SHA-256": nil,
		"MD5":     func(c *config.Config) { c.Auth.Algorithms, c.Auth.Users = []string{"MD5"}, c.Auth.Users[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			r := members(t, change)
			member := func(network, password string) (*participant.UE, error) {
				u, err := participant.New(participant.Config{
					AOR: "sip:alice@example.test", Password: password,
					Server: r.address("sip", network), Transport: network,
				})
				if err == nil {
					t.Cleanup(func() {
						ctx, cancel := context.WithTimeout(context.Background(), testnet.Patience)
						defer cancel()
						if failed := u.Close(ctx); failed != nil {
							t.Error(failed)
						}
					})
				}
				return u, err
			}
			for _, network := range []string{"udp", "tcp"} {
				u, err := member(network, "secret")
				if err != nil {
					t.Fatal(err)
				}
				c, err := u.Join(t.Context(), lobby, participant.Options{})
				if err != nil {
					t.Fatalf("%s: %v", network, err)
				}
				sees(t, c, "alice")
				if _, err := c.SendMessage(t.Context(), participant.Message{Body: []byte("hello")}); err != nil {
					t.Error(err)
				}
				await(t, c, func(participant.Delivered) bool { return true })
				if err := c.Leave(t.Context()); err != nil {
					t.Error(err)
				}
				for _, wrong := range []string{"guess", ""} {
					u, err := member(network, wrong)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := u.Join(t.Context(), lobby, participant.Options{}); !errors.Is(err, &sip.Error{Status: 401}) {
						t.Errorf("with password %q: %v", wrong, err)
					}
				}
			}
			r.vacant()
		})
	}
}
