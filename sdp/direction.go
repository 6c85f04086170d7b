package sdp

// Direction says which way regular messages flow, seen from the side whose
// description holds it (RFC 4975 §8.9). The zero value is [SendRecv], the
// default of RFC 8866 §6.7.
type Direction uint8

// The directions. Each of the two bits takes one way away.
const (
	SendRecv Direction = 0
	SendOnly Direction = 1
	RecvOnly Direction = 2
	Inactive           = SendOnly | RecvOnly
)

// Sends reports whether the describing side sends.
func (d Direction) Sends() bool { return d&RecvOnly == 0 }

// Receives reports whether the describing side receives.
func (d Direction) Receives() bool { return d&SendOnly == 0 }

// Reverse returns the same flow seen from the other side.
func (d Direction) Reverse() Direction { return (d&1)<<1 | d>>1&1 }

// And returns the flow that both directions allow.
func (d Direction) And(e Direction) Direction { return d | e }

// String returns the attribute's name.
func (d Direction) String() string {
	return [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}[d&Inactive]
}

func parseDirection(name string) (Direction, bool) {
	for d := SendRecv; d <= Inactive; d++ {
		if d.String() == name {
			return d, true
		}
	}
	return SendRecv, false
}
