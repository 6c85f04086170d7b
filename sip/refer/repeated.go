package refer

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// mostRemembered bounds the memory of REFERs, about 2 MiB; the oldest are forgotten first.
const mostRemembered = 1 << 14

// request names a REFER outside dialogs, whatever way it came (RFC 3261 §8.2.2.2): by a
// digest of what does, which is as long as its sender likes.
type request [sha256.Size]byte

func requestOf(req *sipmsg.Request) (request, bool) {
	cseq, err := req.Header.CSeq()
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %d", req.Header.CallID(), req.Header.FromTag(), cseq.Seq)), err == nil
}

// repeated remembers the REFERs outside dialogs that were accepted, so that none is
// carried out twice: a merged request is known by its transaction for as long as that
// lasts, which over a stream is until the answer. The zero value is empty. [FOC-REF-22]
type repeated struct {
	mu   sync.Mutex
	when map[request]time.Time
	line []request // in the order in which they were accepted
}

// add notes a REFER, and forgets those of before since.
func (r *repeated) add(q request, now, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.line) > 0 && (len(r.line) >= mostRemembered || r.when[r.line[0]].Before(since)) {
		delete(r.when, r.line[0])
		r.line = r.line[1:]
	}
	if r.when == nil {
		r.when = make(map[request]time.Time)
	}
	if _, known := r.when[q]; !known {
		r.line = append(r.line, q)
		r.when[q] = now
	}
}

// has tells whether a REFER was accepted since then.
func (r *repeated) has(q request, since time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, known := r.when[q]
	return known && !at.Before(since)
}
