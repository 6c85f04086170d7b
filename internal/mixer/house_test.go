package mixer_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
)

const (
	lobby = "sip:lobby@conf.example.test"
	alice = "sip:alice@example.test"
	bob   = "sip:bob@example.test"
	carol = "sip:carol@example.test"
)

// house is a server without SIP: an endpoint, a mixer and one conference.
type house struct {
	t       *testing.T
	ep      *msrp.Endpoint
	mixer   *mixer.Mixer
	dir     *instance.Directory
	journal *local.Journal
	inst    *instance.Instance // once somebody has joined
	listen  string             // "": connections are pipes
	events  chan conference.Event
	joined  int
}

type blueprint struct {
	mixer  mixer.Config
	policy conference.Policy
	pipes  bool
	media  msrp.Config
	reads  *readings // what becomes of reading the journal; nil: it works
}

func newHouse(t *testing.T, change func(*blueprint)) *house {
	t.Helper()
	b := blueprint{policy: conference.DefaultPolicy(), media: msrp.Config{PerSource: 5000, UnboundPerSource: 5000}}
	b.policy.History = conference.History{} // but where a test is about it
	if change != nil {
		change(&b)
	}
	h := &house{t: t, ep: msrp.New(b.media), journal: local.New(local.Limits{}), events: make(chan conference.Event, 4096)}
	if b.pipes {
		b.mixer.Host, b.mixer.Port = "127.0.0.1", 2855
	} else {
		ln, err := h.ep.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		h.listen = ln.Addr().String()
	}
	b.mixer.Endpoint = h.ep
	h.mixer = mixer.New(b.mixer)
	var j journal.Journal = h.journal
	if b.reads != nil {
		b.reads.Journal = j
		j = b.reads
	}
	dir, err := instance.NewDirectory(instance.Config{
		Journal: j, Domain: "conf.example.test",
		Attach: []func(*instance.Instance) instance.Observer{
			h.mixer.Attach,
			func(*instance.Instance) instance.Observer { return h },
		},
	}, instance.Definition{Address: lobbyAddress(), Policy: b.policy})
	if err != nil {
		t.Fatal(err)
	}
	h.dir = dir
	t.Cleanup(h.close)
	return h
}

// keeping makes a conference keep history.
func keeping(b *blueprint) { b.policy.History = conference.DefaultPolicy().History }

func lobbyAddress() instance.Address {
	return instance.Address{User: "lobby", Host: "conf.example.test"}
}

// close ends everything and sees that no leg is left.
func (h *house) close() {
	if err := h.dir.Shutdown(context.Background()); err != nil {
		h.t.Error(err)
	}
	if n := h.mixer.Legs(); n != 0 {
		h.t.Errorf("%d legs left", n)
	}
	if err := h.ep.Close(); err != nil {
		h.t.Error(err)
	}
}

// Applied implements instance.Observer.
func (h *house) Applied(_ *conference.State, _ conference.Position, e conference.Event) {
	switch e.(type) {
	case conference.LegLost, conference.LegBack, conference.Departed:
		h.events <- e
	}
}

