package refer_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const bob = "Refer-To: <sip:bob@ims.example>"

func TestReferral(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-04", "FOC-REF-05", "FOC-REF-06", "FOC-REF-09")
	for status, line := range map[int]string{
		200: "SIP/2.0 200 OK", 486: "SIP/2.0 486 Busy Here", 603: "SIP/2.0 603 Decline", 429: "SIP/2.0 429 Provide Referrer Identity",
	} {
		play(t, func(x *scene) {
			in := x.refer(bob, "Referred-By: <sip:alice@ims.example>")
			r := in.Accept("<sip:conf@10.0.0.1>;isfocus")
			resp := x.peer.Response(202)
			if resp.Header.ToTag() == "" || resp.Header.Value("Contact") != "<sip:conf@10.0.0.1>;isfocus" {
				x.t.Errorf("202 %v", resp.Header.Fields)
			}
			n := x.told("SIP/2.0 100 Trying", "active;expires=180")
			if len(n.Body) != 20 || n.Header.CallID() != resp.Header.CallID() || n.Header.FromTag() != resp.Header.ToTag() ||
				n.Header.ToTag() != "a" || n.Header.Value("Contact") != "<sip:conf@10.0.0.1>;isfocus" ||
				n.URI.String() != "sip:alice@10.0.0.2" {
				x.t.Errorf("NOTIFY %s %v", n.URI, n.Header.Fields)
			}
			<-time.After(3 * time.Second)
			r.Report(status, "")
			x.told(line, "terminated;reason=noresource")
			r.Report(500, "")
			x.peer.Quiet(time.Minute)
		})
	}
}

func TestReferralPace(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-08")
	t.Run("no stale one", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			r := x.accepted()
			r.Report(180, "")
			<-time.After(200 * time.Millisecond)
			r.Report(183, "")
			<-time.After(100 * time.Millisecond)
			r.Report(200, "")
			x.told("SIP/2.0 200 OK", "terminated;reason=noresource")
			x.peer.Quiet(time.Minute)
		})
	})
	t.Run("once a second", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			r := x.accepted()
			r.Report(180, "")
			x.peer.Quiet(900 * time.Millisecond)
			r.Report(183, "Nearly\r\nthere")
			x.told("SIP/2.0 183 Nearlythere", "active;expires=179")
			r.Report(180, "")
			x.peer.Quiet(10 * time.Second)
			r.Report(199, "")
			x.told("SIP/2.0 199 Early Dialog Terminated", "active;expires=169")
			r.Report(200, "Fine")
			x.told("SIP/2.0 200 Fine", "terminated;reason=noresource")
		})
	})
	t.Run("one at a time", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			r := x.refer(bob).Accept("")
			x.peer.Response(202)
			first := x.peer.Request(sipmsg.NOTIFY)
			r.Report(200, "")
			<-time.After(300 * time.Millisecond)
			synctest.Wait()
			x.peer.Answer(first, 200, "", "", "")
			x.told("SIP/2.0 200 OK", "terminated;reason=noresource")
		})
	})
}

func TestReferralEndsEarly(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-10")
	t.Run("unsubscribe", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			r := x.refer(bob).Accept("")
			resp := x.peer.Response(202)
			x.told("SIP/2.0 100 Trying", "active;expires=180")
			x.peer.Send(x.write("SUBSCRIBE", resp.Header.CallID(), resp.Header.ToTag(), "Event: refer", "Expires: 600"))
			if again := x.peer.Response(200); again.Header.Value("Expires") != "600" {
				x.t.Errorf("refresh %v", again.Header.Fields)
			}
			x.told("SIP/2.0 100 Trying", "active;expires=600")
			x.peer.Ask(x.write("SUBSCRIBE", resp.Header.CallID(), resp.Header.ToTag(), "Event: refer;id=7", "Expires: 0"), 403)
			x.peer.Ask(x.write("SUBSCRIBE", resp.Header.CallID(), resp.Header.ToTag(), "Event: refer", "Expires: 0"), 200)
			x.told("SIP/2.0 100 Trying", "terminated;reason=timeout")
			r.Report(200, "")
			x.peer.Quiet(time.Minute)
		})
	})
	t.Run("NOTIFY refused", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			r := x.refer(bob).Accept("")
			x.peer.Response(202)
			x.peer.Answer(x.peer.Request(sipmsg.NOTIFY), 481, "", "", "")
			r.Report(180, "")
			r.Report(200, "")
			x.peer.Quiet(time.Minute)
		})
	})
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		conform.Covers(t, "FOC-REF-18")
		play(t, func(x *scene) {
			r := x.accepted()
			r.Close()
			x.told("SIP/2.0 100 Trying", "terminated;reason=noresource")
			r.Report(200, "")
			x.peer.Quiet(time.Minute)
		})
	})
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		play(t, func(x *scene) {
			r := x.accepted()
			<-time.After(180 * time.Second)
			x.told("SIP/2.0 100 Trying", "terminated;reason=timeout")
			r.Report(200, "")
			x.peer.Quiet(time.Minute)
		})
	})
}

