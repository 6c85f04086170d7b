package sipmsg

import "strconv"

// SubscriptionState is the state a notifier reports (RFC 6665 §8.2.3).
type SubscriptionState struct {
	// State is active, pending, terminated or an extension, in lower case.
	State string
	// Params hold reason, expires, retry-after and extensions.
	Params Params
}

// Reason returns why a subscription ended, in lower case, "" if not said.
func (s SubscriptionState) Reason() string {
	r, _ := s.Params.Lookup("reason")
	return lower(r)
}

// Expires returns the seconds left, and whether they are named.
func (s SubscriptionState) Expires() (uint32, bool) { return s.Params.seconds("expires") }

// RetryAfter returns the seconds to wait before a new subscription, and whether
// they are named.
func (s SubscriptionState) RetryAfter() (uint32, bool) { return s.Params.seconds("retry-after") }

// String returns the value of the header field.
func (s SubscriptionState) String() string { return s.State + s.Params.String() }

// SubscriptionState returns the Subscription-State field.
func (h *Header) SubscriptionState() (SubscriptionState, error) {
	value, params, err := h.tokenParams("Subscription-State")
	return SubscriptionState{State: lower(value), Params: params}, err
}

// seconds reads a delta-seconds parameter.
func (p Params) seconds(name string) (uint32, bool) {
	v, _ := p.Lookup(name)
	return parseSeconds(v)
}

// parseSeconds reads delta-seconds; values beyond 32 bits are not ok.
func parseSeconds(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && allDigits(s)
}
