package config

import "fmt"

// later reports keys that were set to something this version cannot do, so that
// nobody relies on what is not there. A feature that comes takes its line away.
func later(c *Config, r *reader) {
	d := Default()
	features := []struct {
		key   string
		asked bool
		what  string
	}{
		{"limits.messages_per_second", c.Limits.MessagesPerSecond != d.Limits.MessagesPerSecond, "limit on rates of messages"},
		{"limits.composing_per_second", c.Limits.ComposingPerSecond != d.Limits.ComposingPerSecond, "other limit on composing indications"},
	}
	for _, f := range features {
		if f.asked {
			complain(r, f.key, "not supported yet: this version has no %s", f.what)
		}
	}
	for i, p := range c.SIP.Trust {
		if p.Name != "" {
			complain(r, fmt.Sprintf("sip.trust[%d]", i), "not supported yet: this version knows peers by address only")
		}
	}
}

// laterPolicy gives what a policy asks for and this version lacks, by key.
func laterPolicy(p Policy) map[string]string {
	d := defaultPolicy()
	features := []struct {
		key   string
		asked bool
		what  string
	}{
		{"history.keep", p.History.Keep != d.History.Keep && p.History.Keep != 0, "history"},
		{"history.replay", p.History.Replay != d.History.Replay && p.History.Replay != 0, "history"},
	}
	faults := make(map[string]string)
	for _, f := range features {
		if f.asked {
			faults[f.key] = "not supported yet: this version has no " + f.what
		}
	}
	return faults
}
