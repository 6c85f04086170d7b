package interop

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const wideOpen = `
domain: conf.example.test
sip: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0", "ws://127.0.0.1:0/sip"]}
msrp: {listen: ["tcp://127.0.0.1:0", "tls://127.0.0.1:0", "ws://127.0.0.1:0/msrp"]}
http: {listen: ""}
tls: {certificate: %q, key: %q}
auth: {local: true}
store: {path: ""}
notify: {min_interval: 50ms}
dial_out: {consent: any, addresses: [127.0.0.0/8]}
factory: ["sip:factory@conf.example.test"]
`

// TestTsharkReadsKinds has tshark read each kind of message that a conference brings
// about, over each transport; the way to a relay is uncovered for that.
func TestTsharkReadsKinds(t *testing.T) {
	tshark := peer(t, "tshark", "tshark")
	ca := testca.New(t)
	k := newKamailio(t, ca)
	plain := uncover(t, k, ca)
	k.run(t, "relay.cfg")
	folder := certified(t, ca, ours())
	s := serve(t, fmt.Sprintf(wideOpen, filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")))
	capture := filepath.Join(t.TempDir(), "kinds.pcapng")
	var filter []string // of what else goes over the interface too much might be in the way
	for _, address := range []string{
		s.Addr["sip/udp"], s.Addr["sip/tcp"], s.Addr["sip/ws"], s.Addr["msrp/tcp"], s.Addr["msrp/ws"], plain,
	} {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			t.Fatalf("%q: %v", address, err)
		}
		filter = append(filter, "port "+port)
	}
	stop := record(t, tshark, capture, strings.Join(filter, " or "))
	alice := everyKind(t, s, k, &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12})
	stop()

	read := []string{"-r", capture, "-n"}
	var ports []string // other tests may be talking on the loopback interface
	decode := func(network, address, protocol string) {
		_, port, splitErr := net.SplitHostPort(address)
		if splitErr != nil {
			t.Fatalf("%s: %v", protocol, splitErr)
		}
		read = append(read, "-d", network+".port=="+port+","+protocol)
		ports = append(ports, network+".port=="+port)
	}
	decode("udp", s.Addr["sip/udp"], "sip")
	decode("udp", alice, "sip") // a lower port that is somebody's would count for more
	decode("tcp", s.Addr["sip/tcp"], "sip")
	decode("tcp", s.Addr["sip/ws"], "http")
	decode("tcp", s.Addr["msrp/tcp"], "msrp")
	decode("tcp", s.Addr["msrp/ws"], "http")
	decode("tcp", plain, "msrp")
	mine := "(" + strings.Join(ports, " || ") + ") && "
	for _, kind := range []string{
		`udp && sip.Method == "INVITE"`, `sip.Method == "ACK"`, `sip.Method == "BYE"`, `sip.Method == "SUBSCRIBE"`,
		`sip.Method == "NOTIFY" && xml`, `sip.Method == "NOTIFY" && sip.Event == "refer"`, `sip.Method == "REFER"`,
		`sip && mime_multipart && sdp`, `websocket && sip.Method == "INVITE"`, `websocket && sip.Method == "NOTIFY"`,
		`msrp.method == "SEND"`, `msrp.method == "REPORT"`, `msrp.method == "NICKNAME"`, `msrp.cnt.flg == "+"`,
		`msrp.method == "SEND" && msrp.content.type contains "cpim"`, `msrp.status.code == 200`,
		`msrp.method == "AUTH" && msrp.authorization`, `msrp.use.path`, `websocket && !sip`, // of MSRP in there it knows nothing
	} {
		if frames(t, tshark, read, mine+kind) == "" {
			t.Errorf("no frame of the kind %s", kind)
		}
	}
	if got := frames(t, tshark, read, mine+`(_ws.malformed || ((sip || sdp || msrp || websocket) && _ws.expert.severity == "Error"))`); got != "" {
		t.Errorf("tshark calls these malformed:\n%s", got)
	}
}

// everyKind plays a conference of users over UDP, TCP and WebSocket and behind a relay. It
// returns the address of the one over UDP.
func everyKind(t *testing.T, s *served, k *kamailio, trust *tls.Config) (udp string) {
	t.Helper()
	ctx := timeout(t)
	over := func(network string, media participant.Media) *meeting {
		return &meeting{t: t, config: participant.Config{Server: s.Addr["sip/"+network], Transport: network, TLS: trust, Media: media}}
	}
	m := over("udp", participant.Media{})
	bob := over("tcp", participant.Media{}).make("bob")
	if _, err := bob.Listen(ctx); err != nil {
		t.Fatal(err)
	}
	alice := m.make("alice")
	a, err := alice.Create(ctx, "sip:factory@conf.example.test",
		participant.Options{Invite: []participant.Invitee{{URI: bob.Contact(), Copy: "to"}}})
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	b := m.accepted(ctx, bob)
	carol := over("ws", participant.Media{WebSocket: "ws://" + s.Addr["msrp/ws"] + "/msrp"})
	c := carol.join("carol", a.URI())
	relay, err := msrpwire.ParseURI("msrps://" + k.at(k.Reached) + ";tcp")
	if err != nil {
		t.Fatal(err)
	}
	d := over("tcp", participant.Media{Relays: []msrp.Relay{{URI: relay, Username: "dora", Password: "secret"}}}).join("dora", a.URI())
	if err = b.SetNickname(ctx, "The Owl"); err != nil {
		t.Errorf("SetNickname: %v", err)
	}
	m.talk(a, b, "Good morning")
	m.talk(b, c, strings.Repeat("a long story ", 8000))
	m.talk(c, d, "Grüezi mitenand")
	m.talk(d, a, strings.Repeat("another one ", 2000))
	if err = a.Remove(ctx, "sip:carol@example.test"); err != nil {
		t.Errorf("Remove: %v", err)
	}
	m.referral(a, "sip:carol@example.test")
	m.leave(d, b, a)
	contact, err := sipmsg.ParseURI(alice.Contact())
	if err != nil {
		t.Fatal(err)
	}
	return net.JoinHostPort(contact.Host, strconv.Itoa(int(contact.Port)))
}
