package instance_test

import (
	"context"
	"fmt"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
)

// printer is an observer that prints messages, as the mixer copies them.
type printer struct{}

func (printer) Applied(s *conference.State, at conference.Position, e conference.Event) {
	if p, ok := e.(conference.Posted); ok {
		fmt.Printf("%d %s to %d users: %s\n", at, p.Message.User, s.UserCount(), p.Message.Body)
	}
}

// A reserved conference comes to life when the first user joins.
func Example() {
	lobby := instance.Address{User: "lobby", Host: "conf.example.test"}
	d, err := instance.NewDirectory(instance.Config{
		Journal: local.New(local.Limits{}),
		Domain:  "conf.example.test",
		Attach: []func(*instance.Instance) instance.Observer{
			func(*instance.Instance) instance.Observer { return printer{} },
		},
	}, instance.Definition{Address: lobby, Policy: conference.DefaultPolicy()})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Now()
	alice := instance.Admission{Admit: conference.Admit{At: now, Identity: "sip:alice@example.test", Endpoint: "a"}}
	over := make(chan *instance.Instance)
	d.Join(lobby, alice, func(i *instance.Instance, r instance.Result) {
		fmt.Println(r.Err, d.Lookup(lobby).Status)
		i.Do(conference.Connect{At: now, Endpoint: "a"}, nil)
		i.Do(conference.Post{Message: &conference.Message{
			At: now, User: "sip:alice@example.test", Endpoint: "a", Body: []byte("hello"),
		}}, nil)
		i.Do(conference.Leave{At: now, Endpoint: "a", Cause: conference.CauseHungup}, nil)
		over <- i
	})
	<-(<-over).Gone()
	fmt.Println(d.Lookup(lobby).Status)
	if err := d.Shutdown(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// <nil> creating
	// 4 sip:alice@example.test to 1 users: hello
	// reserved
}
