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
	case "creates":
		u.conference, err = u.ue.Create(ctx, rest, participant.Options{})
	case "says":
		_, err = u.conference.Send(ctx, rest)
	case "removes":
		err = u.conference.Remove(ctx, rest)
	case "ends":
		err = u.conference.End(ctx)
	case "has":
		if got := entities(u.conference.Roster()); got != rest {
			err = fmt.Errorf("has %s", got)
		}
	default:
		err = u.awaits(ctx, what)
	}
	return err
}

// awaits passes over events up to one that a file tells of.
func (u *user) awaits(ctx context.Context, what string) error {
	for {
		select {
		case e, more := <-u.conference.Events():
			switch {
			case !more:
				return errors.New("has not happened before the end")
			case u.tells(e) == what:
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tells says what an event tells, as files write it.
func (u *user) tells(e participant.Event) string {
	switch e := e.(type) {
	case participant.Roster:
		return "sees in " + u.conference.URI() + ": " + entities(e.Users)
	case participant.Message:
		return "hears " + e.Text()
	case participant.Referral:
		return fmt.Sprintf("is told %d %s of %s", e.Status, e.Reason, e.Target)
	case participant.Left:
		return "is out: " + e.Reason
	}
	return ""
}

// entities are the URIs of a roster.
func entities(users []participant.User) string {
	var all []string
	for _, u := range users {
		all = append(all, u.URI)
	}
	return strings.Join(all, " ")
}

func TestFlowA(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-01")
	plays(t, "F-A")
}

func TestFlowG(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-06")
	plays(t, "F-G")
}

func TestFlowHGap(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-01", "PAR-SUB-06")
	plays(t, "F-H-gap")
}
