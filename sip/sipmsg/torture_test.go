package sipmsg_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/sipmsg/torture"
)

func TestTortureInDatagrams(t *testing.T) {
	conform.Covers(t, "COM-02", "SEC-05")
	vectors := torture.Vectors()
	if len(vectors) != 49 {
		t.Fatalf("%d vectors, RFC 4475 has 49", len(vectors))
	}
	for _, v := range vectors {
		t.Run(v.Section+" "+v.Name, func(t *testing.T) {
			m, err := sipmsg.ParseDatagram(v.Octets(), sipmsg.Limits{})
			if got := status(err); got != v.Parse {
				t.Fatalf("status %d (%v), want %d", got, err, v.Parse)
			}
			if m == nil {
				t.Fatal("nothing to answer")
			}
			if v.Parse == 0 {
				roundTrip(t, m)
			}
		})
	}
}

func TestTortureOnStreams(t *testing.T) {
	conform.Covers(t, "COM-03")
	// The messages that a stream frames otherwise than a datagram.
	special := map[string]string{
		"clerr":   "incomplete",
		"baddn":   "incomplete", // the archive has it without the empty line
		"ncl":     "400 Content-Length and close",
		"mcl01":   "400 Content-Length and close",
		"inv2543": "400 Content-Length and close",
	}
	for _, v := range torture.Vectors() {
		t.Run(v.Section+" "+v.Name, func(t *testing.T) {
			m, n, err := sipmsg.ParseStream(v.Octets(), sipmsg.Limits{})
			switch special[v.Name] {
			case "400 Content-Length and close":
				e := sipmsg.AsSyntaxError(err)
				if e == nil || e.Status != 400 || e.Field != "Content-Length" || !e.Fatal || m == nil {
					t.Errorf("got %v, %v", m, err)
				}
			case "incomplete":
				if !errors.Is(err, sipmsg.ErrIncomplete) || m != nil || n != 0 {
					t.Errorf("got %v, %d, %v", m, n, err)
				}
			default:
				if got := status(err); got != v.Parse || m == nil {
					t.Errorf("status %d (%v), want %d", got, err, v.Parse)
				}
				if e := sipmsg.AsSyntaxError(err); e != nil && e.Fatal {
					t.Errorf("stream given up: %v", err)
				}
			}
		})
	}
}

func status(err error) int {
	if e := sipmsg.AsSyntaxError(err); e != nil {
		return e.Status
	}
	if err != nil {
		return -1
	}
	return 0
}

// roundTrip: what parses is written, parses again to the same, and is written the
// same way again.
func roundTrip(tb testing.TB, m sipmsg.Message) {
	tb.Helper()
	wire := m.Append(nil)
	again, err := sipmsg.ParseDatagram(wire, sipmsg.Limits{})
	if err != nil {
		tb.Fatalf("does not parse again: %v\n%q", err, wire)
	}
	if second := again.Append(nil); !bytes.Equal(wire, second) {
		tb.Fatalf("written differently:\n%s", cmp.Diff(string(wire), string(second)))
	}
}
