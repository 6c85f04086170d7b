package chat

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/confab-chat/confab/participant"
)

// The page about chat has every command of the help, and every event of the JSON output.
func TestDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "chat.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	commands := regexp.MustCompile(`(?m)[ ;](/[a-z]+)`).FindAllStringSubmatch(helpText, -1)
	if len(commands) < 10 {
		t.Fatalf("the help has %d commands only", len(commands))
	}
	for _, c := range commands {
		if !strings.Contains(page, "`"+c[1]) {
			t.Errorf("%s is not documented", c[1])
		}
	}
	source, err := os.ReadFile("json.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range regexp.MustCompile(`json:"([a-z]+)`).FindAllStringSubmatch(string(source), -1) {
		if key[1] != "event" && !strings.Contains(page, "`"+key[1]+"`") {
			t.Errorf("the field %s is not documented", key[1])
		}
	}
	for _, e := range []any{
		joined{},
		lost{},
		sent{},
		nicknamed{},
		lockChange{},
		transferred{},
		listening{},
		participant.Message{},
		participant.Referral{},
		participant.Roster{},
		participant.Delivered{},
		participant.Failed{},
		participant.Typing{},
		participant.Problem{},
		participant.Left{},
	} {
		name := eventName(t, e)
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the event %s is not documented", name)
		}
	}
}

// eventName is the name that the JSON output gives an event.
func eventName(t *testing.T, e any) string {
	t.Helper()
	var out, bad strings.Builder
	(&jsonPrinter{out: &out, err: &bad}).show(e)
	_, rest, _ := strings.Cut(out.String(), `{"event":"`)
	name, _, ok := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("%T is shown as %q", e, out.String())
	}
	return name
}
