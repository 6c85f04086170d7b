package locate

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// byNAPTR lists the services that a domain names for SIP, of those that we have the
// transport for (RFC 3263 §4.1); none if it names none.
func (l *Locator) byNAPTR(ctx context.Context, h hop) ([]door, error) {
	records, err := ask[*dns.NAPTR](ctx, l, h.host, dns.TypeNAPTR)
	if err != nil {
		return nil, err
	}
	records = slices.DeleteFunc(records, func(r *dns.NAPTR) bool {
		name := transportOf(r.Service)
		return !strings.EqualFold(r.Flags, "s") || r.Regexp != "" || l.available(name) != nil || h.secure && !isSecure(name)
	})
	slices.SortStableFunc(records, func(a, b *dns.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	var doors []door
	for _, r := range records {
		more, err := l.services(ctx, transportOf(r.Service), r.Replacement, "")
		if err != nil {
			return nil, err
		}
		if doors = append(doors, more...); len(doors) >= maxTargets {
			break
		}
	}
	return doors, nil
}

// bySRV asks for the service of each transport that we have, the preferred one first.
// Where there is none the host itself is the server (RFC 3263 §4.1, §4.2).
func (l *Locator) bySRV(ctx context.Context, h hop) ([]door, error) {
	var doors []door
	for _, name := range l.cfg.Transports {
		if srv := service(name, h.host); srv != "" && (!h.secure || isSecure(name)) {
			more, err := l.services(ctx, name, srv, "")
			if err != nil {
				return nil, err
			}
			doors = append(doors, more...)
		}
	}
	if len(doors) == 0 {
		name := h.fallback()
		if err := l.available(name); err != nil {
			return nil, err
		}
		doors = []door{{name, h.host, defaultPort(name)}}
	}
	return doors, nil
}

// services lists what the SRV records of a name say (RFC 2782). Where there are none
// it is host at the default port, if host is not empty.
func (l *Locator) services(ctx context.Context, transport, name, host string) ([]door, error) {
	var records []*dns.SRV
	if name != "" {
		var err error
		if records, err = ask[*dns.SRV](ctx, l, name, dns.TypeSRV); err != nil {
			return nil, err
		}
	}
	if len(records) == 0 && host != "" {
		return []door{{transport, host, defaultPort(transport)}}, nil
	}
	doors := make([]door, 0, len(records))
	for _, r := range order(records, l.cfg.IntN) {
		// RFC 2782: a target of "." says that the service is not offered.
		if r.Target != "." {
			doors = append(doors, door{transport, plain(r.Target), r.Port})
		}
	}
	return doors, nil
}

// order sorts SRV records by priority, and those of the same priority at random, in
// proportion to their weights (RFC 2782).
func order(records []*dns.SRV, intN func(int) int) []*dns.SRV {
	// Weight 0 first: it has a small chance to be selected.
	sorted := slices.SortedStableFunc(slices.Values(records), func(a, b *dns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	for i := range sorted {
		same := sorted[i:]
		if n := slices.IndexFunc(same, func(r *dns.SRV) bool { return r.Priority != same[0].Priority }); n > 0 {
			same = same[:n]
		}
		chosen := draw(same, intN)
		r := same[chosen]
		copy(same[1:chosen+1], same[:chosen])
		same[0] = r
	}
	return sorted
}

// draw chooses one of some records by weight.
func draw(records []*dns.SRV, intN func(int) int) int {
	total := 0
	for _, r := range records {
		total += int(r.Weight)
	}
	number, sum := intN(total+1), 0
	for i, r := range records {
		if sum += int(r.Weight); sum >= number {
			return i
		}
	}
	return 0 // not reached: number is at most the sum of all
}

// plain is a name of DNS as a host of a URI.
func plain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }
