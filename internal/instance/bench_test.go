package instance_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
)

// crowd returns a conference with n users, user k at endpoint "e<k>", and one
// observer.
func crowd(b *testing.B, n int) *instance.Instance {
	b.Helper()
	policy := conference.DefaultPolicy()
	policy.MaxUsers, policy.End.MaxDuration = 0, 0
	d, err := instance.NewDirectory(instance.Config{
		Journal: local.New(local.Limits{}), Domain: domain, Policy: policy,
		Queue: instance.Queue{Commands: 1 << 20, Octets: 1 << 30},
		Attach: []func(*instance.Instance) instance.Observer{
			func(*instance.Instance) instance.Observer { return &counter{} },
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := d.Shutdown(context.Background()); err != nil {
			b.Error(err)
		}
	})
	ready := make(chan *instance.Instance)
	now := time.Now()
	d.Create(instance.Founding{}, instance.Admission{Admit: conference.Admit{At: now, Identity: "sip:u0@a.test", Endpoint: "e0"}},
		func(i *instance.Instance, r instance.Result) {
			if r.Err != nil {
				b.Error(r.Err)
			}
			i.Do(conference.Connect{At: now, Endpoint: "e0"}, nil)
			for k := 1; k < n; k++ {
				ep := conference.EndpointID(fmt.Sprintf("e%d", k))
				i.Do(conference.Admit{At: now, Identity: conference.Identity(fmt.Sprintf("sip:u%d@a.test", k)), Endpoint: ep}, nil)
				i.Do(conference.Connect{At: now, Endpoint: ep}, nil)
			}
			i.Do(conference.Expire{At: now}, func(instance.Result) { ready <- i })
		})
	return <-ready
}

// BenchmarkPost measures a message from Do to done among 1,000 users, with many
// under way at a time.
func BenchmarkPost(b *testing.B) {
	i := crowd(b, 1000)
	ids := make([]string, 8192)
	for k := range ids {
		ids[k] = fmt.Sprintf("%016d", k)
	}
	body := make([]byte, 280)
	now := time.Now()
	const window = 64
	free := make(chan struct{}, window)
	for range window {
		free <- struct{}{}
	}
	done := func(instance.Result) { free <- struct{}{} }
	b.ReportAllocs()
	for k := 0; b.Loop(); k++ {
		<-free
		i.Do(conference.Post{Message: &conference.Message{
			At: now, ID: ids[k%len(ids)], User: "sip:u7@a.test", Endpoint: "e7", SenderID: ids[k%len(ids)], Body: body,
		}}, done)
	}
	for range window {
		<-free
	}
}

// BenchmarkJoin measures one more user who joins 1,000, connects and leaves.
func BenchmarkJoin(b *testing.B) {
	i := crowd(b, 1000)
	now := time.Now()
	var left sync.WaitGroup
	done := func(instance.Result) { left.Done() }
	b.ReportAllocs()
	for b.Loop() {
		left.Add(1)
		i.Do(conference.Admit{At: now, Identity: "sip:late@a.test", Endpoint: "late"}, nil)
		i.Do(conference.Connect{At: now, Endpoint: "late"}, nil)
		i.Do(conference.Leave{At: now, Endpoint: "late"}, done)
		left.Wait()
	}
}
