package conference

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

// device lets a device of bob in.
func (f *fold) device(t *testing.T, ep EndpointID, instance string) *Endpoint {
	t.Helper()
	f.must(t, Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: ep, Instance: instance})
	f.must(t, Connect{At: epoch, Endpoint: ep})
	return f.Endpoint(ep)
}

func (f *fold) acknowledge(t *testing.T, ep EndpointID, at Position) {
	t.Helper()
	f.must(t, Acknowledge{Marks: []Mark{{ep, at}}})
}

func TestMarks(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	if ep := f.device(t, "phone1", "<urn:phone>"); ep.Return.Since != 0 {
		t.Errorf("new device since %d", ep.Return.Since)
	}
	f.device(t, "tablet1", "<urn:tablet>")
	f.acknowledge(t, "phone1", 10)
	f.acknowledge(t, "phone1", 9) // too late
	f.must(t, Leave{At: epoch, Endpoint: "phone1"})
	f.must(t, Leave{At: epoch, Endpoint: "tablet1", Cause: CauseLost})
	f.acknowledge(t, "tablet1", 20) // after it has left
	f.acknowledge(t, "nobody", 30)
	if ep := f.device(t, "desk1", "<urn:desk>"); ep.Return.Since != 0 {
		t.Errorf("third device since %d", ep.Return.Since)
	}
	phone := f.device(t, "phone2", "<urn:phone>")
	if phone.Return.Since != 10 || !slices.Equal(phone.Return.Were, []EndpointID{"phone1"}) {
		t.Errorf("phone: %+v", phone.Return)
	}
	// Without an instance id it is the newest of those that are not connected.
	if ep := f.device(t, "some1", ""); ep.Return.Since != 20 {
		t.Errorf("some device since %d", ep.Return.Since)
	}
	if ep := f.device(t, "other1", ""); ep.Return.Since != 0 {
		t.Errorf("another device since %d", ep.Return.Since)
	}
	// One whose leg is lost is not connected either.
	f.acknowledge(t, "other1", 30)
	f.must(t, LoseLeg{At: epoch, Endpoint: "other1"})
	ep := f.device(t, "some2", "")
	if ep.Return.Since != 30 || !slices.Equal(ep.Return.Were, []EndpointID{"other1"}) {
		t.Errorf("in the place of a lost one: %+v", ep.Return)
	}
	// Who is replaced hands on his mark.
	f.acknowledge(t, "phone2", 40)
	phone = f.device(t, "phone3", "<urn:phone>")
	if phone.Return.Since != 40 || !slices.Equal(phone.Return.Were, []EndpointID{"phone2", "phone1"}) {
		t.Errorf("replaced phone: %+v", phone.Return)
	}
	// Who is removed comes back as a stranger.
	f.must(t, Remove{At: epoch, User: "sip:bob@b.test"})
	if ep := f.device(t, "phone4", "<urn:phone>"); ep.Return.Since != 0 || ep.Return.Were != nil {
		t.Errorf("after a removal: %+v", ep.Return)
	}
	conform.Covers(t, "SW-HIS-04")
}

func TestMarksAreBounded(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	for i := range marksKept + 10 {
		ep := EndpointID(fmt.Sprint("e", i))
		f.join(t, epoch, "sip:carol@b.test", ep)
		f.must(t, Leave{At: epoch, Endpoint: ep})
		if i%2 == 0 {
			f.join(t, at(time.Second), Identity(fmt.Sprint("sip:u", i, "@b.test")), ep)
			f.must(t, Leave{At: epoch, Endpoint: ep})
		}
	}
	if len(f.marks) > marksKept {
		t.Errorf("%d marks", len(f.marks))
	}
}
