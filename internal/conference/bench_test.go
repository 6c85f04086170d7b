package conference

import (
	"fmt"
	"testing"
)

// crowd returns a conference with n users, user i at endpoint "e<i>".
func crowd(b *testing.B, n int) *fold {
	b.Helper()
	f := &fold{}
	policy := DefaultPolicy()
	policy.MaxUsers = 0
	do := func(c Command) {
		events, err := Decide(&f.State, c)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range events {
			f.Apply(f.Position()+1, e)
		}
	}
	do(Create{At: epoch, Policy: policy, First: Admit{At: epoch, Identity: "sip:u0@a.test", Endpoint: "e0"}})
	for i := range n {
		if i > 0 {
			do(Admit{At: epoch, Identity: Identity(fmt.Sprintf("sip:u%d@a.test", i)), Endpoint: EndpointID(fmt.Sprintf("e%d", i))})
		}
		do(Connect{At: epoch, Endpoint: EndpointID(fmt.Sprintf("e%d", i))})
	}
	return f
}

// BenchmarkPost measures deciding and applying one message among 1,000 users.
func BenchmarkPost(b *testing.B) {
	f := crowd(b, 1000)
	ids := make([]string, 4096)
	for i := range ids {
		ids[i] = fmt.Sprintf("%016d", i)
	}
	var events []Event
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m := &Message{At: at(0), User: "sip:u7@a.test", Endpoint: "e7", SenderID: ids[i%len(ids)]}
		events, _ = AppendDecision(events[:0], &f.State, Post{Message: m})
		for _, e := range events {
			f.Apply(f.Position()+1, e)
		}
	}
}

// BenchmarkJoinAndLeave measures one more user who joins 1,000 and leaves.
func BenchmarkJoinAndLeave(b *testing.B) {
	f := crowd(b, 1000)
	commands := []Command{
		Admit{At: epoch, Identity: "sip:late@a.test", Endpoint: "late", Display: "Late"},
		Connect{At: epoch, Endpoint: "late"},
		Leave{At: epoch, Endpoint: "late"},
	}
	var events []Event
	b.ReportAllocs()
	for b.Loop() {
		for _, c := range commands {
			events, _ = AppendDecision(events[:0], &f.State, c)
			for _, e := range events {
				f.Apply(f.Position()+1, e)
			}
			f.NextTimeout()
		}
	}
}
