package msrpwire_test

import (
	"fmt"
	"strings"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// A peer that reads a stream and answers what is to be answered.
func ExampleDecoder() {
	received := []byte("MSRP a786hjs2 SEND\r\n" +
		"To-Path: msrp://biloxi.example.com:12763/kjhd37s2s20w2a;tcp\r\n" +
		"From-Path: msrp://atlanta.example.com:7654/jshA7weztas;tcp\r\n" +
		"Message-ID: 87652491\r\nByte-Range: 1-8/8\r\nContent-Type: text/plain\r\n\r\n" +
		"Hey Bob!\r\n-------a786hjs2$\r\n")
	d := msrpwire.NewDecoder(msrpwire.Limits{})
	var answer []byte
	for {
		ev, n, err := d.Next(received)
		if err != nil || ev == msrpwire.NeedMore {
			break
		}
		switch ev {
		case msrpwire.GotHead:
			fmt.Printf("message %s\n", d.Head().MessageID)
		case msrpwire.GotBody:
			fmt.Printf("body %q\n", received[:n])
		case msrpwire.GotEnd:
			fmt.Printf("end %c\n", d.Flag())
			if d.Head().WantsResponse(msrpwire.StatusOK) {
				answer = msrpwire.AppendResponse(answer, d.Head(), msrpwire.StatusOK, "")
			}
		default:
		}
		received = received[n:]
	}
	fmt.Print(strings.ReplaceAll(string(answer), "\r", ""))
	// Output:
	// message 87652491
	// body "Hey Bob!"
	// end $
	// MSRP a786hjs2 200 OK
	// To-Path: msrp://atlanta.example.com:7654/jshA7weztas;tcp
	// From-Path: msrp://biloxi.example.com:12763/kjhd37s2s20w2a;tcp
	// -------a786hjs2$
}

// A message for several receivers is rendered once.
func ExampleAppendCopy() {
	head := msrpwire.Head{
		MessageID: []byte("sw.4Kq0ZtX9vBm2"), ByteRange: msrpwire.Range{Start: 1, End: 5, Total: 5},
		ContentType: []byte("text/plain"), HasBody: true,
	}
	tail, err := head.AppendFields(nil)
	if err != nil {
		panic(err)
	}
	tail = append(tail, "Hello"...)

	// For each receiver: its own paths, rendered with its session, and an
	// identifier that the body cannot contain.
	paths := msrpwire.AppendPaths(nil, msrpwire.Path("msrp://bob.example:9/x;tcp"), msrpwire.Path("msrp://conf.example:2855/y;tcp"))
	out := msrpwire.AppendCopy(nil, []byte("d93kswow"), paths, tail, msrpwire.Last)
	fmt.Print(strings.ReplaceAll(string(out), "\r", ""))
	// Output:
	// MSRP d93kswow SEND
	// To-Path: msrp://bob.example:9/x;tcp
	// From-Path: msrp://conf.example:2855/y;tcp
	// Message-ID: sw.4Kq0ZtX9vBm2
	// Byte-Range: 1-5/5
	// Content-Type: text/plain
	//
	// Hello
	// -------d93kswow$
}
