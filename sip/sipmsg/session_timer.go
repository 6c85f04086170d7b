package sipmsg

import "strconv"

// SessionExpires is the session interval (RFC 4028 §4). The same form serves
// Min-SE, where Refresher is empty.
type SessionExpires struct {
	Seconds uint32
	// Refresher is "uac", "uas" or empty.
	Refresher string
}

// String returns the value of the header field.
func (s SessionExpires) String() string {
	v := strconv.FormatUint(uint64(s.Seconds), 10)
	if s.Refresher != "" {
		v += Params{{Name: "refresher", Value: s.Refresher}}.String()
	}
	return v
}

// SessionExpires returns the Session-Expires field.
func (h *Header) SessionExpires() (SessionExpires, error) { return h.interval("Session-Expires") }

// MinSE returns the seconds of the Min-SE field, and whether it is there and well
// formed.
func (h *Header) MinSE() (uint32, bool) {
	s, err := h.interval("Min-SE")
	return s.Seconds, err == nil
}

func (h *Header) interval(name string) (SessionExpires, error) {
	value, params, err := h.tokenParams(name)
	if err != nil {
		return SessionExpires{}, err
	}
	n, ok := parseSeconds(value)
	if !ok {
		return SessionExpires{}, malformed(name, "malformed delta-seconds")
	}
	refresher, _ := params.Lookup("refresher")
	return SessionExpires{Seconds: n, Refresher: lower(refresher)}, nil
}
