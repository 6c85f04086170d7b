package transport

import (
	"bytes"
	"time"

	"github.com/confab-chat/confab/websocket/wsframe"
)

// keepAlive is the state of the keep-alives of one connection, which belongs to its
// reader.
type keepAlive struct {
	every  time.Duration // without input this side sends one; 0: never
	within time.Duration // the answer has to come
	pinged time.Time     // when the one without answer was sent
	crlfs  int           // read since the last message and not answered
}

// due is when a ping has to be sent, or its answer be there.
func (k *keepAlive) due(input time.Time) time.Time {
	if !k.pinged.IsZero() {
		return k.pinged.Add(k.within)
	}
	return input.Add(k.every)
}

// sendPing sends a keep-alive, or reports that the last one was not answered.
func (in *inbox) sendPing(now time.Time) error {
	k := &in.keepAlive
	if k.pinged.IsZero() {
		if !now.Before(k.due(in.input)) {
			k.pinged = now
			in.s.ping()
		}
		return nil
	}
	// RFC 5626 §4.4.1: without a pong in time the flow has failed. [COM-17]
	if !now.Before(k.pinged.Add(k.within)) {
		return ErrNoPong
	}
	return nil
}

// lineEnds acts on line ends that stand before a message.
func (in *inbox) lineEnds(octets []byte) {
	k := &in.keepAlive
	for range bytes.Count(octets, []byte("\r\n")) {
		if !k.pinged.IsZero() {
			k.pinged = time.Time{}
			continue
		}
		// RFC 5626 §3.5.1: two line ends are a ping, one is the answer.
		// RFC 3261 §7.5: others before a start line mean nothing. [COM-17]
		if k.crlfs++; k.crlfs == 2 {
			k.crlfs = 0
			in.s.put(wsframe.Text, rendered{head: []byte("\r\n")}, nil)
		}
	}
}
