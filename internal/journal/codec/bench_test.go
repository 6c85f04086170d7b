package codec_test

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal/codec"
)

// BenchmarkMessage writes and reads a message of 280 octets.
func BenchmarkMessage(b *testing.B) {
	e := conference.Posted{Message: &conference.Message{
		At: time.Now(), ID: "0123456789abcdef", User: "sip:alice@example.test", Endpoint: "ep-0123456789abcdef",
		SenderID: "fedcba9876543210", ContentType: "text/plain; charset=utf-8", Body: make([]byte, 280),
	}}
	var buf []byte
	b.Run("Append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			buf, _ = codec.Append(buf[:0], e)
		}
	})
	b.Run("Decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _, _ = codec.Decode(buf)
		}
	})
}
