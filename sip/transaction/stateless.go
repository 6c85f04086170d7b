package transaction

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// overloaded reports whether a request can have no transaction. Requests inside
// dialogs get twice the room: who has a session must be able to end it. The last
// quarter is not for datagrams of peers without trust, whose source may be forged:
// no flood of them keeps those out who have a connection. [SEC-02] [SEC-04]
func (l *Layer) overloaded(inDialog bool, src transport.Source) bool {
	limit := int64(l.cfg.MaxTransactions)
	switch {
	case inDialog:
		limit *= 2
	case src.Transport == transport.UDP && l.limits(src):
		limit -= limit / 4
	}
	return l.open.Load() >= limit
}

// refuse answers a request without keeping anything of it.
func (l *Layer) refuse(req *sipmsg.Request, src transport.Source) {
	l.count.refused.Add(1)
	resp := sipmsg.NewResponse(req, 503, "")
	seconds := int64((l.cfg.RetryAfter + time.Second - 1) / time.Second)
	resp.Header.Add("Retry-After", strconv.FormatInt(seconds, 10))
	l.answer(resp, req, src)
}

// answer sends a response to a request that has no transaction.
func (l *Layer) answer(resp *sipmsg.Response, req *sipmsg.Request, src transport.Source) {
	resp.Header.AddToTag(l.statelessTag(req))
	l.transport.SendResponse(resp, src, nil)
}

// stranger reports whether a response turns somebody away who is not known, or not
// wanted, before anything was done for him: a repetition of his request may well be
// looked at again, so nothing has to be remembered (RFC 3261 §8.2.7, §26.3.2.4).
// [IDN-12] The same goes for who names a dialog that is not there: the room for
// requests inside dialogs is not for him. [SEC-02]
func (tx *ServerTx) stranger(resp *sipmsg.Response) bool {
	if tx.state != serverProceeding || tx.last != nil {
		return false
	}
	if tx.req.Header.ToTag() != "" {
		return resp.Status == 481
	}
	return resp.Status == 401 || resp.Status == 403
}

// forget sends the only response of a transaction and ends it. The ACK to it, if one
// comes, is stray.
func (l *Layer) forget(tx *ServerTx, resp *sipmsg.Response) {
	l.answer(resp, tx.req, tx.src)
	tx.terminate(nil)
}

// statelessTag makes the tag of a response without transaction: RFC 3261
// §8.2.7 wants the same one for the same request.
func (l *Layer) statelessTag(req *sipmsg.Request) string {
	mac := hmac.New(sha256.New, l.tagKey)
	mac.Write([]byte(req.Header.Value("Via")))
	mac.Write([]byte(req.Header.CallID()))
	return hex.EncodeToString(mac.Sum(nil)[:10])
}

// newTagKey returns the key for the tags of stateless responses. [SEC-06]
func newTagKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails: see crypto/rand
	return key
}
