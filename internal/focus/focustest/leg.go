package focustest

import (
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/sdp"
)

// leg is one whose end is noted.
type leg struct {
	focus.Leg
	mixer *Mixer
	once  sync.Once
}

func (l *leg) fault() error {
	l.mixer.mu.Lock()
	defer l.mixer.mu.Unlock()
	return l.mixer.broken
}

func (l *leg) Answer(offer *sdp.Session) (*sdp.Session, conference.Direction, error) {
	if err := l.fault(); err != nil {
		return nil, conference.NoStream, err
	}
	return l.Leg.Answer(offer)
}

func (l *leg) Offer() (*sdp.Session, error) {
	if err := l.fault(); err != nil {
		return nil, err
	}
	return l.Leg.Offer()
}

func (l *leg) Accept(answer *sdp.Session) (conference.Direction, error) {
	if err := l.fault(); err != nil {
		return conference.NoStream, err
	}
	return l.Leg.Accept(answer)
}

func (l *leg) Close() {
	l.once.Do(func() {
		l.mixer.mu.Lock()
		defer l.mixer.mu.Unlock()
		l.mixer.released++
	})
	l.Leg.Close()
}

// blank is a leg without media: it agrees to everything.
type blank struct{}

func (blank) Answer(*sdp.Session) (*sdp.Session, conference.Direction, error) {
	return described(), conference.SendRecv, nil
}

func (blank) Offer() (*sdp.Session, error) { return described(), nil }

func (blank) Accept(*sdp.Session) (conference.Direction, error) { return conference.SendRecv, nil }

func (blank) Description() *sdp.Session { return described() }

func (blank) Identify(_, _ string) {}

func (blank) Expect() {}

func (blank) Close() {}

// Description is a session description that either side may have written.
const Description = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n" +
	"m=message 2855 TCP/MSRP *\r\na=path:msrp://10.0.0.9:2855/s;tcp\r\na=accept-types:message/cpim\r\n"

func described() *sdp.Session {
	s, err := sdp.Parse([]byte(Description))
	if err != nil {
		panic(err)
	}
	return s
}
