package transport

import "github.com/confab-chat/confab/sip/sipmsg"

// SendResponse sends a response to where its request came from: over the same
// flow; when that was a connection and it is gone, over a new one to the
// address it came from and the port of sent-by (RFC 3261 §18.2.2, RFC 3581
// §4), and if none comes up, to the servers of sent-by (RFC 3263 §5), where [Layer.Bind]
// was called. resp is not used after it returns, except for a large body; that and done
// are as for SendRequest.
//
// A maddr parameter of Via is not followed: it would let anybody aim our
// responses at a third party, and serves only multicast, which we do not use.
func (l *Layer) SendResponse(resp *sipmsg.Response, src Source, done func(error)) *Packet {
	p := &Packet{
		layer: l, addr: src.reply, host: src.replyHost, at: src.Local.Addr(), response: true, flow: src.Flow,
		message: l.scratch.render(resp),
	}
	if !p.addr.IsValid() && !socket(src.Transport) {
		p.addr = src.Remote
	}
	p.Resend(done)
	if src.Flow != nil {
		src.Flow.answered(resp)
	}
	return p
}
