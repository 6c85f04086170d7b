package codec

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// posted is the form of messages: all of the message but its body is data.
func posted() form {
	return form{append: appendPosted, decode: decodePosted}
}

// fields are those of a message that are text, in the order in which they are
// written. New ones come at the end.
func fields(m *conference.Message) [6]*string {
	return [...]*string{
		&m.ID, (*string)(&m.User), (*string)(&m.Endpoint), &m.Nickname, &m.SenderID, &m.ContentType,
	}
}

func appendPosted(dst []byte, e conference.Event) ([]byte, error) {
	p, ok := e.(conference.Posted)
	if !ok || p.Message == nil {
		return dst, fmt.Errorf("no message in %T", e)
	}
	m := p.Message
	var at [2 * binary.MaxVarintLen64]byte
	data := binary.AppendUvarint(binary.AppendVarint(at[:0], m.At.Unix()), uint64(m.At.Nanosecond()))
	size := len(data)
	for _, s := range fields(m) {
		size += lengthOf(len(*s)) + len(*s)
	}
	dst = append(dst, version2)
	dst = appendString(dst, string(conference.KindPosted))
	dst = append(binary.AppendUvarint(dst, uint64(size)), data...)
	for _, s := range fields(m) {
		dst = appendString(dst, *s)
	}
	return appendString(dst, m.Body), nil
}

// lengthOf is how many octets the varint of a length takes.
func lengthOf(n int) int {
	octets := 1
	for ; n >= 0x80; n >>= 7 {
		octets++
	}
	return octets
}

func decodePosted(version byte, data, body []byte) (conference.Event, error) {
	m := &conference.Message{}
	read := readFields
	if version == version1 {
		read = readJSON
	}
	if err := read(m, data); err != nil {
		return nil, err
	}
	if len(body) > 0 {
		m.Body = body[:len(body):len(body)]
	}
	return conference.Posted{Message: m}, nil
}

func readFields(m *conference.Message, data []byte) error {
	seconds, n := binary.Varint(data)
	if n <= 0 {
		return errors.New("no time")
	}
	nanoseconds, k := binary.Uvarint(data[n:])
	if k <= 0 || nanoseconds >= uint64(time.Second) {
		return errors.New("no time")
	}
	m.At = time.Unix(seconds, int64(nanoseconds)).UTC()
	text, rest := string(data), data[n+k:]
	for _, to := range fields(m) {
		if len(rest) == 0 {
			break // written before there was such a field
		}
		s, behind, ok := cutString(rest)
		if !ok {
			return errors.New("cut off")
		}
		end := len(data) - len(behind)
		*to, rest = text[end-len(s):end], behind
	}
	return nil
}

// readJSON reads the data of version 1.
func readJSON(m *conference.Message, data []byte) error {
	if err := json.Unmarshal(data, m); err != nil {
		return err
	}
	if m.Body != nil {
		return errors.New("body within the data")
	}
	return nil
}
