package codec

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/internal/conference"
)

// version is that of the frame around kind, data and body.
const version = 1

// ErrMalformed is the error of octets that no version has written.
var ErrMalformed = errors.New("codec: malformed event")

// VersionError says that an event is in a form that came after this version.
type VersionError struct {
	Version byte
}

// Error implements error.
func (e *VersionError) Error() string {
	return fmt.Sprintf("codec: event of form %d, and this version of confab reads up to %d", e.Version, version)
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
	data, body, err := f.encode(e)
	if err != nil {
		return dst, fmt.Errorf("codec: %s: %w", e.Kind(), err)
	}
	dst = append(dst, version)
	dst = appendString(dst, string(e.Kind()))
	dst = appendString(dst, data)
	return append(dst, body...), nil
}

// Decode reads an event that takes up all of b. A message's body is part of b,
// which nobody may change from now on. The error is a [*VersionError], a
// [*KindError] or wraps [ErrMalformed].
func Decode(b []byte) (conference.Event, error) {
	if len(b) == 0 {
		return nil, ErrMalformed
	}
	if b[0] != version {
		return nil, &VersionError{Version: b[0]}
	}
	kind, rest, ok := cutString(b[1:])
	if !ok {
		return nil, ErrMalformed
	}
	data, body, ok := cutString(rest)
	if !ok {
		return nil, ErrMalformed
	}
	f, ok := formOf(conference.Kind(kind))
	if !ok {
		return nil, &KindError{Kind: conference.Kind(kind)}
	}
	e, err := f.decode(data, body)
	if err != nil {
		return nil, fmt.Errorf("%w of kind %s: %w", ErrMalformed, kind, err)
	}
	return e, nil
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
	encode func(conference.Event) (data, body []byte, err error)
	decode func(data, body []byte) (conference.Event, error)
}

// plain is the form of events that are JSON and nothing else.
func plain[E conference.Event]() form {
	return form{
		encode: func(e conference.Event) ([]byte, []byte, error) {
			data, err := json.Marshal(e)
			return data, nil, err
		},
		decode: func(data, body []byte) (conference.Event, error) {
			var e E
			if len(body) > 0 {
				return nil, errors.New("unexpected body")
			}
			err := json.Unmarshal(data, &e)
			return e, err
		},
	}
}
