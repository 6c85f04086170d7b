package msrp

import (
	"errors"
	"io"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Into has the octets of the message written to w as they come, at the offset where
// they belong, instead of held in memory; Body then stays nil, Inspect is not called,
// and later octets may write over earlier ones. It is called within [Inspector.Begin].
//
// w is called by the reader of the connection: everything that comes on it waits. Its
// error refuses the message, with 413 unless it is an [*Error]. [MSRP-RCV-06]
func (in *Incoming) Into(w io.WriterAt) { in.sink = w }

// Size returns the octets of a complete message.
func (in *Incoming) Size() int64 { return in.asm.total }

// pour hands the next octets of the running chunk on.
func (in *Incoming) pour(p []byte) *Error {
	end := in.at + int64(len(p))
	if !in.poured.add(in.at, end) {
		return refusal(msrpwire.StatusStopSending)
	}
	if _, err := in.sink.WriteAt(p, in.at); err != nil {
		if errors.As(err, new(*Error)) {
			return asError(err)
		}
		return refusal(msrpwire.StatusStopSending)
	}
	in.at = end
	return nil
}

// highest returns the number of octets up to the last one received.
func (in *Incoming) highest() int64 {
	if in.sink != nil {
		return in.poured.highest()
	}
	return in.asm.highest()
}

// complete reports that every octet up to the total is there.
func (in *Incoming) complete() bool {
	if in.sink != nil {
		return in.asm.total >= 0 && in.poured.whole(in.asm.total)
	}
	return in.asm.complete()
}
