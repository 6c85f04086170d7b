package wsframe_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/websocket/wsframe"
)

// The examples of RFC 6455 §5.7.
func TestExamples(t *testing.T) {
	t.Parallel()
	mask := &[4]byte{0x37, 0xfa, 0x21, 0x3d}
	tests := []struct {
		name, octets string
		op           wsframe.Opcode
		payload      string
		mask         *[4]byte
	}{
		{"unmasked text", "810548656c6c6f", wsframe.Text, "Hello", nil},
		{"masked text", "818537fa213d7f9f4d5158", wsframe.Text, "Hello", mask},
		{"ping", "890548656c6c6f", wsframe.Ping, "Hello", nil},
		{"masked pong", "8a8537fa213d7f9f4d5158", wsframe.Pong, "Hello", mask},
		{"256 octets", "827e0100" + strings.Repeat("61", 256), wsframe.Binary, strings.Repeat("a", 256), nil},
		{"64 KiB", "827f0000000000010000" + strings.Repeat("61", 1<<16), wsframe.Binary, strings.Repeat("a", 1<<16), nil},
	}
	for _, tt := range tests {
		octets := wsframe.AppendFrame(nil, tt.op, []byte(tt.payload), tt.mask)
		if got := hex.EncodeToString(octets); got != tt.octets {
			t.Errorf("%s: wrote %.80s", tt.name, got)
		}
		h, n, err := wsframe.Role(tt.mask == nil).Parse(octets, 1<<20)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		body := octets[n:]
		wsframe.XOR(body, h.Mask)
		if !h.Final || h.Opcode != tt.op || h.Length != len(tt.payload) || string(body) != tt.payload {
			t.Errorf("%s: read %+v %.20q", tt.name, h, body)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, octets string
		client       bool
		code         uint16
	}{
		{"reserved bit", "c100", false, wsframe.ProtocolError},
		{"opcode 3", "8300", false, wsframe.ProtocolError},
		{"opcode 11", "8b00", false, wsframe.ProtocolError},
		{"ping in parts", "0900", false, wsframe.ProtocolError},
		{"long ping", "897e007e", false, wsframe.ProtocolError},
		{"client without mask", "8100", true, wsframe.ProtocolError},
		{"server with mask", "818000000000", false, wsframe.ProtocolError},
		{"125 in 16 bits", "817e007d", false, wsframe.ProtocolError},
		{"65535 in 64 bits", "817f000000000000ffff", false, wsframe.ProtocolError},
		{"top bit", "817f8000000000000000", false, wsframe.ProtocolError},
		{"large", "817e0401", false, wsframe.TooBig},
	}
	for _, tt := range tests {
		octets, err := hex.DecodeString(tt.octets)
		if err != nil {
			t.Fatal(err)
		}
		var fault *wsframe.Error
		if _, _, err := wsframe.Role(!tt.client).Parse(octets, 1024); !errors.As(err, &fault) || fault.Code != tt.code {
			t.Errorf("%s: %v, want code %d", tt.name, err, tt.code)
		}
	}
}

func TestCloseCodes(t *testing.T) {
	t.Parallel()
	for _, code := range []uint16{wsframe.Normal, wsframe.GoingAway, 1014, 3000, 4999} {
		got, reason, err := wsframe.ParseClose(append(wsframe.ClosePayload(code), "bye"...))
		if got != code || reason != "bye" || err != nil {
			t.Errorf("%d: %d %q %v", code, got, reason, err)
		}
	}
	if code, _, err := wsframe.ParseClose(wsframe.ClosePayload(wsframe.NoStatus)); code != wsframe.NoStatus || err != nil {
		t.Errorf("no code: %d %v", code, err)
	}
	for _, payload := range []string{"\x03", "\x00\x00", "\x03\xed", "\x03\xee", "\x03\xf7\x00", "\x13\x88", "\x03\xe8\xff"} {
		if code, _, err := wsframe.ParseClose([]byte(payload)); err == nil {
			t.Errorf("%q is taken as %d", payload, code)
		}
	}
}

// What a side writes the other one reads, under a mask if it is a client.
func TestRoles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		role, peer wsframe.Role
	}{{wsframe.Client, wsframe.Server}, {wsframe.Server, wsframe.Client}} {
		for payload, kind := range map[string]wsframe.Opcode{"Grüße": wsframe.Text, "\xff": wsframe.Binary, "": wsframe.Text} {
			octets := tt.role.Append(nil, wsframe.KindOf([]byte(payload)), []byte(payload))
			h, n, err := tt.peer.Parse(octets, 100)
			if err != nil {
				t.Fatal(err)
			}
			wsframe.XOR(octets[n:], h.Mask)
			if h.Opcode != kind || h.Masked != (tt.role == wsframe.Client) || string(octets[n:]) != payload {
				t.Errorf("%q became %+v %q", payload, h, octets[n:])
			}
		}
	}
}

// A frame that is made where its payload lies is the one that Append makes, for
// payloads whose header has any length, and leaves alone what stands before it.
func TestSeal(t *testing.T) {
	t.Parallel()
	for _, role := range []wsframe.Role{wsframe.Server, wsframe.Client} {
		for _, size := range []int{0, 125, 126, 65535, 65536} {
			const before = "before"
			payload := bytes.Repeat([]byte("a"), size)
			b := append(role.Reserve([]byte(before)), payload...)
			if !bytes.Equal(role.Payload(b[len(before):]), payload) {
				t.Errorf("%d octets: not the payload", size)
			}
			frame, found := bytes.CutPrefix(role.Seal(b, len(before), wsframe.Text), []byte(before))
			h, n, err := (!role).Parse(frame, size)
			if !found || err != nil {
				t.Fatalf("%d octets: %v in %.20q", size, err, frame)
			}
			wsframe.XOR(frame[n:], h.Mask)
			if h.Opcode != wsframe.Text || !h.Final || h.Length != size || !bytes.Equal(frame[n:], payload) {
				t.Errorf("%d octets: %+v", size, h)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"\x81\x05Hello", "\x81\x857\xfa!=\x7f\x9fMQX", "\x82\x7e\x01\x00", "\x88\x02\x03\xe8"} {
		f.Add([]byte(text), true)
		f.Add([]byte(text), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, client bool) {
		to := wsframe.Role(!client)
		h, n, err := to.Parse(b, 1<<16)
		if err != nil {
			return
		}
		if n > wsframe.MaxHeader || h.Length > 1<<16 || h.Masked != client {
			t.Fatalf("%+v in %d octets", h, n)
		}
		if diff := cmp.Diff(b[:n], h.Append(nil)); diff != "" {
			t.Errorf("written again (-read +written):\n%s", diff)
		}
		for i := range n {
			if _, _, err := to.Parse(b[:i], 1<<16); !errors.Is(err, wsframe.ErrIncomplete) {
				t.Errorf("%d of %d octets: %v", i, n, err)
			}
		}
	})
}

func FuzzXOR(f *testing.F) {
	f.Add([]byte("Hello, world"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, k uint8) {
		mask := [4]byte{k, k + 1, k + 2, k + 3}
		want := bytes.Clone(b)
		for i := range want {
			want[i] ^= mask[i%4]
		}
		got := bytes.Clone(b)
		wsframe.XOR(got, mask)
		if !bytes.Equal(got, want) {
			t.Errorf("%x, want %x", got, want)
		}
	})
}
