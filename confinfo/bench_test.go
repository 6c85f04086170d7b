package confinfo

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// roster is a conference of n connected users.
func roster(n int) *Document {
	d := &Document{
		Entity: conferenceURI, Version: 1,
		Description:     &Description{Subject: "Monday shift", ConferenceURIs: []URI{{URI: conferenceURI, Purpose: "participation"}}},
		ConferenceState: &ConferenceState{UserCount: uint32(n), Active: true},
		Users:           &Users{},
	}
	when := time.Date(2026, 11, 22, 9, 0, 1, 0, time.UTC)
	for i := range n {
		d.Users.List = append(d.Users.List, User{
			Entity: fmt.Sprintf("sip:user%d@ims.example", i), DisplayText: fmt.Sprintf("User %d", i), Roles: []string{"participant"},
			Endpoints: []Endpoint{{
				Entity: fmt.Sprintf("ep-%08x", i), Status: StatusConnected, JoiningMethod: DialedIn,
				JoiningInfo: Execution{When: when}, Media: message(SendRecv),
			}},
		})
	}
	return d
}

// sized is a conference of one size.
type sized struct {
	name string
	doc  *Document
}

func sizes() []sized { return []sized{{"100", roster(100)}, {"1000", roster(1000)}} }

func BenchmarkAppend(b *testing.B) {
	for _, s := range sizes() {
		b.Run(s.name, func(b *testing.B) {
			d := s.doc
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				buf = d.Append(buf[:0])
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkTemplate(b *testing.B) {
	for _, s := range sizes() {
		b.Run(s.name, func(b *testing.B) {
			d := s.doc
			b.ReportAllocs()
			t := NewTemplate(d)
			var buf []byte
			for version := uint32(0); b.Loop(); version++ {
				buf = t.Append(buf[:0], version)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	for _, s := range sizes() {
		b.Run(s.name, func(b *testing.B) {
			d := s.doc
			b.ReportAllocs()
			text := d.Append(nil)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if _, err := Unmarshal(text, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDiff: one more user, as in a join.
func BenchmarkDiff(b *testing.B) {
	for _, s := range sizes() {
		b.Run(s.name, func(b *testing.B) {
			before := s.doc
			b.ReportAllocs()
			after := *before
			after.Users = &Users{List: append(slices.Clone(before.Users.List), User{Entity: "sip:new@ims.example"})}
			for b.Loop() {
				if d, changed := Diff(before, &after); !changed || len(d.Users.List) != 1 {
					b.Fatal("not one user more")
				}
			}
		})
	}
}
