package transaction

import (
	"context"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

type funcHandler struct {
	request  func(tx *ServerTx)
	ack      func(req *sipmsg.Request, src transport.Source)
	response func(resp *sipmsg.Response, src transport.Source)
}

func (h *funcHandler) Request(tx *ServerTx) { h.request(tx) }
func (h *funcHandler) Ack(req *sipmsg.Request, src transport.Source) {
	if h.ack != nil {
		h.ack(req, src)
	}
}

func (h *funcHandler) Response(resp *sipmsg.Response, src transport.Source) {
	if h.response != nil {
		h.response(resp, src)
	}
}

func TestSmoke(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		acks := make(chan struct{}, 10)
		uas := &funcHandler{
			request: func(tx *ServerTx) { tx.Respond(sipmsg.NewResponse(tx.Request(), 200, "")) },
			ack:     func(*sipmsg.Request, transport.Source) { acks <- struct{}{} },
		}
		sl := New(Config{}, uas)
		st := transport.New(transport.Config{}, sl)
		sl.Bind(st)
		addr, err := st.Listen(context.Background(), network, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		cl := New(Config{}, &funcHandler{})
		ct := transport.New(transport.Config{}, cl)
		cl.Bind(ct)
		if _, err := ct.Listen(context.Background(), network, "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		uri, _ := sipmsg.ParseURI("sip:x@" + addr.String())
		mk := func(m sipmsg.Method) *sipmsg.Request {
			r := &sipmsg.Request{Method: m, URI: uri}
			r.Header.Add("From", "<sip:a@b>;tag=1")
			r.Header.Add("To", "<sip:x@y>")
			r.Header.Add("Call-ID", "abc")
			r.Header.Add("CSeq", "1 "+string(m))
			r.Header.Add("Contact", "<sip:a@127.0.0.1>")
			return r
		}
		got := make(chan int, 10)
		to := transport.Target{Transport: network, Addr: addr}
		cl.Send(mk("INVITE"), to, ClientEvents{
			Response: func(r *sipmsg.Response, _ transport.Source) { got <- r.Status; cl.SendAck(mk("ACK"), to) },
			End:      func(err error) { t.Log(err) },
		})
		select {
		case s := <-got:
			t.Log(s)
		case <-time.After(3 * time.Second):
			t.Fatal("timeout", st.Counters(), ct.Counters())
		}
		select {
		case <-acks:
		case <-time.After(3 * time.Second):
			t.Fatal("no ack", st.Counters(), ct.Counters())
		}
		if err := ct.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := st.Shutdown(context.Background()); err != nil {
			t.Fatal(err)
		}
		cl.Close()
		sl.Close()
		if sl.Open() != 0 || cl.Open() != 0 {
			t.Fatal("leak")
		}
	}
}
