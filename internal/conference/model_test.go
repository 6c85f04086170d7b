package conference

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// choices draws commands from a string of octets, so that a fuzzer can steer.
type choices struct {
	octets []byte
	now    time.Time
}

// pick returns a number below n, 0 when the octets have run out.
func (c *choices) pick(n int) int {
	if len(c.octets) == 0 {
		return 0
	}
	v := int(c.octets[0]) % n
	c.octets = c.octets[1:]
	return v
}

func (c *choices) identity() Identity {
	if n := c.pick(7); n < 6 {
		return Identity(fmt.Sprintf("sip:u%d@a.test", n))
	}
	return ""
}

// endpoint draws an endpoint, mostly one that is there.
func (c *choices) endpoint(s *State) EndpointID {
	if there := slices.Sorted(maps.Keys(s.roster.endpoints)); len(there) > 0 && c.pick(8) > 0 {
		return there[c.pick(len(there))]
	}
	return EndpointID(fmt.Sprintf("e%d", c.pick(20)))
}

// user draws a user, mostly one that is there.
func (c *choices) user(s *State) User {
	if ep := s.Endpoint(c.endpoint(s)); ep != nil {
		return ep.Participant.User
	}
	return User(c.identity())
}

func (c *choices) admit(s *State) Admit {
	a := Admit{
		At: c.now, Identity: c.identity(), Private: c.pick(4) == 0,
		Endpoint: EndpointID(fmt.Sprintf("e%d", c.pick(20))),
	}
	switch c.pick(6) {
	case 0:
		a.Replaces = c.endpoint(s)
	case 1, 2:
		a.Instance = fmt.Sprintf("device%d", c.pick(3))
	}
	return a
}

func (c *choices) create(s *State) Create {
	p := DefaultPolicy()
	p.MaxUsers = 2 + c.pick(5)
	p.EndpointsPerUser = 1 + c.pick(3)
	p.End.OnCreatorLeave = c.pick(4) == 0
	p.End.EmptyAfter = time.Duration(c.pick(3)) * 45 * time.Second
	p.Remove = Right(c.pick(3))
	create := Create{
		At: c.now, ID: "sip:room@conf.test", Origin: Origin(c.pick(2)), Owner: c.identity(),
		Policy: p, First: c.admit(s),
	}
	if c.pick(3) == 0 {
		create.Members = []string{"sip:u1@a.test", "A.test"}[:1+c.pick(2)]
		create.Policy.Join = JoinMembers
	}
	return create
}

// command draws the next command.
func (c *choices) command(s *State) Command {
	if c.pick(3) == 0 {
		c.now = c.now.Add(time.Duration(c.pick(4)) * 7 * time.Second)
	}
	if !s.Alive() && c.pick(10) > 0 {
		return c.create(s)
	}
	switch c.pick(37) {
	case 0:
		return c.create(s)
	case 1, 2, 3, 4, 5:
		return c.admit(s)
	case 6, 7, 8, 9, 10:
		return Connect{At: c.now, Endpoint: c.endpoint(s), Media: Direction(c.pick(5)), Private: c.pick(3) == 0}
	case 11:
		return Leave{At: c.now, Endpoint: c.endpoint(s), Cause: Cause(c.pick(8))}
	case 12:
		return Withdraw{At: c.now, Endpoint: c.endpoint(s), Cause: CauseCancelled}
	case 13:
		return LoseLeg{At: c.now, Endpoint: c.endpoint(s)}
	case 14:
		return RestoreLeg{At: c.now, Endpoint: c.endpoint(s)}
	case 15:
		return SetMedia{At: c.now, Endpoint: c.endpoint(s), Media: Direction(c.pick(5))}
	case 16:
		return Remove{At: c.now, User: c.user(s), By: c.user(s), Bar: c.pick(2) == 0}
	case 17:
		return Lock{At: c.now, Locked: c.pick(3) == 0}
	case 18:
		if c.pick(8) > 0 {
			return Leave{At: c.now, Endpoint: c.endpoint(s), Cause: CauseLost}
		}
		return End{At: c.now, By: c.user(s)}
	case 19, 20:
		return Invite{
			At: c.now, By: c.user(s), Identity: c.identity(), Endpoint: EndpointID(fmt.Sprintf("e%d", c.pick(20))),
		}
	case 21:
		return Advance{At: c.now, Endpoint: c.endpoint(s), Status: Status(c.pick(5))}
	case 22, 23, 24, 25, 26, 27:
		return c.rule(s)
	case 32:
		return TakeSnapshot{At: c.now}
	case 30, 31:
		return Acknowledge{Marks: []Mark{{c.endpoint(s), Position(c.pick(100))}, {c.endpoint(s), s.Position()}}}
	case 28, 29:
		return SetNickname{At: c.now, Endpoint: c.endpoint(s), Nickname: []string{"", "Owl", "owl ", "u1", "\x00", "Cat"}[c.pick(6)]}
	}
	m := &Message{At: c.now, User: c.user(s), Endpoint: c.endpoint(s), SenderID: fmt.Sprint(c.pick(30))}
	if ep := s.Endpoint(m.Endpoint); ep != nil && c.pick(8) > 0 {
		m.User = ep.Participant.User
	}
	return Post{Message: m}
}

