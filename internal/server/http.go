package server

import (
	"io"
	"net/http"

	"github.com/confab-chat/confab/internal/api"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/web"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/transport"
)

// newWeb fills the web host with what is served by HTTP: the probes of an
// orchestrator, the API, and the WebSocket endpoints.
func (s *Server) newWeb() error {
	s.web = web.New(web.Config{
		Log: s.log, TLS: s.certs.Server(),
		ConnectionsPerAddress: unlimited(s.cfg.Limits.ConnectionsPerAddress), Files: s.files, HeaderTimeout: s.tune.patience,
	})
	if s.cfg.HTTP.Listen != "" {
		s.web.Handle(s.httpSite(), "GET /healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, "ok")
		}))
		s.web.Handle(s.httpSite(), "GET /readyz", http.HandlerFunc(s.readyz))
		s.web.Handle(s.httpSite(), "GET /metrics", s.metrics())
		administration, err := s.newAPI()
		if err != nil {
			return err
		}
		s.web.Handle(s.httpSite(), api.Root, administration)
	}
	s.newSockets()
	return nil
}

// newSockets serves SIP and MSRP over WebSocket where the configuration says so.
func (s *Server) newSockets() {
	for _, l := range s.cfg.SIP.Listen {
		if l.Web() {
			options := transport.WebSocketOptions{Origins: s.cfg.HTTP.Origins}
			s.web.Handle(socketSite(l), socketPattern(l), s.stack.Transport.WebSocket(l.Secure(), options))
		}
	}
	o := msrp.WebSocketOptions{
		Origins: s.cfg.HTTP.Origins, MaxMessage: int64(s.cfg.MSRP.MaxMessage), Authenticate: s.socketUsers(),
	}
	for _, l := range s.cfg.MSRP.Listen {
		if l.Web() {
			o.Secure = l.Secure()
			s.web.Handle(socketSite(l), socketPattern(l), s.media.WebSocket(o))
		}
	}
}

// httpSite is where http.listen is served.
func (s *Server) httpSite() web.Site {
	return web.Site{Address: s.cfg.HTTP.Listen, Secure: s.cfg.HTTPS()}
}

// socketSite is where a WebSocket endpoint is served, and socketPattern its path
// there.
func socketSite(l config.Listener) web.Site {
	return web.Site{Address: l.Address, Secure: l.Secure()}
}

func socketPattern(l config.Listener) string {
	if l.Path == "/" {
		return "GET /{$}"
	}
	return "GET " + l.Path
}

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	switch fault := s.storeFault(); {
	case !s.ready.Load():
		answer(w, http.StatusServiceUnavailable, "not ready")
	case fault != nil:
		answer(w, http.StatusServiceUnavailable, "not ready: "+fault.Error())
	default:
		answer(w, http.StatusOK, "ready")
	}
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the prober may be gone
}