func TestReferralUnwanted(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-11", "FOC-REF-12")
	for _, tt := range []struct {
		field, sub string
		status     int
	}{
		{"Refer-Sub: false", "false", 200},
		{"Refer-Sub: False;x=1\nSupported: norefersub", "false", 200},
		{"Refer-Sub: false\nRequire: norefersub", "false", 200},
		{"Require: nosub", "", 200},
		{"Require: norefersub", "", 202},
		{"Refer-Sub: true", "", 202},
		{"Require: tdialog", "", 202},
	} {
		play(t, func(x *scene) {
			r := x.refer(bob, tt.field).Accept("<sip:conf@10.0.0.1>;isfocus")
			resp := x.peer.Response(tt.status)
			if resp.Header.Value("Refer-Sub") != tt.sub || resp.Header.ToTag() == "" ||
				resp.Header.Value("Contact") != "<sip:conf@10.0.0.1>;isfocus" {
				x.t.Errorf("%s: %v", tt.field, resp.Header.Fields)
			}
			if tt.status == 202 {
				x.told("SIP/2.0 100 Trying", "active;expires=180")
				r.Report(200, "")
				x.told("SIP/2.0 200 OK", "terminated;reason=noresource")
				return
			}
			x.rig.Dialogs(x.t, 0)
			r.Report(180, "")
			r.Report(200, "")
			x.peer.Quiet(2 * time.Second)
		})
	}
}

func TestReferInsideDialog(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-07", "FOC-REF-14")
	play(t, func(x *scene) {
		x.peer.Send(x.write("INVITE", "call", "", "Content-Type: application/sdp", "<v=0"))
		tag := x.peer.Response(200).Header.ToTag()
		x.peer.Send(x.write("ACK", "call", tag))
		inside := func(id string) func(int) {
			x.peer.Send(x.write("REFER", "call", tag, bob))
			in := x.taken()
			if in.Dialog() == nil {
				x.t.Fatal("not inside")
			}
			r := in.Accept("")
			x.peer.Response(202)
			if n := x.told("SIP/2.0 100 Trying", "active;expires=180"); n.Header.Value("Event") != "refer;id="+id ||
				n.Header.FromTag() != tag {
				x.t.Errorf("NOTIFY %v", n.Header.Fields)
			}
			return func(status int) { r.Report(status, "") }
		}
		first, second := inside("3"), inside("4")
		x.peer.Ask(x.write("BYE", "call", tag), 200)
		x.rig.Dialogs(x.t, 1)
		second(486)
		if n := x.told("SIP/2.0 486 Busy Here", "terminated;reason=noresource"); n.Header.Value("Event") != "refer;id=4" {
			x.t.Errorf("NOTIFY %v", n.Header.Fields)
		}
		x.rig.Dialogs(x.t, 1)
		x.peer.Ask(x.write("SUBSCRIBE", "call", tag, "Event: refer", "Expires: 0"), 403)
		x.peer.Ask(x.write("SUBSCRIBE", "call", tag, "Event: refer;id=4", "Expires: 0"), 403)
		x.peer.Ask(x.write("SUBSCRIBE", "call", tag, "Event: refer;id=3", "Expires: 0"), 200)
		x.told("SIP/2.0 100 Trying", "terminated;reason=timeout")
		first(200)
		x.peer.Quiet(time.Minute)
		x.rig.Dialogs(x.t, 0)
	})
}

func TestUninvited(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-13")
	play(t, func(x *scene) {
		x.peer.Ask(x.write("SUBSCRIBE", "s", "", "Event: refer", "Expires: 600"), 403)
		x.peer.Ask(x.write("SUBSCRIBE", "s", "unknown", "Event: refer", "Expires: 600"), 481)
	})
}

// TestReferAgain: that the transaction is over does not make it another REFER.
func TestReferAgain(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-22")
	play(t, func(x *scene) {
		again := func(branch string, status int) {
			x.seq = 0
			x.peer.Send(x.write("REFER", "r", "", bob, "Refer-Sub: false", "-Via", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK"+branch))
			if status != 0 {
				x.peer.Response(status)
			}
		}
		again("one", 0)
		x.taken().Accept("").Report(200, "")
		x.peer.Response(200)
		<-time.After(50 * time.Second) // longer than Timer J
		again("two", 482)
		if x.taken() != nil {
			x.t.Error("acted twice")
		}
		<-time.After(time.Minute)
		again("three", 0)
		x.taken().Reject(&sip.Error{Status: 603}) // which was not carried out
		x.peer.Response(603)
		<-time.After(50 * time.Second)
		again("four", 0)
		x.taken().Accept("")
		x.peer.Response(200)
	})
}

func TestReferOverTwoPaths(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-22")
	play(t, func(x *scene) {
		text := x.write("REFER", "r", "", bob)
		x.peer.Send(text)
		in := x.taken()
		x.seq = 0
		fork := x.write("REFER", "r", "", bob, "-Via", "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKother")
		x.peer.Send(fork)
		x.peer.Response(482)
		if x.taken() != nil {
			x.t.Error("acted twice")
		}
		in.Reject(&sip.Error{Status: 603})
		x.peer.Response(603)
		in.Accept("")
		x.peer.Quiet(time.Minute)
	})
}
