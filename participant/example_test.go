package participant_test

import (
	"context"
	"fmt"
	"time"

	"github.com/confab-chat/confab/participant"
)

// A participant joins the lobby of a server on this machine, says hello, prints what
// is said until somebody says goodbye, and leaves.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	ue, err := participant.New(participant.Config{AOR: "sip:alice@conf.localhost", Server: "127.0.0.1:5060"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = ue.Close(ctx) }()
	lobby, err := ue.Join(ctx, "sip:lobby@conf.localhost", participant.Options{})
	if err != nil {
		fmt.Println(err) // a *sip.Error if the focus refuses
		return
	}
	if _, err := lobby.Send(ctx, "hello"); err != nil {
		fmt.Println(err)
	}
	for event := range lobby.Events() {
		switch e := event.(type) {
		case participant.Message:
			fmt.Println(e.From, e.Text())
			if e.Text() == "goodbye" {
				_ = lobby.Leave(ctx)
			}
		case participant.Roster:
			fmt.Println(len(e.Users), "are here")
		case participant.Left:
			fmt.Println("left:", e.Reason)
		}
	}
}

func ExampleNew() {
	_, err := participant.New(participant.Config{AOR: "tel:+491234"})
	fmt.Println(err)
	// Output: participant: AOR is no SIP URI with a user part
}

// A bot that joins a conference, answers ping, and leaves when it is told goodbye.
func ExampleUE_Join() {
	bot := func(ctx context.Context) error {
		ue, err := participant.New(participant.Config{AOR: "sip:bot@conf.localhost", Server: "127.0.0.1:5060"})
		if err != nil {
			return err
		}
		defer func() { _ = ue.Close(ctx) }()
		lobby, err := ue.Join(ctx, "sip:lobby@conf.localhost", participant.Options{})
		if err != nil {
			return err // a *sip.Error if the focus refuses
		}
		for event := range lobby.Events() {
			m, ok := event.(participant.Message)
			if !ok || m.History {
				continue
			}
			switch m.Text() {
			case "ping":
				_, err = lobby.Send(ctx, "pong")
			case "goodbye":
				err = lobby.Leave(ctx)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	_ = bot // run it while a server runs
}