func wait[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(testnet.Patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

// do carries out a command.
func (h *house) do(c conference.Command) {
	h.t.Helper()
	done := make(chan error, 1)
	h.inst.Do(c, func(r instance.Result) { done <- r.Err })
	if err := wait(h.t, done, "result"); err != nil {
		h.t.Fatalf("%T: %v", c, err)
	}
}

// posted returns the bodies that the journal has kept.
func (h *house) posted() (bodies []string) {
	h.t.Helper()
	entries, err := h.journal.Read(h.t.Context(), lobby, 0, 1<<20)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		if p, ok := e.Event.(conference.Posted); ok {
			bodies = append(bodies, string(p.Message.Body))
		}
	}
	return bodies
}

// wishes is what a client offers.
type wishes struct {
	agent, direction, types, wrapped, chatroom, setup string
	maxSize                                           int
	also                                              []string // further addresses
	features, dialled                                 string
	device                                            string // instance id
	relayed                                           bool   // its path leads over a relay
	private                                           bool
	outside                                           bool // not connected yet
	unbound                                           bool // does not open its connection
}

// join brings a device of a user into the conference.
func (h *house) join(user string, change func(*wishes)) *client {
	h.t.Helper()
	w := wishes{types: "message/cpim", wrapped: "*", chatroom: "nickname private-messages", setup: "active", direction: "sendrecv"}
	if change != nil {
		change(&w)
	}
	h.joined++
	c := newClient(h, conference.EndpointID(fmt.Sprintf("endpoint%d", h.joined)), w)
	type result struct {
		inst *instance.Instance
		user conference.User
		err  error
	}
	done := make(chan result, 1)
	admit := conference.Admit{At: time.Now(), Identity: conference.Identity(user), Endpoint: c.id, Private: w.private, Instance: w.device}
	h.dir.Join(lobbyAddress(), instance.Admission{Admit: admit}, func(i *instance.Instance, r instance.Result) {
		if r.Err != nil {
			done <- result{err: r.Err}
			return
		}
		done <- result{inst: i, user: r.State.Endpoint(c.id).Participant.User}
	})
	r := wait(h.t, done, "admission")
	if r.err != nil {
		h.t.Fatal(r.err)
	}
	h.inst, c.user = r.inst, string(r.user)
	leg, err := h.mixer.Reserve(mixer.LegRequest{
		Instance: r.inst, Endpoint: c.id, User: r.user,
		Addresses:  append([]string{c.user}, w.also...),
		Conference: []string{lobby, "sip:lobby@10.0.0.1:5060;transport=tcp", "sip:front-door@example.test"},
		UserAgent:  w.agent, Features: w.features, Dialled: w.dialled,
		Lost: func(err error) { c.lost <- err },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	c.leg = leg
	if err := c.offer(); err != nil {
		h.t.Fatal(err)
	}
	if !w.outside {
		c.connect()
	}
	if !w.unbound {
		c.dial()
		c.bind()
	}
	return c
}

// description is the offer or answer that the client's wishes make.
func (c *client) description() *sdp.Session {
	c.house.t.Helper()
	c.version++
	lines := []string{
		"v=0", fmt.Sprintf("o=- 1 %d IN IP4 127.0.0.1", c.version), "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
		fmt.Sprintf("m=message %d TCP/MSRP *", c.port), "a=accept-types:" + c.wishes.types,
		"a=path:" + c.way(), "a=setup:" + c.wishes.setup, "a=" + c.wishes.direction,
	}
	if c.wishes.wrapped != "" {
		lines = append(lines, "a=accept-wrapped-types:"+c.wishes.wrapped)
	}
	if c.wishes.chatroom != "" {
		lines = append(lines, "a=chatroom:"+strings.TrimSpace(c.wishes.chatroom))
	}
	if c.wishes.maxSize > 0 {
		lines = append(lines, fmt.Sprintf("a=max-size:%d", c.wishes.maxSize))
	}
	s, err := sdp.Parse([]byte(strings.Join(lines, "\r\n") + "\r\n"))
	if err != nil {
		c.house.t.Fatal(err)
	}
	return s
}

// relay is one that the client's path may lead over.
const relay = "msrp://127.0.0.1:2856/relay;tcp"

// way is the client's path.
func (c *client) way() string {
	if c.wishes.relayed {
		return relay + " " + c.path
	}
	return c.path
}

// offer makes an offer and takes the answer.
func (c *client) offer() error {
	answer, _, err := c.leg.Answer(c.description())
	if err == nil {
		c.take(answer)
	}
	return err
}

func (c *client) take(s *sdp.Session) {
	i := slices.IndexFunc(s.Media, func(m sdp.Media) bool { return m.Port != 0 })
	if i < 0 {
		return
	}
	c.room, _ = s.Media[i].Attribute("path")
}

// connect tells the conference that the dialog is confirmed.
func (c *client) connect() {
	c.house.t.Helper()
	c.house.do(conference.Connect{At: time.Now(), Endpoint: c.id, Media: conference.SendRecv})
}

// leave takes the endpoint out.
func (c *client) leave() {
	c.house.t.Helper()
	c.house.do(conference.Leave{At: time.Now(), Endpoint: c.id})
}

// hold changes the direction of the stream.
func (c *client) hold(direction string) {
	c.house.t.Helper()
	c.wishes.direction = direction
	answer, media, err := c.leg.Answer(c.description())
	if err != nil {
		c.house.t.Fatal(err)
	}
	c.take(answer)
	c.house.do(conference.SetMedia{At: time.Now(), Endpoint: c.id, Media: media})
}

// dial opens the client's connection.
func (c *client) dial() {
	c.house.t.Helper()
	if c.house.listen != "" {
		c.use(c.house.open())
		return
	}
	near, far := net.Pipe()
	if err := c.house.ep.ServeConn(far); err != nil {
		c.house.t.Fatal(err)
	}
	c.use(near)
}

// open opens a connection that nobody reads from yet.
func (h *house) open() net.Conn {
	h.t.Helper()
	var d net.Dialer
	nc, err := d.DialContext(h.t.Context(), "tcp", h.listen)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = nc.Close() })
	return nc
}
