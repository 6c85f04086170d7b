package conference

import (
	"encoding"
	"testing"
)

func TestPolicyWords(t *testing.T) {
	t.Parallel()
	var join Join
	var right Right
	for value, words := range map[encoding.TextUnmarshaler][]string{
		&join:  {"open", "members", "moderated"},
		&right: {"participants", "moderators", "owner"},
	} {
		for _, word := range words {
			if err := value.UnmarshalText([]byte(word)); err != nil {
				t.Error(err)
			}
			back, ok := value.(encoding.TextMarshaler)
			if !ok {
				t.Fatalf("%T does not marshal", value)
			}
			if text, err := back.MarshalText(); err != nil || string(text) != word {
				t.Errorf("%q comes back as %q, %v", word, text, err)
			}
		}
		if err := value.UnmarshalText([]byte("Open")); err == nil {
			t.Errorf("%T takes anything", value)
		}
	}
}

func TestEveryValueHasItsWord(t *testing.T) {
	t.Parallel()
	distinct := func(words ...string) {
		t.Helper()
		seen := make(map[string]bool)
		for _, w := range words {
			if w == "" || seen[w] {
				t.Errorf("word %q in %q", w, words)
			}
			seen[w] = true
		}
	}
	words := func(n int, word func(int) string) []string {
		all := make([]string, n+1) // one beyond the last value
		for i := range all {
			all[i] = word(i)
		}
		return all
	}
	distinct(words(int(CodeNicknameTaken), func(i int) string { return Code(i).String() })...)
	distinct(words(int(PhaseEnded), func(i int) string { return Phase(i).String() })...)
	distinct(words(int(NoStream), func(i int) string { return Direction(i).String() })...)
	distinct(words(int(StatusOnHold), func(i int) string { return Status(i).String() })...)
	distinct(words(int(CauseReplaced), func(i int) string { return Cause(i).String() })...)
	distinct(words(int(EndFault), func(i int) string { return EndCause(i).String() })...)
	distinct(words(int(RoleOwner), func(i int) string { return Role(i).String() })...)
	distinct(words(int(FromReserve), func(i int) string { return Origin(i).String() })...)
	distinct(DialedIn.String(), DialedOut.String())
}

func TestDisconnectionMethods(t *testing.T) {
	t.Parallel()
	for cause, want := range map[Cause]string{
		CauseHungup: "departed", CauseCancelled: "departed", CauseReplaced: "departed", CauseRemoved: "booted",
		CauseBusy: "busy", CauseFailed: "failed", CauseLost: "failed", CauseUnacknowledged: "failed",
	} {
		if got := cause.DisconnectionMethod(); got != want {
			t.Errorf("%v: %s, want %s", cause, got, want)
		}
	}
}
