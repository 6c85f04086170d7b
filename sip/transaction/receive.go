package transaction

import (
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

var _ transport.Receiver = (*Layer)(nil)

// viaParams is how many parameters nearly every Via has at most.
const viaParams = 6

// ReceiveRequest takes a request from the transport.
func (l *Layer) ReceiveRequest(req *sipmsg.Request, src transport.Source) {
	s := l.shard(req.Header.CallID())
	if s.enter() {
		l.request(s, req, src)
		s.leave()
		return
	}
	s.receive(func() { l.request(s, req, src) })
}

// ReceiveResponse takes a response from the transport.
func (l *Layer) ReceiveResponse(resp *sipmsg.Response, src transport.Source) {
	s := l.shard(resp.Header.CallID())
	if s.enter() {
		l.response(s, resp, src)
		s.leave()
		return
	}
	s.receive(func() { l.response(s, resp, src) })
}

// request passes a request to its transaction, or makes one. It runs on s.
func (l *Layer) request(s *shard, req *sipmsg.Request, src transport.Source) {
	var params [viaParams]sipmsg.Param
	via, err := req.Header.TopVia(params[:0])
	if err != nil || l.closed.Load() {
		return
	}
	var buf [keySize]byte
	key := appendServerKey(buf[:0], req, via, req.Method)
	if tx := s.server[string(key)]; tx != nil {
		tx.received(req, src)
		return
	}
	switch req.Method {
	case sipmsg.ACK:
		// RFC 3261 §17.2.1: never an answer. Whether it belongs to a 2xx is
		// for the user to tell. [COM-20]
		l.count.strayAcks.Add(1)
		l.handler.Ack(req, src)
	case sipmsg.CANCEL:
		l.cancelRequest(s, string(key), via, req, src)
	default:
		l.newRequest(s, string(key), req, src)
	}
}

// newRequest serves a request that matches no transaction.
func (l *Layer) newRequest(s *shard, key string, req *sipmsg.Request, src transport.Source) {
	toTag := req.Header.ToTag()
	inDialog := toTag != ""
	if l.overloaded(inDialog, src) || !inDialog && l.turnsAway(req, src) {
		l.refuse(req, src)
		return
	}
	var buf [keySize]byte
	var merge []byte
	if !inDialog {
		merge = appendMergeKey(buf[:0], req)
		if s.merged[string(merge)] != nil {
			// RFC 3261 §8.2.2.2: the same request over another path. [COM-09]
			l.count.merged.Add(1)
			tx := l.newServer(s, key, "", req, src, toTag)
			tx.respond(sipmsg.NewResponse(req, 482, ""))
			return
		}
	}
	tx := l.newServer(s, key, string(merge), req, src, toTag)
	if !inDialog {
		l.sources.hold(tx)
	}
	l.handler.Request(tx)
}

// response passes a response to its transaction. It runs on s.
func (l *Layer) response(s *shard, resp *sipmsg.Response, src transport.Source) {
	var params [viaParams]sipmsg.Param
	via, err := resp.Header.TopVia(params[:0])
	if err != nil {
		return
	}
	cseq, err := resp.Header.CSeq()
	if err != nil {
		return
	}
	// RFC 3261 §8.1.3.3: several Via values mean that it is not for us. [COM-20]
	if len(resp.Header.Values("Via")) > 1 {
		l.count.strayResponses.Add(1)
		return
	}
	var buf [keySize]byte
	key := appendClientKey(buf[:0], via.Branch(), cseq.Method)
	if tx := s.client[string(key)]; tx != nil {
		tx.received(resp, src)
		return
	}
	// RFC 6026 §8.9: dropped. A late 2xx to INVITE is the exception, as its
	// sender has a session that somebody has to end. [COM-20]
	l.count.strayResponses.Add(1)
	if cseq.Method == sipmsg.INVITE && resp.Status >= 200 && resp.Status < 300 && !l.closed.Load() {
		l.handler.Response(resp, src)
	}
}