// rule draws a command of owners, moderators or the administration.
func (c *choices) rule(s *State) Command {
	by := c.user(s)
	if c.pick(2) == 0 {
		by = "" // the administration
	}
	switch c.pick(9) {
	case 0:
		return Bar{At: c.now, Identity: c.identity(), By: by}
	case 1, 2:
		return Unbar{At: c.now, Identity: c.identity(), By: by}
	case 3:
		return Approve{At: c.now, Identity: c.identity(), By: by, Approved: c.pick(3) > 0}
	case 4, 5:
		return Appoint{At: c.now, Identity: c.identity(), By: by, Role: Role(c.pick(3))}
	case 6:
		subject := fmt.Sprint("subject ", c.pick(3))
		policy := s.Policy()
		policy.Join, policy.Invite, policy.Remove = Join(c.pick(3)), Right(c.pick(3)), Right(c.pick(3))
		return Change{At: c.now, By: by, Subject: &subject, Policy: &policy}
	case 7:
		if c.pick(4) == 0 {
			return RemoveAll{At: c.now, By: by}
		}
		members := []string{"sip:u2@a.test"}[:c.pick(2)]
		return Change{At: c.now, By: by, Members: &members}
	}
	if c.pick(4) == 0 {
		return End{At: c.now, Cause: EndShutdown}
	}
	return Resume{At: c.now}
}

// checkInvariants says what is wrong with a state.
func checkInvariants(s *State) error {
	users, endpoints, connected, named := 0, 0, 0, 0
	seen := make(map[uint64]bool)
	owners := make(map[Identity]bool)
	for p := range s.Participants() {
		users++
		n := 0
		for e := range p.Endpoints() {
			endpoints++
			if s.Endpoint(e.ID) != e || e.Participant != p {
				return fmt.Errorf("endpoint %s is not linked to its participant", e.ID)
			}
			if e.Connected() {
				n++
			}
		}
		if len(p.endpoints) == 0 || n != p.connected {
			return fmt.Errorf("%s: %d endpoints, %d connected, %d counted", p.User, len(p.endpoints), n, p.connected)
		}
		if n > 0 {
			connected++
		}
		if p.Role == RoleOwner {
			owners[p.Identity] = true
		}
		if p.Role != s.Role(p.Identity) {
			return fmt.Errorf("%s is %s in the roster, and %s", p.User, p.Role, s.Role(p.Identity))
		}
		if p.Anonymous != 0 && (seen[p.Anonymous] || p.User != anonymousUser(p.Anonymous) || p.Anonymous > s.roster.numbered) {
			return fmt.Errorf("%s: number %d", p.User, p.Anonymous)
		}
		seen[p.Anonymous] = true
		if holder := s.nicknames.holders[p.nicknameKey]; p.Nickname != "" && holder != p.User {
			return fmt.Errorf("%s: nickname %s is %s's", p.User, p.Nickname, holder)
		}
		if p.Nickname != "" {
			named++
		}
		if s.Participant(p.User) != p || p.Connected() && s.absent.has(p.User, time.Time{}) {
			return fmt.Errorf("%s is not where it should be", p.User)
		}
		if limit := s.created.Policy.EndpointsPerUser; len(p.endpoints) > 2*limit+1 {
			return fmt.Errorf("%s: %d endpoints", p.User, len(p.endpoints))
		}
	}
	switch {
	case len(owners) > 1:
		return fmt.Errorf("%d owners", len(owners))
	case users != len(s.roster.users), endpoints != len(s.roster.endpoints), connected != s.roster.connected:
		return fmt.Errorf("counts: %d users, %d endpoints, %d connected", users, endpoints, connected)
	case named != len(s.nicknames.holders):
		return fmt.Errorf("%d nicknames, %d holders", named, len(s.nicknames.holders))
	case len(s.absent.until) != len(s.absent.queue):
		return fmt.Errorf("absent: %d and %d", len(s.absent.until), len(s.absent.queue))
	case s.arrived < 0, s.alive && s.arrived == 0 && connected > 0:
		return fmt.Errorf("%d arrived, %d connected", s.arrived, connected)
	case s.alive && s.Places(s.activity) > s.created.Policy.MaxUsers:
		return fmt.Errorf("%d places taken of %d", s.Places(s.activity), s.created.Policy.MaxUsers)
	}
	return nil
}

// begins reports whether a command may follow the end of a conference.
func begins(c Command) bool {
	switch c.(type) {
	case Create, Resume:
		return true
	}
	return false
}

// play runs a conference on the choices and checks it at every step.
func play(t *testing.T, octets []byte) {
	t.Helper()
	f := &fold{}
	c := &choices{octets: octets, now: epoch}
	for len(c.octets) > 0 {
		command := c.command(&f.State)
		before := dump(&f.State)
		ended := f.Phase() == PhaseEnded
		events, err := Decide(&f.State, command)
		if after := dump(&f.State); after != before {
			t.Fatalf("%#v: Decide changed the state\n%s\n%s", command, before, after)
		}
		if err != nil && CodeOf(err) == 0 {
			t.Fatalf("%#v: %v is no refusal", command, err)
		}
		if ended && len(events) > 0 && !begins(command) {
			t.Fatalf("%#v: %s after the end", command, kinds(events))
		}
		for _, e := range events {
			f.log = append(f.log, e)
			f.Apply(f.Position()+1, e)
		}
		f.pass(t, c.now)
		if err := checkInvariants(&f.State); err != nil {
			t.Fatalf("after %#v: %v\n%s", command, err, dump(&f.State))
		}
	}
	checkReplays(t, f)
}

func TestRandomCommandsKeepInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		var key [32]byte
		binary.LittleEndian.PutUint64(key[:], seed)
		octets := make([]byte, 2000)
		if _, err := rand.NewChaCha8(key).Read(octets); err != nil {
			t.Fatal(err)
		}
		play(t, octets)
	}
}

func FuzzConference(f *testing.F) {
	f.Add([]byte("\x00\x00\x05\x01\x01\x01\x00"))
	f.Fuzz(func(t *testing.T, octets []byte) {
		if len(octets) > 4096 {
			octets = octets[:4096]
		}
		play(t, octets)
	})
}
