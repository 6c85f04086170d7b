package msrpwire

import "bytes"

// MayCollide reports whether body holds seven hyphens in a row. If it does not,
// no transaction identifier can collide with it, so this is asked once for a
// message and Collides only where the answer was yes. [MSRP-FRM-15]
func MayCollide(body []byte) bool {
	return bytes.Contains(body, []byte(endLineHyphens))
}

// Collides reports whether body holds seven hyphens followed by tid, so that a
// chunk with that body needs another identifier. The flag is left out because
// some peers match only this much. [MSRP-FRM-15]
func Collides(body, tid []byte) bool { return CollisionAt(body, tid) >= 0 }

// CollisionAt returns the offset of the first collision, -1 if there is none. A
// chunk may end there with the flag "+" and go on under a new identifier.
func CollisionAt(body, tid []byte) int {
	var marker [markerMax]byte
	n := copy(marker[:], endLineHyphens)
	if len(tid) > len(marker)-n {
		return -1
	}
	n += copy(marker[n:], tid)
	return bytes.Index(body, marker[:n])
}
