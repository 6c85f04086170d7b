package msrpwire_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// message is what a decoder said about one message of a stream.
type message struct {
	Head string // dump of the head
	Body string // "" of a refused message: how much came before the error depends on the cuts
	Flag string
	Err  string
}

// play feeds the pieces to a decoder as a connection would: octets that were
// consumed are gone, and the memory of those that were not has moved before the
// next call. It returns the messages and what is left over.
func play(tb testing.TB, d *msrpwire.Decoder, pieces ...string) (got []message, rest string) {
	tb.Helper()
	var buf []byte
	var open message
	for _, piece := range pieces {
		next := append(append(make([]byte, 0, len(buf)+len(piece)), buf...), piece...)
		for i := range buf {
			buf[i] = 'X'
		}
		buf = next
		for {
			ev, n, err := d.Next(buf)
			if n < 0 || n > len(buf) {
				tb.Fatalf("consumed %d of %d octets", n, len(buf))
			}
			taken := buf[:n]
			buf = buf[n:]
			var e *msrpwire.Error
			if errors.As(err, &e) {
				got = append(got, message{Head: dump(d.Head()), Err: fmt.Sprintf("%v fatal=%v", e, e.Fatal)})
				open = message{}
				if e.Fatal {
					return got, string(buf)
				}
				continue
			}
			switch ev {
			case msrpwire.GotHead:
			case msrpwire.GotBody:
				open.Body += string(taken)
			case msrpwire.GotEnd:
				open.Head, open.Flag = dump(d.Head()), string(rune(d.Flag()))
				got = append(got, open)
				open = message{}
			case msrpwire.NeedMore:
			}
			if ev == msrpwire.NeedMore {
				break
			}
		}
	}
	return got, string(buf)
}

// dump writes all that a head says.
func dump(h *msrpwire.Head) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s %03d %q to=%q from=%q id=%q range=%d-%d/%d", h.TID, h.Method, h.Status, h.Comment,
		h.ToPath, h.FromPath, h.MessageID, h.ByteRange.Start, h.ByteRange.End, h.ByteRange.Total)
	fmt.Fprintf(&s, " success=%v failure=%s status=%03d.%03d.%q nick=%q type=%q body=%v", h.SuccessReport, h.FailureReport,
		h.ReportStatus.Namespace, h.ReportStatus.Code, h.ReportStatus.Comment, h.UseNickname, h.ContentType, h.HasBody)
	for _, f := range h.Fields {
		fmt.Fprintf(&s, " %s=%q", f.Name, f.Value)
	}
	return s.String()
}

// one plays a single message whole and returns its head and what was said.
func one(tb testing.TB, wire string) (*msrpwire.Head, message) {
	tb.Helper()
	d := msrpwire.NewDecoder(msrpwire.Limits{})
	got, rest := play(tb, d, wire)
	if len(got) != 1 || rest != "" {
		tb.Fatalf("%d messages and %q left over from %q", len(got), rest, wire)
	}
	return d.Head(), got[0]
}

const (
	toAlice = "msrp://192.0.2.10:51872/0pLkJ8hGf5DsAqWeRtYu2i;tcp"
	toRoom  = "msrp://conf.ims.example:2855/kV3x9QmT0aZbY7LrWc5NsA;tcp"
	paths   = "To-Path: " + toRoom + "\r\nFrom-Path: " + toAlice + "\r\n"
)

// send makes a SEND with the transaction identifier "abcd1" of further header
// lines, given with LF line ends, and of a body with what stands around it.
func send(lines, tail string) string {
	return "MSRP abcd1 SEND\r\n" + paths + strings.ReplaceAll(lines, "\n", "\r\n") + tail
}

const (
	end  = "-------abcd1$\r\n" // the end-line of send
	text = "Message-ID: m123\nByte-Range: 1-*/*\nContent-Type: text/plain\n"
	good = "MSRP next1 SEND\r\n" + paths + "Message-ID: m999\r\nByte-Range: 1-0/0\r\n-------next1$\r\n"
)

// examples returns the wire examples of testdata, one conversation a file, as a
// list of messages.
func examples(tb testing.TB) map[string][]string {
	tb.Helper()
	names, err := fs.Glob(os.DirFS("testdata/wire"), "*.txt")
	if err != nil || len(names) == 0 {
		tb.Fatal("no wire examples", err)
	}
	filler := regexp.MustCompile(`(?m)^\[\[(\d+) octets.*\]\]$`)
	talks := make(map[string][]string)
	for _, name := range names {
		raw, err := os.ReadFile("testdata/wire/" + name)
		if err != nil {
			tb.Fatal(err)
		}
		s := regexp.MustCompile(`(?m)^>>.*\n`).ReplaceAllString(string(raw), "")
		s = filler.ReplaceAllStringFunc(s, func(m string) string {
			n, _ := strconv.Atoi(filler.FindStringSubmatch(m)[1])
			return strings.Repeat("x", n)
		})
		s = strings.ReplaceAll(s, "\n", "\r\n")
		for i, part := range strings.Split(s, "MSRP ") {
			if i > 0 {
				talks[name] = append(talks[name], "MSRP "+part)
			}
		}
	}
	return talks
}
