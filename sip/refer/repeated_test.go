package refer

import (
	"reflect"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// What is remembered of a REFER takes the same memory, whatever its sender has written,
// and tells it from all others.
func TestRequestOf(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-REF-22")
	const each = 1 << 16
	seen := make(map[request]string)
	for _, tt := range []struct{ callID, tag, cseq string }{
		{"a", "b", "1"},
		{"ab", "", "1"},
		{"", "ab", "1"},
		{"a", "b", "11"},
		{"a", "b1", "1"},
		{`a" "b`, "", "1"},
		{"a", `b" "`, "1"},
		{strings.Repeat("a", each), "b", "1"},
		{strings.Repeat("a", each), "b", "2"},
	} {
		req := &sipmsg.Request{Method: sipmsg.REFER}
		req.Header.Add("Call-ID", tt.callID)
		req.Header.Add("From", "<sip:alice@ims.example>;tag="+tt.tag)
		req.Header.Add("CSeq", tt.cseq+" REFER")
		q, ok := requestOf(req)
		if again, _ := requestOf(req); !ok || again != q {
			t.Errorf("%.20v: %v, not the same twice", tt, ok)
		}
		if other, known := seen[q]; known {
			t.Errorf("%.20v is taken for %.20s", tt, other)
		}
		seen[q] = tt.callID
	}
	if kind := reflect.TypeFor[request]().Kind(); kind != reflect.Array {
		t.Errorf("a %s may hold on to what was sent", kind)
	}
}
