package config

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/secure/precis"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// minSubscription is the least that notify.expires may be: shorter subscriptions
// would be refreshed more often than they are of use.
const minSubscription = time.Minute

// minSessionInterval is the least that a session interval may be (RFC 4028 §5).
const minSessionInterval = 90 * time.Second

// text is a setting of text that parse accepts.
func text[T ~string](to *T, parse func(string) (T, error)) setting {
	return value[T]{to, parse, func(v T) string { return string(v) }}
}

// texts is a setting of a list of texts that parse accepts.
func texts(to *[]string, parse func(string) (string, error)) setting {
	return values[string]{to, parse, func(v string) string { return v }}
}

func listeners(to *[]Listener) setting { return values[Listener]{to, ParseListener, Listener.String} }

func flag(to *bool) setting {
	return value[bool]{to, func(s string) (bool, error) {
		if s != "true" && s != "false" {
			return false, fmt.Errorf("%q is neither true nor false", s)
		}
		return s == "true", nil
	}, strconv.FormatBool}
}

// count is a setting of a number from 0 to a million.
func count(to *int) setting {
	return value[int]{to, func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 1_000_000 {
			return 0, fmt.Errorf("%q is no number from 0 to 1000000", s)
		}
		return n, nil
	}, strconv.Itoa}
}

func size(to *Size, least, most Size) setting {
	return value[Size]{to, func(s string) (Size, error) {
		n, err := ParseSize(s)
		if err == nil && (n < least || n > most) {
			err = fmt.Errorf("%s is not within %s and %s", s, least, most)
		}
		return n, err
	}, Size.String}
}

func duration(to *time.Duration, least time.Duration) value[time.Duration] {
	return value[time.Duration]{to, func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(s)
		switch {
		case err != nil:
			return 0, fmt.Errorf("%q is no duration such as 90s or 24h", s)
		case d < least:
			return 0, fmt.Errorf("%s is less than %s", s, formatDuration(least))
		}
		return d, nil
	}, formatDuration}
}

// within is duration with a longest one.
func within(to *time.Duration, least, most time.Duration) setting {
	atLeast := duration(to, least)
	return value[time.Duration]{to, func(s string) (time.Duration, error) {
		d, err := atLeast.parse(s)
		if err == nil && d > most {
			err = fmt.Errorf("%s is more than %s", s, formatDuration(most))
		}
		return d, err
	}, formatDuration}
}

// formatDuration leaves out the zeros that time.Duration ends with.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func level(to *slog.Level) setting {
	return value[slog.Level]{to, func(s string) (slog.Level, error) {
		var l slog.Level
		if _, err := oneOf("debug", "info", "warn", "error")(s); err != nil {
			return l, err
		}
		return l, l.UnmarshalText([]byte(s))
	}, func(l slog.Level) string { return strings.ToLower(l.String()) }}
}

// choice is a setting of one of some words.
func choice[T ~string](to *T, words ...T) setting { return text(to, oneOf(words...)) }

// oneOf accepts the words given.
func oneOf[T ~string](words ...T) func(string) (T, error) {
	return func(s string) (T, error) {
		names := make([]string, len(words))
		for i, w := range words {
			if s == string(w) {
				return w, nil
			}
			names[i] = string(w)
		}
		return "", fmt.Errorf("%q is not one of %s", s, strings.Join(names, ", "))
	}
}

// optional accepts the empty text besides what parse accepts.
func optional(parse func(string) (string, error)) func(string) (string, error) {
	return func(s string) (string, error) {
		if s == "" {
			return "", nil
		}
		return parse(s)
	}
}

// nickname accepts what could be a nickname, RFC 8266.
func nickname(s string) (string, error) {
	if _, err := precis.Nickname.CompareKey(s); err != nil {
		return "", fmt.Errorf("%q could not be a nickname", s)
	}
	return s, nil
}

// mediaType accepts a media type, a whole class of them, or *.
func mediaType(s string) (string, error) {
	class, sub, ok := strings.Cut(s, "/")
	if s != "*" && (!ok || class == "" || sub == "" || class == "*" || strings.ContainsAny(s, " ;,")) {
		return "", fmt.Errorf("%q is no media type", s)
	}
	return strings.ToLower(s), nil
}

// quirkNames are those of the mixer.
func quirkNames() []string {
	return []string{
		"whole", "exact_ranges", "chunk_cap", "content_disposition", "anon_means_room", "pm_unaware", "status_lines",
		"conference_aware", "no_imdn", "unquoted_nick",
	}
}

func anything(s string) (string, error) { return s, nil }

// paramToken accepts what a parameter can hold without being quoted.
func paramToken(s string) (string, error) {
	for _, r := range s {
		if !strings.ContainsRune("-.!%*_+`'~", r) && (r > 'z' || r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a') {
			return "", fmt.Errorf("%q is not made of letters, digits and -.!%%*_+`'~", s)
		}
	}
	return s, nil
}

func domain(s string) (string, error) { return strings.ToLower(s), checkHost(s) }

func address(s string) (string, error) { return s, checkHostPort(s) }

// hostPort accepts a host with or without a port.
func hostPort(s string) (string, error) {
	if _, _, err := net.SplitHostPort(s); err == nil {
		if strings.HasPrefix(s, ":") {
			return "", fmt.Errorf("%q names no host", s)
		}
		return s, checkHostPort(s)
	}
	return s, checkHost(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
}

// sipURI accepts a sip or sips URI with nothing but parameters behind the host.
func sipURI(s string) (string, error) {
	u, err := sipmsg.ParseURI(s)
	switch {
	case err != nil || !u.IsSIP():
		return "", fmt.Errorf("%q is no sip: or sips: URI", s)
	case len(u.Headers) > 0:
		return "", fmt.Errorf("%q has header parts", s)
	}
	return s, nil
}

// member accepts an address of record, or a domain for everybody in it.
func member(s string) (string, error) {
	if !strings.Contains(s, ":") {
		return domain(s)
	}
	return sipURI(s)
}

// origin accepts a web origin (RFC 6454 §6.1).
func origin(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || s != u.Scheme+"://"+u.Host {
		return "", fmt.Errorf("%q is no origin such as https://chat.example.test", s)
	}
	return s, nil
}
