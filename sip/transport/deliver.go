package transport

import (
	"errors"
	"strings"

	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// viaParams is how many parameters nearly every Via has at most.
const viaParams = 6

// deliver hands a message to the receiver.
func (l *Layer) deliver(m sipmsg.Message, src Source) {
	var params [viaParams]sipmsg.Param
	switch m := m.(type) {
	case *sipmsg.Request:
		via, err := m.Header.TopVia(params[:0])
		if err != nil {
			l.malformed(m, err, src)
			return
		}
		stamp(m, via, &src)
		if src.Flow.Secure() {
			src.SIPS = fromSIPS(m)
		} else if strings.EqualFold(m.URI.Scheme, "sips") {
			l.insecure(m, src)
			return
		}
		src.Flow.received(m)
		l.up.ReceiveRequest(m, src)
	case *sipmsg.Response:
		// RFC 3261 §18.1.2: a response to somebody else's request. [COM-20]
		via, err := m.Header.TopVia(params[:0])
		if err != nil || !l.issued.has(via.Host, via.Port) {
			l.count.foreignVia.Add(1)
			return
		}
		l.up.ReceiveResponse(m, src)
	}
}

// insecure refuses a request that some hop before us has sent on in clear. RFC
// 3261 §26.2.2: a sips URI stands for TLS all the way. [COM-14]
func (l *Layer) insecure(req *sipmsg.Request, src Source) {
	l.count.insecure.Add(1)
	if req.Method == sipmsg.ACK {
		return
	}
	src.Flow.received(req)
	resp := sipmsg.NewResponse(req, 400, "SIPS Over "+strings.ToUpper(src.Transport))
	resp.Header.AddToTag(sipid.NewTag())
	l.SendResponse(resp, src, nil)
}

// malformed answers a message that cannot be parsed, if it is a request, and
// reports whether the end of the message is unknown.
func (l *Layer) malformed(m sipmsg.Message, cause error, src Source) (fatal bool) {
	l.count.malformed.Add(1)
	fault := &sipmsg.SyntaxError{Status: 400, Fatal: true}
	if !errors.As(cause, &fault) {
		l.cfg.Log.Error("parser failed", "error", cause)
	}
	l.cfg.Log.Debug("malformed message", "transport", src.Transport, "remote", src.Remote, "error", cause)
	// RFC 3261 §18.3: malformed responses are dropped, requests answered. An
	// ACK has no response. [COM-02] [COM-03]
	req, ok := m.(*sipmsg.Request)
	if !ok || req == nil || req.Method == sipmsg.ACK {
		return fault.Fatal
	}
	if via, err := req.Header.Via(); err == nil {
		stamp(req, via, &src)
	} else if !socket(src.Transport) {
		src.reply = src.Remote
	}
	resp := sipmsg.NewResponse(req, fault.Status, "")
	if len(resp.Header.Fields) == 0 {
		return fault.Fatal // rubbish: an answer would name nothing it belongs to
	}
	l.count.answered.Add(1)
	resp.Header.AddToTag(sipid.NewTag())
	l.SendResponse(resp, src, nil)
	return fault.Fatal
}
