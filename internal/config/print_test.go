package config_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/config"
)

func printed(t *testing.T, c *config.Config) string {
	t.Helper()
	var out bytes.Buffer
	if err := config.Print(&out, c); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestPrint(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/local.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), printed(t, config.LocalProfile())); diff != "" {
		t.Errorf("local profile (-want +got):\n%s", diff)
	}
}

func TestPrintedParsesToTheSame(t *testing.T) {
	t.Parallel()
	odd := config.LocalProfile()
	odd.SIP.Trust = nil
	odd.Conferences[0].Subject = `# "quoted": ${NOT} a 'variable' \ yes`
	odd.Conferences = append(odd.Conferences, config.Conference{
		URI: "sip:b@conf.localhost", Subject: "null", Members: []string{"example.test"}, Policy: odd.Defaults,
	})
	odd.Conferences[1].Policy.End.EmptyAfter = 90 * time.Minute
	odd.Notify.MinInterval = 1500 * time.Millisecond
	for name, c := range map[string]*config.Config{"default": config.Default(), "local": config.LocalProfile(), "odd": odd} {
		text := printed(t, c)
		if diff := cmp.Diff(c, parse(t, text), equal()); diff != "" {
			t.Errorf("%s (-want +got):\n%s\nprinted as\n%s", name, diff, text)
		}
	}
}

// FuzzParse: a file that is taken prints as one that is taken and means the
// same; one that is not has a fault to show; nothing panics.
func FuzzParse(f *testing.F) {
	f.Add([]byte("domain: conf.example.test\nsip:\n  listen: [udp://127.0.0.1:5060]\n  trust: [10.0.0.0/8, ::1]\n"))
	f.Add([]byte("defaults: &policy {join: members}\nconferences:\n  - uri: sip:a@b.test\n    subject: \"#\\u00e4: x\"\n    policy: *policy\n"))
	f.Add([]byte("conferences: [{uri: 'sip:$${a@b.test', members: [a.test], policy: {<<: {max_users: 3}}}]\nnotify: {min_interval: 1h0.5s}\n"))
	f.Add([]byte("msrp: {max_message: 1500B}\nhttp: {listen: \"\"}\nlog: {level: error}\nstore:\n  path: |-\n    ./x y\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := config.Parse("c", text, nil)
		if err != nil {
			if err.Error() == "" || !strings.HasPrefix(err.Error(), "c:") {
				t.Fatalf("fault %q", err)
			}
			return
		}
		again, err := config.Parse("again", []byte(printed(t, c)), nil)
		if err != nil {
			t.Fatalf("%v\nof\n%s", err, printed(t, c))
		}
		if diff := cmp.Diff(c, again, equal()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}
