package locate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// maxAliases is how many CNAME records in a row are followed.
const maxAliases = 8

// errServer says that a name server could not answer.
var errServer = errors.New("sip locate: name server failed")

// nameServers returns the servers to ask and the domains to search for names of one
// label (resolv.conf(5)).
func nameServers(cfg *Config) (servers, search []string) {
	port := "53"
	servers = cfg.Servers
	if len(servers) == 0 {
		if system, err := dns.ClientConfigFromFile(cfg.ResolvConf); err == nil {
			servers, search, port = system.Servers, system.Search, system.Port
		}
	}
	if len(servers) == 0 {
		servers = []string{"127.0.0.1"}
	}
	full := make([]string, len(servers))
	for i, s := range servers {
		if full[i] = s; !hasPort(s) {
			full[i] = net.JoinHostPort(strings.Trim(s, "[]"), port)
		}
	}
	return full, search
}

func hasPort(s string) bool {
	_, err := netip.ParseAddrPort(s)
	return err == nil
}

// ask returns the records of a type, empty if there are none. Answers come from
// memory while they last, and the same question is asked once at a time.
func ask[R dns.RR](ctx context.Context, l *Locator, name string, kind uint16) ([]R, error) {
	q := question{name: strings.ToLower(dns.Fqdn(name)), kind: kind}
	if _, ok := dns.IsDomainName(q.name); !ok || len(q.name) > 254 {
		return nil, fmt.Errorf("%w: %q is no name", ErrNotFound, name)
	}
	one, mine := l.answers.claim(q, l.cfg.Now())
	if mine {
		l.find(ctx, q, one)
	} else {
		l.count.remembered.Add(1)
	}
	all, err := one.wait(ctx)
	if err != nil {
		return nil, err
	}
	records := make([]R, 0, len(all))
	for _, r := range all {
		if r, ok := r.(R); ok {
			records = append(records, r)
		}
	}
	return records, nil
}

// find asks the name servers and settles the answer.
func (l *Locator) find(ctx context.Context, q question, one *answer) {
	select {
	case l.asking <- struct{}{}:
		defer func() { <-l.asking }()
	case <-ctx.Done():
		one.settle(nil, context.Cause(ctx), time.Time{})
		return
	}
	records, life, err := l.chase(ctx, q)
	switch {
	case ctx.Err() != nil && err != nil:
		life = 0 // not the fault of the servers
	case err != nil:
		life = failed
		l.count.unanswered.Add(1)
		l.cfg.Log.DebugContext(ctx, "name servers do not answer", "name", q.name, "error", err)
	}
	one.settle(records, err, l.cfg.Now().Add(life))
}

// chase asks for a name and the names that it stands for.
func (l *Locator) chase(ctx context.Context, q question) (records []dns.RR, life time.Duration, err error) {
	life = longest
	for range maxAliases {
		m, err := l.query(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		found, end := extract(m, q)
		life = min(life, lifetime(m, found))
		if len(found) > 0 || end == q.name {
			return found, life, nil
		}
		q.name = end
	}
	return nil, negative, nil
}

// extract takes the records of a question from an answer, and the name at the end of
// the aliases in it.
func extract(m *dns.Msg, q question) (found []dns.RR, end string) {
	end = q.name
	for range maxAliases {
		alias := ""
		for _, r := range m.Answer {
			if !strings.EqualFold(r.Header().Name, end) {
				continue
			}
			if c, ok := r.(*dns.CNAME); ok {
				alias = strings.ToLower(c.Target)
			} else if r.Header().Rrtype == q.kind {
				found = append(found, r)
			}
		}
		if len(found) > 0 || alias == "" {
			break
		}
		end = alias
	}
	return found, end
}

// query asks the servers one after the other, each at most twice.
func (l *Locator) query(ctx context.Context, q question) (*dns.Msg, error) {
	var failures []error
	for range 2 {
		for _, server := range l.servers {
			m, err := l.exchange(ctx, q, server)
			if err == nil {
				return m, nil
			}
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			failures = append(failures, err)
		}
	}
	return nil, errors.Join(failures...)
}

// exchange asks one server, over UDP and, if the answer is too long for that, over
// TCP (RFC 7766 §5).
func (l *Locator) exchange(ctx context.Context, q question, server string) (*dns.Msg, error) {
	ask := new(dns.Msg).SetQuestion(q.name, q.kind)
	ask.SetEdns0(1232, false)
	for _, network := range []string{"udp", "tcp"} {
		l.count.questions.Add(1)
		m, err := l.roundTrip(ctx, ask, network, server)
		switch {
		case err != nil:
			return nil, err
		case m.Truncated && network == "udp":
			continue
		case len(m.Question) != 1 || !strings.EqualFold(m.Question[0].Name, q.name) || m.Question[0].Qtype != q.kind:
			return nil, fmt.Errorf("%w: %s answers another question", errServer, server)
		case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
			return nil, fmt.Errorf("%w: %s says %s", errServer, server, dns.RcodeToString[m.Rcode])
		}
		return m, nil
	}
	return nil, errServer // not reached: TCP is the last
}

// roundTrip sends a question from a port of its own and takes the answer; it ends
// with ctx.
func (l *Locator) roundTrip(ctx context.Context, ask *dns.Msg, network, server string) (*dns.Msg, error) {
	client := dns.Client{Net: network, Timeout: l.cfg.Timeout}
	conn, err := client.DialContext(ctx, server)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	m, _, err := client.ExchangeWithConnContext(ctx, ask, conn)
	_ = conn.Close() // once more, perhaps
	return m, err
}
