package sipmsg

import "time"

// Expires returns the seconds of the Expires field, and whether it is there and
// well formed; a value beyond 32 bits counts as absent (RFC 4475 §3.1.2.4).
func (h *Header) Expires() (uint32, bool) { return parseSeconds(h.Value("Expires")) }

// MinExpires returns the seconds of the Min-Expires field, and whether it is
// there and well formed.
func (h *Header) MinExpires() (uint32, bool) { return parseSeconds(h.Value("Min-Expires")) }

// RetryAfter returns the wait that the Retry-After field asks for, and whether it
// is there and well formed. Comment and parameters are passed over.
func (h *Header) RetryAfter() (time.Duration, bool) {
	s := h.Value("Retry-After")
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	n, ok := parseSeconds(s[:i])
	return time.Duration(n) * time.Second, ok
}

// Date returns the Date field, and whether it is there and in GMT as RFC 3261
// §20.17 demands; any other form is as good as none.
func (h *Header) Date() (time.Time, bool) {
	t, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", h.Value("Date"))
	return t, err == nil
}

// FormatDate writes t for a Date field.
func FormatDate(t time.Time) string { return t.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT") }
