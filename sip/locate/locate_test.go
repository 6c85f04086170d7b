package locate_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// zone is what the name server of a test knows.
const zone = `
plain.test.          60 IN A     192.0.2.1
both.test.           60 IN A     192.0.2.2
both.test.           60 IN AAAA  2001:db8::2
naptr.test.          60 IN NAPTR 20 10 "s" "SIP+D2U"  "" _sip._udp.naptr.test.
naptr.test.          60 IN NAPTR 10 20 "s" "SIP+D2T"  "" _sip._tcp.naptr.test.
naptr.test.          60 IN NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.naptr.test.
naptr.test.          60 IN NAPTR 5  10 "s" "SIP+D2S"  "" _sip._sctp.naptr.test.
naptr.test.          60 IN NAPTR 1  10 "u" "E2U+sip"  "!.*!sip:x@naptr.test!" .
_sip._udp.naptr.test.  60 IN SRV 0 0 5070 plain.test.
_sip._tcp.naptr.test.  60 IN SRV 0 0 5071 plain.test.
_sips._tcp.naptr.test. 60 IN SRV 0 0 5072 plain.test.
_sip._udp.srv.test.  60 IN SRV 20 0 5080 third.srv.test.
_sip._udp.srv.test.  60 IN SRV 10 0 5080 first.srv.test.
_sip._udp.srv.test.  60 IN SRV 10 0 5081 second.srv.test.
_sip._tcp.srv.test.  60 IN SRV 10 0 5082 first.srv.test.
first.srv.test.      60 IN A     192.0.2.11
second.srv.test.     60 IN A     192.0.2.12
third.srv.test.      60 IN A     192.0.2.13
_sip._udp.none.test. 60 IN SRV 0 0 0 .
none.test.           60 IN A     192.0.2.9
alias.test.          60 IN CNAME plain.test.
far.test.            60 IN CNAME elsewhere.test.
elsewhere.test.      60 IN A     192.0.2.20
short.lan.test.      60 IN A     192.0.2.40
`

// patience is how long a test waits for what must come, on the slowest machine.
const patience = testnet.Patience

// nameServer answers from a zone on loopback, and counts the questions.
type nameServer struct {
	addr string

	mu    sync.Mutex
	asked []string
	// answer, if set, replaces the answer to a question.
	answer func(network string, q dns.Question, m *dns.Msg) (drop bool)
}

func serve(t *testing.T, text string) *nameServer {
	t.Helper()
	records := make(map[dns.Question][]dns.RR)
	names := make(map[string]bool)
	for zp := dns.NewZoneParser(strings.NewReader(text), ".", ""); ; {
		rr, ok := zp.Next()
		if !ok {
			if zp.Err() != nil {
				t.Fatal(zp.Err())
			}
			break
		}
		q := dns.Question{Name: rr.Header().Name, Qtype: rr.Header().Rrtype, Qclass: dns.ClassINET}
		records[q] = append(records[q], rr)
		names[q.Name] = true
	}
	s := &nameServer{}
	handle := func(network string) dns.HandlerFunc {
		return func(w dns.ResponseWriter, r *dns.Msg) {
			q := r.Question[0]
			q.Name = strings.ToLower(q.Name)
			s.mu.Lock()
			s.asked = append(s.asked, strings.TrimSuffix(q.Name, ".")+" "+dns.TypeToString[q.Qtype])
			change := s.answer
			s.mu.Unlock()
			m := new(dns.Msg).SetReply(r)
			m.Answer = records[q]
			if len(m.Answer) == 0 {
				alias := q
				alias.Qtype = dns.TypeCNAME
				m.Answer = records[alias]
			}
			if !names[q.Name] {
				m.Rcode = dns.RcodeNameError
			}
			if change != nil && change(network, q, m) {
				return
			}
			_ = w.WriteMsg(m)
		}
	}
	pc, nl := listen(t)
	s.addr = nl.Addr().String()
	start(t, &dns.Server{PacketConn: pc, Handler: handle("udp")})
	start(t, &dns.Server{Listener: nl, Handler: handle("tcp")})
	return s
}

