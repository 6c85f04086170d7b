package codec

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/internal/conference"
)

// posted is the form of messages: all of the message but its body is data.
func posted() form {
	return form{encode: encodePosted, decode: decodePosted}
}

// envelope shadows the body of the message that it writes.
type envelope struct {
	*conference.Message

	Body *struct{} `json:",omitempty"` // stands behind the data
}

func encodePosted(e conference.Event) (data, body []byte, err error) {
	p, ok := e.(conference.Posted)
	if !ok || p.Message == nil {
		return nil, nil, fmt.Errorf("no message in %T", e)
	}
	data, err = json.Marshal(envelope{Message: p.Message})
	return data, p.Message.Body, err
}

func decodePosted(data, body []byte) (conference.Event, error) {
	m := &conference.Message{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, err
	}
	if m.Body != nil {
		return nil, errors.New("body within the data")
	}
	if len(body) > 0 {
		m.Body = body[:len(body):len(body)]
	}
	return conference.Posted{Message: m}, nil
}
