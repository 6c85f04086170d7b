package ua_test

import (
	"context"
	"fmt"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/ua"
)

// echo answers every INVITE with the offer it brings.
type echo struct{}

func (echo) Invite(in *invite.Incoming) {
	in.Accept(invite.Answer{Body: in.Request().Body}, echo{})
}

func (echo) Confirmed(*sipmsg.Request)     { fmt.Println("callee: confirmed") }
func (echo) Reoffer(r *invite.Reoffer)     { r.Accept(invite.Answer{Body: r.Request().Body}, nil) }
func (echo) Ended(end invite.End)          { fmt.Println("callee:", end.Cause) }
func (c caller) Confirmed(*sipmsg.Request) {}
func (c caller) Reoffer(r *invite.Reoffer) { r.Accept(invite.Answer{}, nil) }
func (c caller) Ended(end invite.End)      { fmt.Println("caller:", end.Cause) }

// caller hangs up as soon as it is answered.
type caller struct{ done chan<- struct{} }

func (c caller) Progress(*sipmsg.Response) {}

func (c caller) Answered(s *invite.Session, _ *sipmsg.Response, answer []byte) (invite.SessionHandler, invite.Answer) {
	fmt.Printf("caller: answered %q\n", answer)
	s.Bye()
	close(c.done)
	return c, invite.Answer{}
}

func (c caller) Failed(err error) {
	fmt.Println("caller:", err)
	close(c.done)
}

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	callee := ua.New(ua.Config{Invite: echo{}})
	at, err := callee.Listen(ctx, "udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	stack := ua.New(ua.Config{})
	from, err := stack.Listen(ctx, "udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}

	done := make(chan struct{})
	uri, _ := sipmsg.ParseURI("sip:echo@" + at.String())
	me, _ := sipmsg.ParseAddress("<sip:alice@example.org>")
	stack.Invite.Invite(dialog.Outgoing{
		URI: uri, From: me, Contact: dialog.ContactAt("sip", "alice", "udp", from.String()), Body: []byte("v=0\r\n"),
	}, caller{done})
	<-done

	fmt.Println(stack.Shutdown(ctx), callee.Shutdown(ctx))
	// Unordered output:
	// caller: answered "v=0\r\n"
	// callee: confirmed
	// caller: local bye
	// callee: remote bye
	// <nil> <nil>
}
