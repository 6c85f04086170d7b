package instance

import (
	"regexp"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

func TestUserPartsCannotBeGuessed(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-DSP-03")
	// 26 characters of an alphabet of 32 are 130 random bits; all unreserved and
	// of one case.
	form := regexp.MustCompile(`^[a-z2-7]{26}$`)
	const n = 100_000
	seen := make(map[string]bool, n)
	var used [26]map[byte]bool
	for range n {
		user := randomUser()
		if !form.MatchString(user) || seen[user] {
			t.Fatalf("user part %q", user)
		}
		seen[user] = true
		for k := range user {
			if used[k] == nil {
				used[k] = make(map[byte]bool)
			}
			used[k][user[k]] = true
		}
	}
	for k, letters := range used {
		if len(letters) != 32 {
			t.Errorf("place %d has only %d letters", k, len(letters))
		}
	}
}

func TestAddressAndID(t *testing.T) {
	t.Parallel()
	for address, want := range map[Address]string{
		{User: "lobby", Host: "conf.test"}:    "sip:lobby@conf.test",
		{User: "a b%@", Host: "conf.test"}:    "sip:a%20b%25%40@conf.test",
		{User: "x?;=+", Host: "[2001::1]"}:    "sip:x?;=+@[2001::1]",
		{User: "caf\xc3\xa9", Host: "c.test"}: "sip:caf%C3%A9@c.test",
	} {
		if got := string(address.ID()); got != want {
			t.Errorf("%+v: %s, want %s", address, got, want)
		}
	}
}
