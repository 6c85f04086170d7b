package msrpwire

import "testing"

func TestSmoke(t *testing.T) {
	s := "\r\nMSRP d8Xq2Lw0ZmNcT7Ra SEND\r\nTo-Path: msrp://a:1/x;tcp\r\nFrom-Path: msrp://b:2/y;tcp\r\nMessage-ID: abcd\r\nByte-Range: 1-3/3\r\nContent-Type: text/plain\r\n\r\nabc\r\n-------d8Xq2Lw0ZmNcT7Ra$\r\nMSRP d8Xq2Lw0ZmNcT7Ra 200 OK\r\nTo-Path: msrp://a:1/x;tcp\r\nFrom-Path: msrp://b:2/y;tcp\r\n-------d8Xq2Lw0ZmNcT7Ra$\r\n"
	d := NewDecoder(Limits{})
	b := []byte(s)
	for {
		ev, n, err := d.Next(b)
		t.Log(ev, n, err, string(d.Head().MessageID), d.Flag())
		if err != nil {
			t.Fatal(err)
		}
		if ev == NeedMore {
			break
		}
		b = b[n:]
	}
	if len(b) != 0 {
		t.Fatalf("%q", b)
	}
}
