package mixer_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/internal/store"
	"github.com/confab-chat/confab/internal/testnet/fanout"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
)

func TestMain(m *testing.M) { os.Exit(fanout.Main(m, serveConference)) }

// BenchmarkFanOut measures a message's whole way through the server, SIP aside:
// checks, journal, a copy to each leg and the response to it.
func BenchmarkFanOut(b *testing.B) {
	body := wrap(user(0), lobby, "text/plain", strings.Repeat("x", 120))
	for _, n := range []int{100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { fanout.Run(b, n, []byte(body)) })
	}
}

// The kinds of servers that BenchmarkDurable compares.
const (
	durable  = "durable"
	inMemory = "memory"
)

// BenchmarkDurable is the same way with a durable conference, whose commits are synced
// to the disk before the first copy leaves, beside one in memory.
func BenchmarkDurable(b *testing.B) {
	body := wrap(user(0), lobby, "text/plain", strings.Repeat("x", 120))
	for _, n := range []int{10, 100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			b.Setenv("TMPDIR", b.TempDir()) // where the server keeps its files
			fanout.RunBeside(b, durable, inMemory, n, []byte(body))
		})
	}
}

// journalOf returns the journal of a server of a kind.
func journalOf(kind string) (*local.Journal, error) {
	if kind != durable {
		return local.New(local.Limits{}), nil
	}
	db, err := store.Open(context.Background(), store.Options{Dir: os.TempDir()})
	return local.Open(local.Limits{}, db), err
}

func user(i int) string { return fmt.Sprintf("sip:user%d@example.test", i) }

// serveConference is a server with one conference of n members.
func serveConference(n int, out io.Writer) error {
	ep := msrp.New(msrp.Config{PerSource: n + 1, UnboundPerSource: n + 1})
	ln, err := ep.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	m := mixer.New(mixer.Config{Endpoint: ep})
	policy := conference.DefaultPolicy()
	policy.MaxUsers = 0
	policy.History.Durable = fanout.Over() == durable
	j, err := journalOf(fanout.Over())
	if err != nil {
		return err
	}
	dir, err := instance.NewDirectory(instance.Config{
		Journal: j, Domain: "conf.example.test",
		Attach: []func(*instance.Instance) instance.Observer{m.Attach},
	}, instance.Definition{Address: lobbyAddress(), Policy: policy})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, ln.Addr()); err != nil {
		return err
	}
	for i := range n {
		path, err := enter(dir, m, i)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, path); err != nil {
			return err
		}
	}
	return fanout.Usage(out)
}

// enter brings the i-th member in and returns the path of its leg.
func enter(dir *instance.Directory, m *mixer.Mixer, i int) (path string, err error) {
	id := conference.EndpointID("endpoint" + strconv.Itoa(i))
	done := make(chan error, 1)
	admit := conference.Admit{At: time.Now(), Identity: conference.Identity(user(i)), Endpoint: id}
	dir.Join(lobbyAddress(), instance.Admission{Admit: admit}, func(inst *instance.Instance, r instance.Result) {
		if r.Err != nil {
			done <- r.Err
			return
		}
		leg, err := m.Reserve(mixer.LegRequest{
			Instance: inst, Endpoint: id, User: conference.User(user(i)), Addresses: []string{user(i)}, Conference: []string{lobby},
		})
		if err == nil {
			path, err = offerOf(leg, i)
		}
		if err != nil {
			done <- err
			return
		}
		inst.Do(conference.Connect{At: time.Now(), Endpoint: id}, func(r instance.Result) { done <- r.Err })
	})
	return path, <-done
}

func offerOf(leg *mixer.Leg, i int) (string, error) {
	offer, err := sdp.Parse([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=message 9 TCP/MSRP *\r\na=accept-types:message/cpim\r\na=accept-wrapped-types:*\r\na=setup:active\r\na=path:" + fanout.Peer(i) + "\r\n"))
	if err != nil {
		return "", err
	}
	answer, _, err := leg.Answer(offer)
	if err != nil {
		return "", err
	}
	path, ok := answer.Media[0].Attribute("path")
	if !ok {
		return "", errors.New("no path in the answer")
	}
	return path, nil
}
