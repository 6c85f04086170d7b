package codec

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/internal/conference"
)

// The versions of the frame around kind, data and body; see the package.
const (
	version1 = 1
	version2 = 2
)

// ErrMalformed is the error of octets that no version has written.
var ErrMalformed = errors.New("codec: malformed event")

// VersionError says that an event is in a form that came after this version.
type VersionError struct {
	Version byte
}

// Error implements error.
func (e *VersionError) Error() string {
	return fmt.Sprintf("codec: event of form %d, and this version of confab reads up to %d", e.Version, version2)
}

// KindError says that an event is of a kind that this version does not know.
type KindError struct {
	Kind conference.Kind
}

// Error implements error.
func (e *KindError) Error() string {
	return fmt.Sprintf("codec: event of kind %q, which this version of confab does not know", string(e.Kind))
}

// Append appends the event to dst. The error is a [*KindError] if the kind has
// no codec.
func Append(dst []byte, e conference.Event) ([]byte, error) {
	f, ok := formOf(e.Kind())
	if !ok {
		return dst, &KindError{Kind: e.Kind()}
	}
	out, err := f.append(dst, e)
	if err != nil {
		return dst, fmt.Errorf("codec: %s: %w", e.Kind(), err)
	}
	return out, nil
}

// Decode reads the event at the beginning of b and returns what stands behind it,
// which is nothing if it is of version 1. A message's body is part of b,
// which nobody may change from now on. The error is a [*VersionError], a
// [*KindError] or wraps [ErrMalformed].
func Decode(b []byte) (e conference.Event, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, ErrMalformed
	}
	version := b[0]
	if version != version1 && version != version2 {
		return nil, nil, &VersionError{Version: version}
	}
	kind, rest, ok := cutString(b[1:])
	if !ok {
		return nil, nil, ErrMalformed
	}
	data, rest, ok := cutString(rest)
	if !ok {
		return nil, nil, ErrMalformed
	}
	body, rest := rest, nil
	if version == version2 {
		if body, rest, ok = cutString(body); !ok {
			return nil, nil, ErrMalformed
		}
	}
	f, ok := formOf(conference.Kind(kind))
	if !ok {
		return nil, nil, &KindError{Kind: conference.Kind(kind)}
	}
	if e, err = f.decode(version, data, body); err != nil {
		return nil, nil, fmt.Errorf("%w of kind %s: %w", ErrMalformed, kind, err)
	}
	return e, rest, nil
}

func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// cutString takes a string with its length off the front; nothing is copied.
func cutString(b []byte) (s, rest []byte, ok bool) {
	n, k := binary.Uvarint(b)
	if k <= 0 || n > uint64(len(b)-k) {
		return nil, nil, false
	}
	end := k + int(n) //nolint:gosec // bounded by len(b)
	return b[k:end:end], b[end:], true
}

// form is how the events of one kind are written.
type form struct {
	append func(dst []byte, e conference.Event) ([]byte, error)
	decode func(version byte, data, body []byte) (conference.Event, error)
}

// plain is the form of events that are JSON and nothing else.
func plain[E conference.Event]() form {
	return form{
		append: func(dst []byte, e conference.Event) ([]byte, error) {
			data, err := json.Marshal(e)
			dst = append(dst, version1)
			dst = appendString(dst, string(e.Kind()))
			return appendString(dst, data), err
		},
		decode: func(_ byte, data, body []byte) (conference.Event, error) {
			var e E
			if len(body) > 0 {
				return nil, errors.New("unexpected body")
			}
			err := json.Unmarshal(data, &e)
			return e, err
		},
	}
}
