package invite

import (
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// order is how far the reliable provisional responses to one INVITE have come in one
// dialog (RFC 3262 §4).
type order struct {
	began bool
	last  uint32
}

// reliable tells whether a provisional response asks for a PRACK.
func reliable(resp *sipmsg.Response) bool {
	_, ok := resp.Header.RSeq()
	return ok && resp.Status > 100 && resp.Status < 200 && resp.Header.HasToken("Require", tagReliable)
}

// next tells whether a reliable response is the next one: repetitions and what comes
// before its turn are neither acknowledged nor looked at; the peer repeats the latter.
// [FOC-OUT-07]
func (o *order) next(resp *sipmsg.Response) bool {
	rseq, _ := resp.Header.RSeq()
	if o.began && rseq != o.last+1 {
		return false
	}
	o.began, o.last = true, rseq
	return true
}

// prack acknowledges a reliable provisional response. answer goes along if that made
// an offer. Whatever becomes of the PRACK, the INVITE's final response decides.
func (x *exchange) prack(resp *sipmsg.Response, answer Answer) {
	rseq, _ := resp.Header.RSeq()
	cseq, err := resp.Header.CSeq()
	if err != nil {
		return
	}
	req := x.d.NewRequest(sipmsg.PRACK)
	req.Header.Add("RAck", sipmsg.RAck{RSeq: rseq, CSeq: cseq}.String())
	req.Header.Fields = append(req.Header.Fields, answer.Fields...)
	if len(answer.Body) > 0 {
		req.Header.Add("Content-Type", answer.contentType())
		req.Body = answer.Body
	}
	x.pracks++
	x.d.Send(req, dialog.Outcome(func(*sipmsg.Response, *sip.Error) {
		x.pracks--
		x.proceed()
	}))
}
