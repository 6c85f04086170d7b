package transaction

import (
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// cookie starts a branch that is unique by itself (RFC 3261 §8.1.1.7).
const cookie = "z9hG4bK"

// separator stands between the parts of a key; no header field can hold it.
const separator = '\n'

// keySize is what nearly all keys fit in, so that looking one up takes no heap.
const keySize = 256

// appendServerKey appends what requests of one server transaction share.
//
// RFC 3261 §17.2.3: the branch, the sent-by and the method, where an ACK counts
// as INVITE. The Call-ID is in the key too, since it chooses the shard. Without
// the cookie the branch means little, and the rest of what §17.2.3 names for
// such clients, as far as ACK and CANCEL repeat it, joins the key.
func appendServerKey(dst []byte, req *sipmsg.Request, via sipmsg.Via, method sipmsg.Method) []byte {
	if method == sipmsg.ACK {
		method = sipmsg.INVITE
	}
	branch := via.Branch()
	dst = append(dst, method...)
	dst = append(dst, separator)
	dst = append(dst, branch...)
	dst = append(dst, separator)
	dst = append(dst, strings.ToLower(via.Host)...)
	dst = append(dst, separator)
	dst = strconv.AppendUint(dst, uint64(via.Port), 10)
	dst = append(dst, separator)
	dst = append(dst, req.Header.CallID()...)
	if !strings.HasPrefix(branch, cookie) {
		dst = append(dst, separator)
		dst = append(dst, req.URI.String()...)
		dst = appendOrigin(append(dst, separator), req)
	}
	return dst
}

// appendMergeKey appends what a merged request shares with the one that came
// first over another path: From tag, Call-ID and CSeq (RFC 3261 §8.2.2.2).
func appendMergeKey(dst []byte, req *sipmsg.Request) []byte {
	dst = append(dst, req.Method...)
	dst = append(dst, separator)
	dst = append(dst, req.Header.CallID()...)
	dst = append(dst, separator)
	return appendOrigin(dst, req)
}

// appendOrigin appends the From tag and the CSeq number.
func appendOrigin(dst []byte, req *sipmsg.Request) []byte {
	dst = append(dst, req.Header.FromTag()...)
	dst = append(dst, separator)
	if cseq, err := req.Header.CSeq(); err == nil {
		dst = strconv.AppendUint(dst, uint64(cseq.Seq), 10)
	}
	return dst
}

// clientKey is what the responses of one client transaction share: the branch
// and the method of CSeq (RFC 3261 §17.1.3).
func appendClientKey(dst []byte, branch string, method sipmsg.Method) []byte {
	dst = append(dst, method...)
	dst = append(dst, separator)
	return append(dst, branch...)
}
