package server

import (
	"crypto/tls"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/flow"
	"github.com/confab-chat/confab/internal/testnet/testca"
)

// The conference that is there before a flow begins.
const reservedFlow = "sip:r7Kq2vT9mZ4wXc1LpB6n@conf.ims.example"

// flows starts a server as the files in testdata/flows speak of it.
func flows(t *testing.T, change func(*config.Config)) *rig {
	t.Helper()
	return serve(t, func(c *config.Config) {
		c.Domain, c.Auth.Realm = "conf.ims.example", "conf.ims.example"
		c.Factory = []string{"sip:chat-factory@conf.ims.example"}
		c.SIP.IOI = "conf.ims.example"
		c.Conferences[0].URI = reservedFlow
		if change != nil {
			change(c)
		}
	})
}

// plays has the server be the focus of a flow.
func (r *rig) plays(t *testing.T, name string) {
	t.Helper()
	r.playsWeb(t, name, nil)
}

// playsWeb is plays for a flow with WebSockets over connections that web opens.
func (r *rig) playsWeb(t *testing.T, name string, web func() net.Conn) {
	t.Helper()
	flow.Play(t, filepath.Join("testdata", "flows", name+".txt"), flow.Stage{
		Subject: "focus",
		Dial:    func(_, network string) *testnet.SIPPeer { return r.dial(network) },
		Web:     web,
		Words:   map[string]string{"conf": reservedFlow},
		Cue: func(string) error { // "ends the conference" is all that there is
			at := instance.Address{User: "r7Kq2vT9mZ4wXc1LpB6n", Host: "conf.ims.example"}
			r.directory.Lookup(at).Instance.Do(conference.End{At: time.Now(), Cause: conference.EndRequested}, nil)
			return nil
		},
	})
}

func TestFlowA(t *testing.T) {
	conform.Covers(t, "FOC-FAC-01", "FOC-FAC-03", "FOC-FAC-13", "FOC-DSP-04", "FOC-JOI-01", "PRE-13", "SW-GEN-03")
	flows(t, nil).plays(t, "F-A")
}

func TestFlowC(t *testing.T) {
	conform.Covers(t, "IDN-03", "IDN-05", "FOC-JOI-02", "FOC-JOI-08", "FOC-DSP-04")
	flows(t, func(c *config.Config) {
		c.Auth.Local, c.SIP.Trust = false, nil
		c.Auth.Algorithms = []string{"SHA-256", "MD5"}
		c.Auth.Users = []config.User{
			{AOR: "sip:alice@ims.example", Password: "open-sesame-3"}, {AOR: "sip:bob@ims.example", Password: "correct-horse-7"},
		}
	}).plays(t, "F-C")
}

func TestFlowH(t *testing.T) {
	conform.Covers(t, "NOT-SUB-01", "NOT-SUB-02", "NOT-SUB-05", "NOT-SUB-06", "NOT-SUB-07", "NOT-SUB-08", "NOT-SUB-09",
		"NOT-NFY-01", "NOT-NFY-02", "NOT-NFY-03", "NOT-NFY-05", "NOT-END-05")
	flows(t, nil).plays(t, "F-H")
}

func TestFlowI(t *testing.T) {
	conform.Covers(t, "FOC-TRM-01", "FOC-TRM-03", "FOC-TRM-04", "FOC-TRM-06", "NOT-END-01")
	flows(t, func(c *config.Config) { c.Defaults.End.OnCreatorLeave = true }).plays(t, "F-I")
}

func TestFlowB(t *testing.T) {
	conform.Covers(t, "FOC-FAC-04", "FOC-FAC-05", "PRE-04", "PRE-06", "PRE-07", "PRE-08")
	flows(t, nil).plays(t, "F-B")
}

func TestFlowD(t *testing.T) {
	conform.Covers(t, "FOC-LST-01", "FOC-LST-11", "FOC-LST-13", "FOC-LST-14", "FOC-LST-15", "FOC-OUT-02", "FOC-OUT-06")
	flows(t, nil).plays(t, "F-D")
}

func TestFlowE(t *testing.T) {
	conform.Covers(t, "FOC-REF-03", "FOC-REF-05", "FOC-REF-06", "FOC-REF-09", "FOC-REF-11", "FOC-OUT-02", "FOC-OUT-04")
	flows(t, nil).plays(t, "F-E")
}

func TestFlowF(t *testing.T) {
	conform.Covers(t, "FOC-REF-15")
	flows(t, nil).plays(t, "F-F")
}

func TestFlowG(t *testing.T) {
	conform.Covers(t, "FOC-RMV-01", "FOC-RMV-06", "FOC-RMV-10", "FOC-REF-03", "NOT-END-01", "NOT-END-03", "FOC-TRM-04")
	flows(t, nil).plays(t, "F-G")
}

func TestFlowK(t *testing.T) {
	conform.Covers(t, "FOC-MRF-01", "FOC-MRF-02")
	flows(t, nil).plays(t, "F-K")
}

func TestFlowL(t *testing.T) {
	conform.Covers(t, "FOC-JOI-01", "FOC-DSP-04")
	flows(t, nil).plays(t, "F-L")
}

func TestFlowJ(t *testing.T) {
	conform.Covers(t, "COM-22", "FOC-MOD-07", "IDN-05")
	ca := testca.New(t)
	r := flows(t, func(c *config.Config) {
		everyTransport(t, ca)(c)
		c.MSRP.Listen = append(c.MSRP.Listen, config.Listener{Network: "wss", Address: "127.0.0.1:0", Path: "/msrp"})
		c.HTTP.Origins = []string{"https://chat.ims.example"}
		c.Auth.Local, c.SIP.Trust = false, nil
		c.Auth.Users = []config.User{{AOR: "sip:carol@ims.example", Password: "open-sesame-3"}}
	})
	r.playsWeb(t, "F-J", func() net.Conn {
		cfg := ca.Client(t, testca.Names{})
		cfg.ServerName = "conf.localhost"
		conn, err := (&tls.Dialer{Config: cfg}).DialContext(t.Context(), "tcp", r.address("sip", "wss"))
		if err != nil {
			t.Fatal(err)
		}
		return conn
	})
}
