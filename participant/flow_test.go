package participant_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/flow"
	"github.com/confab-chat/confab/participant"
)

// user is the subject of the files in testdata/flows: Alice, with a focus that is
// played.
type user struct {
	ue         *participant.UE
	conference *participant.Conference
}

// plays has a participant be Alice in a flow.
func plays(t *testing.T, name string) {
	t.Helper()
	focus := testnet.Listen(t)
	ue, err := participant.New(participant.Config{
		AOR: "sip:alice@ims.example", Display: "Alice", Server: focus.LocalAddr().String(), Transport: "tcp",
		T1: testnet.Patience / 64, // no transaction is given up before
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ue.Close(t.Context()) }) // which is over: no goodbye is waited for
	alice := &user{ue: ue}
	flow.Play(t, filepath.Join("testdata", "flows", name+".txt"), flow.Stage{
		Subject: "alice",
		Dial:    func(_, network string) *testnet.SIPPeer { return testnet.SIPOver(t, network, focus) },
		Words:   map[string]string{"conf": "sip:lobby@conf.ims.example"},
		Cue:     alice.does,
	})
}

// does does what a file says of Alice.
func (u *user) does(what string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), testnet.Patience)
	defer cancel()
	switch verb, rest, _ := strings.Cut(what, " "); verb {
	case "joins":
		u.conference, err = u.ue.Join(ctx, rest, participant.Options{})
	case "says":
		_, err = u.conference.Send(ctx, rest)
	case "sees":
		err = u.awaits(ctx, func(e participant.Event) bool {
			roster, ok := e.(participant.Roster)
			return ok && entities(roster.Users) == rest
		})
	case "has":
		if got := entities(u.conference.Roster()); got != rest {
			err = fmt.Errorf("has %s", got)
		}
	case "is":
		err = u.awaits(ctx, func(e participant.Event) bool {
			left, ok := e.(participant.Left)
			return ok && "out: "+left.Reason == rest
		})
	default:
		err = errors.New("nothing that Alice does")
	}
	return err
}

// awaits passes over events up to one that fits.
func (u *user) awaits(ctx context.Context, fits func(participant.Event) bool) error {
	for {
		select {
		case e, more := <-u.conference.Events():
			switch {
			case !more:
				return errors.New("has not happened before the end")
			case fits(e):
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// entities are the URIs of a roster.
func entities(users []participant.User) string {
	var all []string
	for _, u := range users {
		all = append(all, u.URI)
	}
	return strings.Join(all, " ")
}

func TestFlowHGap(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-01", "PAR-SUB-06")
	plays(t, "F-H-gap")
}
