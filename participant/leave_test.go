package participant

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// leave starts to leave and returns what closes when that is done.
func leave(x *stage, c *Conference) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := c.Leave(x.t.Context()); err != nil {
			x.t.Errorf("Leave: %v", err)
		}
	}()
	return done
}

func TestLeave(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-LVE-01", "PAR-LVE-02")
	bubble(t, func(x *stage) {
		c := x.watch()
		x.notify(1, 200, "active;expires=3600", document("full", 1, "alice"))
		next[Roster](x.t, c)
		done := leave(x, c)
		bye := x.focus.Request(sipmsg.BYE)
		if bye.URI.String() != "sip:lobby@10.0.0.2" || bye.Header.ToTag() != "f" {
			x.t.Errorf("BYE %s %v", bye.URI, bye.Header.Fields)
		}
		if e := next[Left](x.t, c); e != (Left{Reason: "left"}) {
			x.t.Errorf("%+v", e)
		}
		x.focus.Answer(bye, 200, "", "", "")
		<-c.Done()
		x.focus.Quiet(4 * time.Second)
		x.notify(2, 200, "terminated;reason=noresource", "")
		<-done
		x.focus.Quiet(time.Minute)
	})
}

func TestLeaveUnanswered(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-LVE-01")
	for _, status := range []int{481, 500, 0} {
		bubble(t, func(x *stage) {
			c := x.join()
			done := leave(x, c)
			bye := x.focus.Request(sipmsg.BYE)
			if status != 0 {
				x.focus.Answer(bye, status, "", "", "")
			}
			<-done
			next[Left](x.t, c)
			<-time.After(time.Minute)
			if n := x.ue.stack.Dialog.Dialogs(); n != 0 {
				x.t.Errorf("%d: %d dialogs left", status, n)
			}
		})
	}
}

func TestLeaveWithoutNotify(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-LVE-02")
	bubble(t, func(x *stage) {
		c := x.watch()
		x.notify(1, 200, "active;expires=3600", document("full", 1, "alice"))
		done := leave(x, c)
		x.focus.Answer(x.focus.Request(sipmsg.BYE), 200, "", "", "")
		x.focus.Quiet(4900 * time.Millisecond)
		end := x.focus.Request(sipmsg.SUBSCRIBE)
		if end.Header.Value("Expires") != "0" || end.Header.CallID() != x.sub.Header.CallID() {
			x.t.Errorf("SUBSCRIBE %v", end.Header.Fields)
		}
		x.focus.Answer(end, 200, "", "Expires: 0", "")
		<-done
	})
}

func TestFocusHangsUp(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-06")
	bubble(t, func(x *stage) {
		c := x.watch()
		x.notify(1, 200, "active;expires=3600", document("full", 1, "alice"))
		next[Roster](x.t, c)
		x.request(x.invite, "f", "BYE", 1, `Reason: SIP;cause=200;text="Removed by Bob"`)
		x.focus.Response(200)
		if e := next[Left](x.t, c); e != (Left{Reason: "Removed by Bob", ByFocus: true}) {
			x.t.Errorf("%+v", e)
		}
		if _, open := <-c.Events(); open {
			x.t.Error("an event after the last one")
		}
		x.focus.Quiet(30 * time.Second)
		x.notify(2, 200, "terminated;reason=noresource", document("deleted", 2))
		x.focus.Quiet(time.Hour)
	})
}

func TestFocusHangsUpWithoutNotify(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-06")
	bubble(t, func(x *stage) {
		c := x.watch()
		x.notify(1, 200, "active;expires=3600", document("full", 1, "alice"))
		x.request(x.invite, "f", "BYE", 1)
		x.focus.Response(200)
		<-c.Done()
		x.focus.Quiet(31 * time.Second)
		end, ok := x.focus.Next(2 * time.Second).(*sipmsg.Request)
		if !ok || end.Method != sipmsg.SUBSCRIBE || end.Header.Value("Expires") != "0" {
			x.t.Fatalf("no end of the subscription: %v", end)
		}
		x.focus.Answer(end, 481, "", "", "")
		<-time.After(time.Second)
		if n := x.ue.stack.Dialog.Dialogs(); n != 0 {
			x.t.Errorf("%d dialogs left", n)
		}
	})
}
