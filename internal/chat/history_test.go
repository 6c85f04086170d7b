package chat

import (
	"strconv"
	"testing"

	"github.com/confab-chat/confab/participant"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	var h history
	if len(h.last(3)) != 0 {
		t.Error("something of nothing")
	}
	for n := range 300 {
		h.add(participant.Message{ID: strconv.Itoa(n), Body: make([]byte, 1000)})
	}
	if last := h.last(2); len(last) != 2 || last[1].ID != "299" || len(h.last(1000)) != historyMessages {
		t.Errorf("%d messages", len(h.last(1000)))
	}
	h.add(participant.Message{Body: make([]byte, historyOctets-1000)})
	if len(h.messages) != 2 || h.octets != historyOctets {
		t.Errorf("%d messages of %d octets", len(h.messages), h.octets)
	}
}

func TestParseAccept(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]Accept{"ask": Ask, "all": All, "none": None} {
		if a, err := ParseAccept(s); err != nil || a != want {
			t.Errorf("%s: %v, %v", s, a, err)
		}
	}
	if _, err := ParseAccept(""); err == nil {
		t.Error("nothing taken")
	}
}

func TestTypeOf(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"a.png": "image/png", "a.html": "text/html; charset=utf-8", "a": "text/plain; charset=utf-8"} {
		if got := typeOf(path, []byte("hello")); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
