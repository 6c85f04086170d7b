package instance_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
)

// counter counts what happens, over all conferences.
type counter struct {
	created, ended, admitted, departed, posted atomic.Int64
}

func (c *counter) Applied(s *conference.State, _ conference.Position, e conference.Event) {
	switch e.(type) {
	case conference.Created:
		c.created.Add(1)
	case conference.Admitted:
		c.admitted.Add(1)
	case conference.Departed:
		c.departed.Add(1)
	case conference.Posted:
		c.posted.Add(1)
	case conference.Ended:
		c.ended.Add(1)
		for p := range s.Participants() {
			for range p.Endpoints() {
				c.departed.Add(1)
			}
		}
	}
}

// TestManyAtOnce has users come, talk and go in a few reserved conferences that
// begin and end all the time.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const rooms, users, rounds = 3, 8, 60
	var count counter
	var reserved []instance.Definition
	for n := range rooms {
		reserved = append(reserved, instance.Definition{
			Address: instance.Address{User: fmt.Sprintf("room%d", n), Host: domain},
		})
	}
	d, err := instance.NewDirectory(instance.Config{
		Journal: local.New(local.Limits{}), Domain: domain,
		Attach: []func(*instance.Instance) instance.Observer{
			func(*instance.Instance) instance.Observer { return &count },
		},
	}, reserved...)
	if err != nil {
		t.Fatal(err)
	}
	var posted atomic.Int64
	visit := func(user, round int) {
		id := fmt.Sprintf("sip:u%d@a.test", user)
		ep := conference.EndpointID(fmt.Sprintf("%d.%d", user, round))
		var done sync.WaitGroup
		done.Add(1)
		d.Join(reserved[round%rooms].Address, admit(conference.Identity(id), ep), func(i *instance.Instance, r instance.Result) {
			if r.Err != nil {
				done.Done() // it was just ending
				return
			}
			now := time.Now()
			i.Do(conference.Connect{At: now, Endpoint: ep}, nil)
			for n := range 3 {
				m := &conference.Message{At: now, User: conference.User(id), Endpoint: ep, SenderID: fmt.Sprint(ep, n)}
				i.Do(conference.Post{Message: m}, func(r instance.Result) {
					if r.Err == nil {
						posted.Add(1)
					}
				})
			}
			i.Do(conference.Leave{At: now, Endpoint: ep}, func(instance.Result) { done.Done() })
		})
		done.Wait()
	}
	var wg sync.WaitGroup
	for user := range users {
		wg.Go(func() {
			for round := range rounds {
				visit(user, round)
			}
		})
	}
	wg.Wait()
	if err := d.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if c, e := count.created.Load(), count.ended.Load(); c == 0 || c != e {
		t.Errorf("%d created, %d ended", c, e)
	}
	if a, e := count.admitted.Load(), count.departed.Load(); a == 0 || a != e {
		t.Errorf("%d admitted, %d departed", a, e)
	}
	if p, q := posted.Load(), count.posted.Load(); p != q {
		t.Errorf("%d posts answered, %d seen", p, q)
	}
	for _, e := range d.All() {
		if e.Status != instance.Reserved {
			t.Errorf("%s is %v", e.ID, e.Status)
		}
	}
}
