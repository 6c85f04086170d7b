package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/testnet/fanout"
)

func TestMain(m *testing.M) { os.Exit(fanout.Main(m, serveCrowd)) }

// crowdRooms is how many conferences serveCrowd has besides the lobby.
const crowdRooms = 100

func crowdRoom(i int) string { return fmt.Sprintf("sip:room%d@conf.localhost", i) }

// serveCrowd is the whole server for a benchmark, with so many seconds between
// two notifications of a subscriber.
func serveCrowd(seconds int, out io.Writer) error {
	cfg := config.Default()
	cfg.SIP.Listen = []config.Listener{{Network: "tcp", Address: "127.0.0.1:0"}}
	cfg.MSRP.Listen = []config.Listener{{Network: "tcp", Address: "127.0.0.1:0"}}
	if fanout.Over() != fanout.TCP {
		everywhere(cfg)
	}
	cfg.HTTP.Listen, cfg.Store.Path, cfg.Auth.Local = "", "", true
	cfg.Limits = config.Limits{SIPBacklog: 16 << 20} // the default: everybody is behind one connection
	cfg.Defaults.MaxUsers = 0
	cfg.Mixer.SenderRate, cfg.Mixer.FanOutRate = 0, 0
	cfg.Conferences = []config.Conference{{URI: lobby, Policy: cfg.Defaults}}
	for i := range crowdRooms {
		cfg.Conferences = append(cfg.Conferences, config.Conference{URI: crowdRoom(i), Policy: cfg.Defaults})
	}
	cfg.Notify.MinInterval = time.Duration(seconds) * time.Second
	s, err := New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if err = s.Start(context.Background()); err != nil {
		return err
	}
	at, _ := s.Addr("sip", "tcp")
	if _, err := fmt.Fprintln(out, at); err != nil {
		return err
	}
	if web, ok := s.Addr("msrp", "ws"); ok {
		if _, err := fmt.Fprintf(out, "%s/msrp\n", web); err != nil {
			return err
		}
	}
	return fanout.Usage(out)
}

// BenchmarkJoin is the way of one user more into a conference whose members have
// all subscribed: INVITE, 200, ACK, MSRP connection and bind, SUBSCRIBE, the
// first document. With an interval the others are told every five seconds of
// all who came; at once, each of them of each, which is O(members) a join.
func BenchmarkJoin(b *testing.B) {
	for name, seconds := range map[string]int{"paced": 5, "at_once": 0} {
		for _, members := range []int{10, 100, 1000} {
			b.Run(name+"/members="+strconv.Itoa(members), func(b *testing.B) { benchmarkJoin(b, seconds, members) })
		}
	}
}

func benchmarkJoin(b *testing.B, seconds, members int) {
	b.Helper()
	s := fanout.Start(b, seconds)
	crowd := fanout.NewCrowd(b, s.Address(), lobby, 0)
	joinMany(b, crowd, "member", members)
	round := max(members/10, 10)
	var cpu, wall time.Duration
	joined := 0
	b.ResetTimer()
	for done := 0; done < b.N; done += round {
		n := min(round, b.N-done)
		before, begin := s.CPU(), time.Now()
		late := joinMany(b, crowd, fmt.Sprintf("late%d-", done), n)
		wall += time.Since(begin)
		cpu += s.CPU() - before
		joined += n
		for _, m := range late {
			if err := m.Leave(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(cpu.Microseconds())/float64(joined), "cpu-µs/join")
	b.ReportMetric(float64(joined)/wall.Seconds(), "joins/s")
	b.ReportMetric(0, "ns/op")
}

// joinMany has n users join and subscribe, eight at a time.
func joinMany(b *testing.B, crowd *fanout.Crowd, name string, n int) []*fanout.Member {
	b.Helper()
	return joinSome(b, crowd, name, n, true)
}

func joinSome(b *testing.B, crowd *fanout.Crowd, name string, n int, watch bool) []*fanout.Member {
	b.Helper()
	members := make([]*fanout.Member, n)
	next := make(chan int)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for i := range next {
				m, err := crowd.Join(name+strconv.Itoa(i), watch)
				if err != nil {
					b.Error(err)
					continue
				}
				members[i] = m
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	if b.Failed() {
		b.FailNow()
	}
	return members
}