// listen opens a port that is free for both UDP and TCP.
func listen(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for {
		nl, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		pc, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", nl.Addr().String())
		if err == nil {
			return pc, nl
		}
		_ = nl.Close()
	}
}

func start(t *testing.T, s *dns.Server) {
	t.Helper()
	up, down := make(chan struct{}), make(chan struct{})
	s.NotifyStartedFunc = func() { close(up) }
	s.ReadTimeout, s.WriteTimeout = patience, patience
	go func() {
		defer close(down)
		_ = s.ActivateAndServe()
	}()
	<-up
	t.Cleanup(func() {
		_ = s.Shutdown()
		<-down
	})
}

// change has questions answered otherwise; nil: as the zone says.
func (s *nameServer) change(answer func(network string, q dns.Question, m *dns.Msg) (drop bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *nameServer) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// rig is a locator that asks a name server of the test and nothing of the host.
func (s *nameServer) rig(t *testing.T, cfg locate.Config) *locate.Locator {
	t.Helper()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cfg.Hosts = file("hosts", "192.0.2.50 Known.Example known # comment\nbad line\n::1 known\n")
	_, port, _ := strings.Cut(s.addr, ":")
	cfg.ResolvConf = file("resolv.conf", "search lan.test\nnameserver 127.0.0.1\n")
	if cfg.Servers == nil {
		cfg.Servers = []string{"127.0.0.1:" + port}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = patience
	}
	if cfg.IntN == nil {
		cfg.IntN = func(int) int { return 0 }
	}
	return locate.New(cfg)
}

func parse(t *testing.T, text string) sipmsg.URI {
	t.Helper()
	uri, err := sipmsg.ParseURI(text)
	if err != nil {
		t.Fatal(err)
	}
	return uri
}

func list(targets []transport.Target) []string {
	var all []string
	for _, to := range targets {
		all = append(all, to.Transport+" "+to.Addr.String())
	}
	return all
}

func TestLocate(t *testing.T) {
	t.Parallel()
	all := []string{"udp", "tcp", "tls"}
	four := func(_ string, a netip.Addr) bool { return a.Is4() }
	tests := []struct {
		name, uri  string
		transports []string
		reaches    func(string, netip.Addr) bool
		want       []string
		err        error
	}{
		{name: "numeric", uri: "sip:a@192.0.2.1", want: []string{"udp 192.0.2.1:5060"}},
		{name: "numeric, IPv6", uri: "sip:a@[2001:db8::1]:5062", want: []string{"udp [2001:db8::1]:5062"}},
		{name: "numeric, transport", uri: "sip:a@192.0.2.1:5070;transport=TCP", want: []string{"tcp 192.0.2.1:5070"}},
		{name: "numeric, sips", uri: "sips:a@192.0.2.1", transports: all, want: []string{"tls 192.0.2.1:5061"}},
		{name: "numeric, sips, no TLS", uri: "sips:a@192.0.2.1", err: transport.ErrTransport},
		{name: "sips over UDP", uri: "sips:a@plain.test;transport=udp", transports: all, err: transport.ErrInsecure},
		{name: "sips over TCP is TLS", uri: "sips:a@192.0.2.1;transport=tcp", transports: all, want: []string{"tls 192.0.2.1:5061"}},
		{name: "maddr", uri: "sip:a@plain.test;maddr=192.0.2.7", want: []string{"udp 192.0.2.7:5060"}},
		{name: "maddr is a name", uri: "sip:a@192.0.2.7:5066;maddr=plain.test", want: []string{"udp 192.0.2.1:5066"}},
		{name: "unknown transport", uri: "sip:a@192.0.2.1;transport=sctp", err: transport.ErrTransport},
		{name: "tel", uri: "tel:+123", err: transport.ErrTransport},
		{name: "port", uri: "sip:a@srv.test:5099", err: locate.ErrNotFound},
		{name: "port, address", uri: "sip:a@plain.test:5099", want: []string{"udp 192.0.2.1:5099"}},
		{name: "NAPTR", uri: "sip:a@naptr.test", want: []string{"tcp 192.0.2.1:5071", "udp 192.0.2.1:5070"}},
		{
			name: "NAPTR, all transports", uri: "sip:a@naptr.test", transports: all,
			want: []string{"tls 192.0.2.1:5072", "tcp 192.0.2.1:5071", "udp 192.0.2.1:5070"},
		},
		{name: "NAPTR, sips", uri: "sips:a@naptr.test", transports: all, want: []string{"tls 192.0.2.1:5072"}},
		{name: "SRV", uri: "sip:a@srv.test", want: []string{
			"udp 192.0.2.11:5080", "udp 192.0.2.12:5081", "udp 192.0.2.13:5080", "tcp 192.0.2.11:5082",
		}},
		{name: "SRV of the transport", uri: "sip:a@srv.test;transport=tcp", want: []string{"tcp 192.0.2.11:5082"}},
		{name: "no SRV of the transport", uri: "sip:a@plain.test;transport=tcp", want: []string{"tcp 192.0.2.1:5060"}},
		{name: "service not offered", uri: "sip:a@none.test;transport=udp", err: locate.ErrNotFound},
		{name: "address", uri: "sip:a@PLAIN.test.", want: []string{"udp 192.0.2.1:5060"}},
		{name: "both families", uri: "sip:a@both.test", want: []string{"udp [2001:db8::2]:5060", "udp 192.0.2.2:5060"}},
		{name: "one family", uri: "sip:a@both.test", reaches: four, want: []string{"udp 192.0.2.2:5060"}},
		{
			name: "no way", uri: "sip:a@plain.test", err: locate.ErrUnreachable,
			reaches: func(string, netip.Addr) bool { return false },
		},
		{name: "alias", uri: "sip:a@alias.test", want: []string{"udp 192.0.2.1:5060"}},
		{name: "alias into another zone", uri: "sip:a@far.test", want: []string{"udp 192.0.2.20:5060"}},
		{name: "nobody", uri: "sip:a@nobody.test", err: locate.ErrNotFound},
		{name: "search", uri: "sip:a@short", err: locate.ErrNotFound},
		{name: "hosts", uri: "sip:a@known.example", want: []string{"udp 192.0.2.50:5060"}},
		{name: "hosts, two lines", uri: "sip:a@known;transport=tcp", want: []string{"tcp 192.0.2.50:5060", "tcp [::1]:5060"}},
		{name: "localhost", uri: "sip:a@localhost:5061", reaches: four, want: []string{"udp 127.0.0.1:5061"}},
		{name: "localhost, sub", uri: "sip:a@conf.localhost", reaches: four, want: []string{"udp 127.0.0.1:5060"}},
		{name: "invalid", uri: "sip:a@df7jal23ls0d.invalid;transport=tcp", err: transport.ErrFlowGone},
		{name: "no name", uri: "sip:a@" + strings.Repeat("a.", 130), err: locate.ErrNotFound},
	}
	server := serve(t, zone)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := server.rig(t, locate.Config{Transports: tt.transports, Reaches: tt.reaches})
			targets, err := l.Locate(t.Context(), parse(t, tt.uri))
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				return
			}
			if diff := cmp.Diff(tt.want, list(targets)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestInvalidNamesAreNotAskedFor: nor is anything else that is settled here.
func TestInvalidNamesAreNotAskedFor(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-16")
	server := serve(t, zone)
	l := server.rig(t, locate.Config{})
	for _, host := range []string{"x.invalid", "invalid", "localhost", "a.localhost", "known.example", "192.0.2.1"} {
		_, _ = l.Locate(t.Context(), parse(t, "sip:a@"+host))
	}
	if asked := server.questions(); len(asked) != 0 {
		t.Errorf("asked for %v", asked)
	}
}

// TestWeights draws by RFC 2782: the number decides where the running sum ends.
func TestWeights(t *testing.T) {
	t.Parallel()
	server := serve(t, `
w.test. 60 IN NAPTR 1 1 "s" "SIP+D2U" "" _sip._udp.w.test.
_sip._udp.w.test. 60 IN SRV 1 30 1 h.test.
_sip._udp.w.test. 60 IN SRV 1 0  2 h.test.
_sip._udp.w.test. 60 IN SRV 1 10 3 h.test.
_sip._udp.w.test. 60 IN SRV 2 99 4 h.test.
h.test. 60 IN A 192.0.2.1
`)
	tests := []struct {
		draws []int // of 0..sum
		sums  []int
		want  string
	}{
		{[]int{0, 0, 0, 0}, []int{41, 41, 31, 100}, "2 3 1 4"},
		{[]int{10, 0, 0, 0}, []int{41, 31, 31, 100}, "3 2 1 4"},
		{[]int{11, 10, 0, 0}, []int{41, 11, 1, 100}, "1 3 2 4"},
		{[]int{40, 0, 0, 0}, []int{41, 11, 11, 100}, "1 2 3 4"},
	}
	for i, tt := range tests {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			var sums []int
			l := server.rig(t, locate.Config{IntN: func(n int) int {
				sums = append(sums, n)
				return tt.draws[len(sums)-1]
			}})
			targets, err := l.Locate(t.Context(), parse(t, "sip:w.test"))
			if err != nil {
				t.Fatal(err)
			}
			var ports []string
			for _, to := range targets {
				ports = append(ports, strconv.Itoa(int(to.Addr.Port())))
			}
			if got := strings.Join(ports, " "); got != tt.want {
				t.Errorf("order %s, want %s", got, tt.want)
			}
			if diff := cmp.Diff(tt.sums, sums); diff != "" {
				t.Errorf("drawn from (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoolDown(t *testing.T) {
	t.Parallel()
	server := serve(t, zone)
	now := time.Unix(1_000_000, 0)
	l := server.rig(t, locate.Config{Now: func() time.Time { return now }, MaxRest: 5 * time.Minute})
	order := func() string {
		t.Helper()
		targets, err := l.Locate(t.Context(), parse(t, "sip:srv.test"))
		if err != nil {
			t.Fatal(err)
		}
		var hosts []string
		for _, to := range targets {
			names := map[byte]string{11: "first", 12: "second", 13: "third"}
			hosts = append(hosts, names[to.Addr.Addr().As4()[3]]+"/"+to.Transport)
			if to.Host != "srv.test" { // which a TLS peer has to prove to be
				t.Errorf("host %s", to.Host)
			}
		}
		return strings.Join(hosts, " ")
	}
	targets, _ := l.Locate(t.Context(), parse(t, "sip:srv.test"))
	steps := []struct {
		do   func()
		want string
	}{
		{func() {}, "first/udp second/udp third/udp first/tcp"},
		{func() { l.Failed(targets[0], 0) }, "second/udp third/udp first/tcp first/udp"},
		{func() { l.Failed(targets[1], time.Minute) }, "third/udp first/tcp first/udp second/udp"},
		{func() { now = now.Add(31 * time.Second) }, "first/udp third/udp first/tcp second/udp"},
		{func() { now = now.Add(30 * time.Second) }, "first/udp second/udp third/udp first/tcp"},
		{func() { l.Failed(targets[0], time.Hour) }, "second/udp third/udp first/tcp first/udp"},
		{func() { now = now.Add(5*time.Minute + 1) }, "first/udp second/udp third/udp first/tcp"},
	}
	for i, step := range steps {
		step.do()
		if got := order(); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
	for i := range 5000 {
		to := targets[0]
		to.Addr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 5060)
		l.Failed(to, 0)
	}
	if n := l.Counters().Resting; n > 4096 {
		t.Errorf("%d failed targets remembered", n)
	}
}

// TestMemory: answers last as long as their TTL, empty ones as long as the zone says,
// and never more than so many.
func TestMemory(t *testing.T) {
	t.Parallel()
	server := serve(t, zone)
	now := time.Unix(1_000_000, 0)
	l := server.rig(t, locate.Config{Now: func() time.Time { return now }, Answers: 8})
	look := func(host string) int {
		t.Helper()
		before := len(server.questions())
		_, _ = l.Locate(t.Context(), parse(t, "sip:"+host+":5060"))
		return len(server.questions()) - before
	}
	if n := look("plain.test"); n != 2 {
		t.Errorf("%d questions at first", n)
	}
	if n := look("plain.test"); n != 0 {
		t.Errorf("%d questions while the answer lasts", n)
	}
	now = now.Add(31 * time.Second)
	if n := look("plain.test"); n != 1 {
		t.Errorf("%d questions when what does not exist is over, want 1", n)
	}
	now = now.Add(61 * time.Second)
	if n := look("plain.test"); n != 2 {
		t.Errorf("%d questions when all is over", n)
	}
	for i := range 50 {
		look("h" + strconv.Itoa(i) + ".test")
	}
	if n := l.Counters().Answers; n > 8 {
		t.Errorf("%d answers remembered", n)
	}
}

// TestOneQuestionForAll: who asks for what is being asked waits for that answer.
func TestOneQuestionForAll(t *testing.T) {
	t.Parallel()
	server := serve(t, zone)
	gate := make(chan struct{})
	server.change(func(string, dns.Question, *dns.Msg) bool { <-gate; return false })
	l := server.rig(t, locate.Config{})
	uri := parse(t, "sip:plain.test:5060")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := l.Locate(t.Context(), uri); err != nil {
				t.Error(err)
			}
		})
	}
	close(gate)
	all.Wait()
	if n := len(server.questions()); n != 2 {
		t.Errorf("%d questions", n)
	}
}

// soon is how long a test waits for what does not come.
const soon = 100 * time.Millisecond

func TestNameServerTroubles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer func(network string, q dns.Question, m *dns.Msg) bool
		ok     bool
	}{
		"truncated": {ok: true, answer: func(network string, _ dns.Question, m *dns.Msg) bool {
			if network == "udp" {
				m.Truncated, m.Answer = true, nil
			}
			return false
		}},
		"silent": {answer: func(string, dns.Question, *dns.Msg) bool { return true }},
		"refuses": {answer: func(_ string, _ dns.Question, m *dns.Msg) bool {
			m.Rcode = dns.RcodeRefused
			return false
		}},
		"answers something else": {answer: func(_ string, _ dns.Question, m *dns.Msg) bool {
			m.Question[0].Name = "other.test."
			return false
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			troubled, sound := serve(t, zone), serve(t, zone)
			troubled.change(tt.answer)
			uri := parse(t, "sip:plain.test:5060")
			cfg := locate.Config{Timeout: soon}
			if tt.ok {
				cfg.Timeout = patience
			}
			if _, err := troubled.rig(t, cfg).Locate(t.Context(), uri); (err == nil) != tt.ok {
				t.Errorf("alone: %v", err)
			}
			cfg.Servers = []string{troubled.addr, sound.addr}
			both := troubled.rig(t, cfg)
			targets, err := both.Locate(t.Context(), uri)
			for began := time.Now(); err != nil && time.Since(began) < patience; {
				targets, err = both.Locate(t.Context(), uri) // the sound one may need longer
			}
			if err != nil || len(targets) != 1 {
				t.Errorf("with a sound one behind: %v %v", targets, err)
			}
		})
	}
}

// TestGivingUp: a lookup ends with its context, and the next one asks again.
func TestGivingUp(t *testing.T) {
	t.Parallel()
	server := serve(t, zone)
	asked := make(chan struct{}, 100)
	server.change(func(string, dns.Question, *dns.Msg) bool { asked <- struct{}{}; return true })
	l := server.rig(t, locate.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	if _, err := l.Locate(ctx, parse(t, "sip:plain.test:5060")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	server.change(nil)
	if _, err := l.Locate(t.Context(), parse(t, "sip:plain.test:5060")); err != nil {
		t.Error(err)
	}
}
