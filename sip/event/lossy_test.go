package event_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// counter serves a number that grows; each subscriber is told the newest one.
type counter struct {
	mu   sync.Mutex
	n    int
	subs []*event.Subscription
}

func (c *counter) Subscribe(in *event.Incoming) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.subs = append(c.subs, in.Accept(&reading{c: c}, ""))
}

func (c *counter) grow() {
	c.mu.Lock()
	c.n++
	subs := c.subs
	c.mu.Unlock()
	for _, s := range subs {
		s.Changed()
	}
}

type reading struct {
	c    *counter
	told int
}

func (r *reading) Next(p event.Pull) (event.Body, bool) {
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	if !p.Must && !p.Full && r.told == r.c.n {
		return event.Body{}, false
	}
	r.told = r.c.n
	return event.Body{ContentType: "text/plain", Data: strconv.AppendInt(nil, int64(r.told), 10)}, true
}

func (r *reading) Refresh(*sipmsg.Request, transport.Source) *sip.Error { return nil }
func (r *reading) Ended(event.Termination)                              {}

// TestLossyNetwork subscribes over a network that loses a quarter of the datagrams and
// lets others overtake: no watch sees the number fall, and all see the last one.
func TestLossyNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const watches, last = 50, 100
		net := transporttest.Bad(t, transporttest.Odds{Lost: 25, Doubled: 10, Delay: 400 * time.Millisecond})
		c := &counter{}
		notifier := newRig(t, net.Host("10.0.0.1"), event.Package{Name: "conference", Notifier: c})
		defer notifier.Close()
		subscriber := newRig(t, net.Host("10.0.0.2"))
		defer subscriber.Close()
		to, _ := sipmsg.ParseURI("sip:conf@10.0.0.1")
		from, _ := sipmsg.ParseAddress("<sip:alice@ims.example>")
		viewers := make([]*viewer, watches)
		for i := range viewers {
			viewers[i] = &viewer{}
			subscriber.agent.Subscribe(dialog.Outgoing{URI: to, From: from, Contact: "<sip:alice@10.0.0.2>"},
				event.Interest{Event: "conference", Expires: 180}, viewers[i])
		}
		<-time.After(40 * time.Second)
		for range last {
			c.grow()
			<-time.After(3 * time.Second)
		}
		// Where a NOTIFY was never answered the notifier has dropped the subscription;
		// the watch learns of it when it refreshes, within its three minutes.
		<-time.After(4 * time.Minute)
		synctest.Wait()
		lived := 0
		for i, v := range viewers {
			v.mu.Lock()
			seen := -1
			for _, n := range v.notes {
				now, err := strconv.Atoi(string(n.Request.Body))
				if err != nil || now < seen {
					t.Errorf("watch %d: %q after %d", i, n.Request.Body, seen)
				}
				seen = now
			}
			if len(v.ends) == 0 {
				lived++
				if seen != last {
					t.Errorf("watch %d: last saw %d: %v", i, seen, fmt.Sprint(v.ends))
				}
			}
			v.mu.Unlock()
		}
		if lived < watches*9/10 {
			t.Errorf("only %d of %d watches lived", lived, watches)
		}
	})
}
