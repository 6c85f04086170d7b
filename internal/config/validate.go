package config

import (
	"fmt"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// validate checks what several values mean together.
func validate(c *Config, r *reader) {
	validateListeners(c, r)
	validateTLS(c, r)
	validateTrust(c, r)
	validateLocal(c, r)
	validateAddresses(c, r)
	validateUsers(c, r)
	validateWebSocketAuth(c, r)
	validatePolicies(c, r)
}

// complain reports what is wrong with the value of key where that was given, but
// says nothing of a value that was not even readable.
func complain(r *reader, key, format string, args ...any) {
	if r.bad[key] {
		return
	}
	r.fault(r.place(key), key, format, args...)
}

// validateLocal: who is taken for whom he says he is must be on this machine.
func validateLocal(c *Config, r *reader) {
	if !c.Auth.Local {
		return
	}
	check := func(key, address string) {
		if !r.bad[key] && !loopback(address) {
			complain(r, "auth.local", "is only allowed while every listener is on loopback, and %s, %s, is not", key, address)
		}
	}
	for i, l := range c.SIP.Listen {
		check(fmt.Sprintf("sip.listen[%d]", i), l.Address)
	}
	for i, l := range c.MSRP.Listen {
		check(fmt.Sprintf("msrp.listen[%d]", i), l.Address)
	}
	if c.HTTP.Listen != "" {
		check("http.listen", c.HTTP.Listen)
	}
}

// validateAddresses: each factory and conference has a URI of its own.
func validateAddresses(c *Config, r *reader) {
	type named struct {
		key string
		uri sipmsg.URI
	}
	var seen []named
	claim := func(key, text string) {
		uri, err := sipmsg.ParseURI(text)
		if r.bad[key] || err != nil || uri.User == "" {
			complain(r, key, "%q has no user part", text)
			return
		}
		for _, other := range seen {
			if other.uri.Equal(uri) {
				complain(r, key, "%s is taken by %s", text, other.key)
				return
			}
		}
		seen = append(seen, named{key, uri})
	}
	for i, text := range c.Factory {
		claim(fmt.Sprintf("factory[%d]", i), text)
	}
	for i := range c.Conferences {
		switch key := fmt.Sprintf("conferences[%d]", i); {
		case r.bad[key]:
		case c.Conferences[i].URI == "":
			complain(r, key+".uri", "is missing")
		default:
			claim(key+".uri", c.Conferences[i].URI)
		}
	}
}

// validatePolicies reports what is wrong with a policy once: where it was given,
// not again in each conference that inherits it.
func validatePolicies(c *Config, r *reader) {
	policyFaults := func(p Policy) map[string]string {
		faults := policyFaults(p)
		if p.History.Durable && c.Store.Path == "" {
			faults["history.durable"] = "needs a folder: store.path is empty"
		}
		return faults
	}
	showWhatIsKept(&c.Defaults, "defaults", r)
	inherited := policyFaults(c.Defaults)
	for key, text := range inherited {
		complain(r, "defaults."+key, "%s", text)
	}
	for i := range c.Conferences {
		policy := fmt.Sprintf("conferences[%d].policy", i)
		showWhatIsKept(&c.Conferences[i].Policy, policy, r)
		for name, text := range policyFaults(c.Conferences[i].Policy) {
			key := policy + "." + name
			if inherited[name] != text || r.given(key) {
				complain(r, key, "%s", text)
			}
		}
	}
}

// showWhatIsKept lowers an inherited number of messages shown to that of those kept.
func showWhatIsKept(p *Policy, key string, r *reader) {
	if !r.given(key + ".history.replay") {
		p.History.Replay = min(p.History.Replay, p.History.Keep)
	}
}

// policyFaults gives what is wrong with a policy by key.
func policyFaults(p Policy) map[string]string {
	faults := make(map[string]string)
	if p.History.Replay > p.History.Keep {
		faults["history.replay"] = fmt.Sprintf("%d messages cannot be shown when %d are kept", p.History.Replay, p.History.Keep)
	}
	return faults
}
